"""A prediction explains itself over the API: asked of the live process, answered in its next step."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import pytest

from tests.builders import a_drive
from web.live.questions import ask, sentences


@pytest.fixture
def stepping(town):
    """A town whose live process steps every tenth of a second."""
    town.hear(a_drive(to_m=1800)).step()
    stop = threading.Event()

    def steps():
        while not stop.wait(0.1):
            town.live.step(town.now)

    thread = threading.Thread(target=steps)
    thread.start()
    yield town
    stop.set()
    thread.join(5)


def test_the_explanation_gives_the_prediction_that_riders_see(stepping):
    client = stepping.client(live_fresh_s=1e6)
    [found] = client.get("/api/v1/explain?vehicle=BUS1&stop=S6").json["explanations"]
    shown = client.get("/api/v1/stops/S6/arrivals").json["arrivals"][0]["at"]
    predicted = datetime.fromisoformat(found["predicted_at"])
    assert abs((predicted - datetime.fromisoformat(shown)).total_seconds()) < 1.0
    assert abs((predicted - datetime.fromisoformat(found["recomputed_at"])).total_seconds()) < 1.0
    assert [link["to_stop_id"] for link in found["links"]] == ["S4", "S5", "S6"]
    assert sum(link["counted_s"] for link in found["links"]) == pytest.approx(found["usual_s"])


def test_the_sentences_name_links_and_age(stepping):
    [found] = ask(stepping.folder, "BUS1", "S6")
    text = "\n".join(sentences(found))
    assert "S5" in text
    assert "s old" in text


def test_a_stop_that_is_behind_has_nothing_to_explain(stepping):
    assert ask(stepping.folder, "BUS1", "S1") == []


def test_unknown_names_and_a_live_process_that_is_away_are_told(town):
    town.hear(a_drive(to_m=1800)).step()
    client = town.client(live_fresh_s=1e6)
    assert client.get("/api/v1/explain?vehicle=NONE&stop=S6").status_code == 404
    assert client.get("/api/v1/explain?vehicle=BUS1&stop=NONE").status_code == 404
    started = time.monotonic()
    answer = client.get("/api/v1/explain?vehicle=BUS1&stop=S6")
    assert answer.status_code == 503
    assert time.monotonic() - started < 5
    assert not list((town.folder / "live" / "explain").glob("ask-*"))
