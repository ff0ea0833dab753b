"""Over HTTP each tracker reports as itself, with its password, and wrong ones cost little."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from gps_ingest.broker_log import MOST_NAMES
from gps_ingest.receive.doorkeeper import TRIES_AT_ONCE, Admission, Doorkeeper, Unusable
from tests.builders import SEVEN
from transit.store.credential_hashes import hash_for_nats
from transit.store.tracker_credentials import Credential

TOPIC = "transbinjai/v1/trackers/{}/position"
HASH = hash_for_nats("right")


def credential(tracker_id="T1", nats_hash=HASH):
    return Credential(tracker_id.partition("/")[0], tracker_id, nats_hash, None, SEVEN)


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def doorkeeper(clock):
    made = Doorkeeper(clock)
    made.know([credential(), credential("driver7/phone")])
    return made


def ask(doorkeeper, user="T1", password="right", tracker_id=None, topic=None, address="192.0.2.1"):
    tracker_id = tracker_id or user
    question = doorkeeper.ask(user, password, tracker_id, topic or TOPIC.format(tracker_id), address)
    with ThreadPoolExecutor(1) as thread:  # the browser of another test may have left its loop in this one
        return thread.submit(asyncio.run, question).result()


def test_the_right_password_opens_its_own_topics_only(doorkeeper):
    assert ask(doorkeeper) is Admission.YES
    assert ask(doorkeeper, topic="owntracks/T1/phone") is Admission.YES
    assert ask(doorkeeper, topic=TOPIC.format("T2")) is Admission.WRONG
    assert ask(doorkeeper, topic="owntracks/T1/phone/more") is Admission.WRONG
    assert ask(doorkeeper, "driver7", topic="owntracks/driver7/phone") is Admission.YES
    assert ask(doorkeeper, "driver7", topic="owntracks/driver7/tablet") is Admission.WRONG


def test_before_the_credentials_are_read_nobody_is_called_wrong_and_no_try_is_counted(clock):
    doorkeeper = Doorkeeper(clock)
    assert [ask(doorkeeper) for _ in range(int(TRIES_AT_ONCE) + 1)] == [Admission.NOT_YET] * int(TRIES_AT_ONCE + 1)
    assert doorkeeper.take_refused() == {}
    doorkeeper.know([])
    assert ask(doorkeeper) is Admission.WRONG, "a city without credentials admits nobody"
    doorkeeper.know([credential()])
    assert ask(doorkeeper) is Admission.YES


@pytest.mark.parametrize("password", ["wrong", "", "right" * 30, "ri\0ght", "rechts\u00e9"])
def test_another_password_does_not(doorkeeper, password):
    assert ask(doorkeeper, password=password) is Admission.WRONG
    assert ask(doorkeeper) is Admission.YES
    assert ask(doorkeeper, password=password) is Admission.WRONG


def test_a_password_that_was_taken_away_or_changed_is_worth_nothing(doorkeeper):
    assert ask(doorkeeper) is Admission.YES
    doorkeeper.know([credential(nats_hash=hash_for_nats("new"))])
    assert (ask(doorkeeper), ask(doorkeeper, password="new")) == (Admission.WRONG, Admission.YES)
    doorkeeper.know([])
    assert ask(doorkeeper, password="new") is Admission.WRONG


def test_an_address_that_guesses_is_slowed_down_and_who_is_known_is_not(doorkeeper, clock):
    assert ask(doorkeeper) is Admission.YES
    answers = [ask(doorkeeper, password="guess") for _ in range(int(TRIES_AT_ONCE))]
    assert answers == [Admission.WRONG] * (int(TRIES_AT_ONCE) - 1) + [Admission.TOO_OFTEN]
    assert ask(doorkeeper) is Admission.YES
    assert ask(doorkeeper, "driver7", topic="owntracks/driver7/phone", address="192.0.2.2") is Admission.YES
    clock.now_s += 1.0
    assert ask(doorkeeper, password="guess") is Admission.WRONG


def test_who_was_refused_is_counted_once_and_invented_names_fill_no_memory(doorkeeper, clock):
    for n in range(MOST_NAMES + 50):
        clock.now_s += 1.0
        ask(doorkeeper, "stranger", tracker_id=f"S{n}")
    ask(doorkeeper, "stranger", tracker_id="S0")
    refused = doorkeeper.take_refused()
    assert (len(refused), refused["S0"], refused["S1"]) == (MOST_NAMES, 2, 1)
    assert doorkeeper.take_refused() == {}


def test_what_could_not_be_written_down_is_counted_with_what_came_since_and_fills_no_memory_either(doorkeeper):
    for _ in range(3):  # the database stays away
        for n in range(MOST_NAMES + 1):
            doorkeeper.note_unusable(f"A{n}", "no id")
        refused, unusable = doorkeeper.take_refused(), doorkeeper.take_unusable()
        for n in range(MOST_NAMES):
            doorkeeper.note_unusable(f"A{n}" if n == 0 else f"B{n}", "no name")
        ask(doorkeeper, password="guess")
        doorkeeper.give_back({**refused, "T2": 2}, unusable)
    unusable = doorkeeper.take_unusable()
    assert (len(unusable), unusable["A0"], unusable["B1"].times) == (MOST_NAMES, Unusable("no name", 6), 3)
    assert doorkeeper.take_refused() == {"T1": 3, "T2": 2}
