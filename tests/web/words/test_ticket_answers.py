"""An answer to a rider says what was seen, owns up to what was promised wrongly, and claims nothing that nobody saw."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import g

from tests.builders import a_trip_instance, at
from transit.arrivals.alerts import Alert, InformedEntity
from transit.quality.verdict import Glimpse, verdict_of
from transit.tracking.state import StopEvent
from web.words.ticket_answers import drafted

ASKED = at(7, 15)
RECORDED = [ASKED + timedelta(minutes=n) for n in range(-30, 30)]
FLOOD = Alert("a1", {"id": "Banjir di Jalan Satu"}, (InformedEntity(route_id="R1"),), at(6))


def call(minute, vehicle_id="BUS3"):
    when = at(7, minute)
    return StopEvent(vehicle_id, a_trip_instance(), "S4", 5, when, when, 20.0)


def promise(shown_minute, for_minute, vehicle_id="BUS3"):
    return Glimpse(at(7, shown_minute), vehicle_id, "T1", at(7, for_minute), at(7, for_minute), at(7, for_minute))


@pytest.fixture
def answer(town):
    """What is drafted for the halte S4, of what was seen, shown and told then."""
    app = town.app()

    def draft(calls=(), glimpses=(), *, silent=(), recorded=RECORDED, alerts=(), longest=400):
        verdict = verdict_of(ASKED, calls, glimpses, silent=silent, recorded=recorded)
        with app.test_request_context("/?lang=id"):
            g.timezone = "Asia/Jakarta"
            return drafted(town.network.stops["S4"], verdict, alerts, longest)

    return draft


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"calls": [call(14)]}, "Sekitar pukul 07.15 bus BUS3 ada di Halte S4, menurut pelacaknya pukul 07.14."),
        (
            {"calls": [call(5), call(27)]},
            "Mohon maaf: pukul 07.15 tidak ada bus di Halte S4; bus BUS3 tiba pukul 07.27, 12 menit kemudian.",
        ),
        ({}, "Mohon maaf: setengah jam sebelum dan sesudah pukul 07.15 tidak terlihat bus di Halte S4."),
        (
            {"recorded": []},
            "Mohon maaf: pukul 07.15 tidak tercatat, jadi kami tidak bisa memastikan apakah ada bus di Halte S4.",
        ),
    ],
)
def test_each_verdict_has_its_sentence(answer, how, text):
    assert answer(**how) == text


def test_a_promise_that_was_two_minutes_wrong_is_owned_up_to_and_one_that_was_right_is_not(answer):
    wrong = answer([call(14)], [promise(0, 16)])
    assert wrong.endswith("Halaman kami menunjukkan bus BUS3 pukul 07.16; bus itu tiba pukul 07.14.")
    assert "Halaman kami" not in answer([call(14)], [promise(0, 15)])
    assert answer(glimpses=[promise(0, 14)]).endswith("menunjukkan bus BUS3 pukul 07.14, dan itu keliru.")


def test_a_notice_of_then_and_a_bus_that_was_not_heard_are_told(answer):
    text = answer(silent=["BUS7"], alerts=[FLOOD, FLOOD])
    assert text.count("Pengumuman saat itu: Banjir di Jalan Satu.") == 1
    assert text.endswith("BUS7 saat itu tidak terdengar dan mungkin lewat tanpa terlihat.")
    assert "BUS7" not in answer([call(14)], silent=["BUS7"]), "a bus was seen: nothing needs an excuse"


def test_what_does_not_fit_is_left_out_in_whole_sentences(answer):
    whole = answer(silent=["BUS7"], alerts=[FLOOD])
    cut = answer(silent=["BUS7"], alerts=[FLOOD], longest=len(whole) - 1)
    assert cut == whole[: whole.index(" BUS7 saat itu")]
