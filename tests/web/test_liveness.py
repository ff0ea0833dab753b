"""A web worker shows that it lives while its answers go out, and shows nothing while one of them hangs."""

from __future__ import annotations

import threading

from web import liveness
from web.liveness import InHand


class Slow:
    """An application that answers when it may."""

    def __init__(self):
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self, environ, start_response):
        self.began.set()
        self.may_end.wait(30)
        return [b"answer"]


def ask(application, method, answers):
    thread = threading.Thread(target=lambda: answers.append(application({"REQUEST_METHOD": method}, None)))
    thread.start()
    return thread


def test_the_oldest_request_in_hand_is_what_counts(monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(liveness, "monotonic", lambda: now_s[0])
    slow = Slow()
    in_hand = InHand(slow)
    assert in_hand.longest_s() == 0.0
    answers = []
    thread = ask(in_hand, "GET", answers)
    assert slow.began.wait(30)
    now_s[0] = 131.0
    assert in_hand.longest_s() == 31.0
    slow.may_end.set()
    thread.join()
    assert (in_hand.longest_s(), answers) == (0.0, [[b"answer"]])


def test_a_client_that_dawdles_with_what_it_sends_does_not_look_like_a_worker_that_hangs(monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(liveness, "monotonic", lambda: now_s[0])
    slow = Slow()
    in_hand = InHand(slow)
    thread = ask(in_hand, "POST", [])
    assert slow.began.wait(30)
    now_s[0] = 1000.0
    assert in_hand.longest_s() == 0.0
    slow.may_end.set()
    thread.join()
