"""Every reason that is counted has a word in both languages."""

from __future__ import annotations

import pytest

from gps_ingest.report_outcome import Obstacle
from gps_ingest.unreadable import Reason
from transit.tracking.report import Rejection
from web.words.refusals import explanation_word, refusal_word


@pytest.fixture(params=["id", "en"])
def language(town, request):
    with town.app().test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.mark.parametrize("reason", [*Rejection, *Reason, *Obstacle], ids=str)
def test_a_reason_is_said_in_words(language, reason):
    word = refusal_word(str(reason))
    assert "_" not in word
    assert word != str(reason) or reason is Reason.ENCRYPTED


def test_two_reasons_never_share_a_word_and_an_unknown_one_stays(language):
    reasons = {str(reason) for reason in [*Rejection, *Reason, *Obstacle]}
    assert len({refusal_word(reason) for reason in reasons}) == len(reasons)
    assert refusal_word("something_new") == "something_new"


def test_why_a_vehicle_is_not_on_its_trip_is_said(language):
    english = ["drives another trip than was said", "BUS2 is on its trip", "is coupled with BUS2", "whatever"]
    indonesian = [
        "menjalani perjalanan lain dari yang dikatakan",
        "perjalanannya dijalani BUS2",
        "dirangkai dengan BUS2",
        "whatever",
    ]
    words = [explanation_word(text) for text in ("label overruled", "trip taken by BUS2", "coupled with BUS2", "whatever")]
    assert words == (english if language == "en" else indonesian)
