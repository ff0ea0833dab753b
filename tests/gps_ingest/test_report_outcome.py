"""An outcome is a status or a refusal, and is written as the database has always had it."""

from __future__ import annotations

import pytest

from gps_ingest.report_outcome import Obstacle, ReportOutcome
from tests.builders import a_network, a_report
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import Rejection
from transit.tracking.state import VehicleStatus


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (ReportOutcome(status=VehicleStatus.ON_TRIP), "on_trip"),
        (ReportOutcome(refusal=Rejection.JUMP), "rejected:jump"),
        (ReportOutcome(refusal=Obstacle.NO_NETWORK), "rejected:no_network"),
        (ReportOutcome(refusal=Obstacle.ERROR), "rejected:error"),
    ],
)
def test_the_stored_text_of_an_outcome(outcome, text):
    assert outcome.text == text


def test_a_report_is_not_both_taken_and_refused_and_not_neither():
    with pytest.raises(ValueError, match="either taken or refused"):
        ReportOutcome()
    with pytest.raises(ValueError, match="either taken or refused"):
        ReportOutcome(status=VehicleStatus.ON_TRIP, refusal=Rejection.JUMP)


def test_a_step_that_refuses_a_known_vehicle_is_a_refusal_and_no_status():
    pipeline = Pipeline(a_network())
    assert ReportOutcome.of_step(pipeline.step(a_report())).refusal is None
    assert ReportOutcome.of_step(pipeline.step(a_report())) == ReportOutcome(refusal=Rejection.DUPLICATE)
