"""What riders were shown, as changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import a_trip_instance, at
from transit.arrivals.shown import ShownChanges, applied
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier

NOW = at(7, 10)


def a_prediction(stop_id: str = "S4", in_s: float = 300.0) -> Prediction:
    predicted_at = NOW + timedelta(seconds=in_s)
    return Prediction(
        vehicle_id="BUS1",
        trip=a_trip_instance(),
        stop_id=stop_id,
        stop_sequence=5,
        made_at=NOW,
        reported_at=NOW,
        predicted_at=predicted_at,
        low_at=predicted_at - timedelta(seconds=60),
        high_at=predicted_at + timedelta(seconds=60),
        tier=Tier.LIVE,
    )


def test_the_first_frame_of_an_hour_is_whole_and_later_ones_are_changes():
    changes = ShownChanges()
    assert changes.frame([a_prediction()], [], NOW).is_whole
    assert not changes.frame([a_prediction()], [], NOW + timedelta(minutes=1)).is_whole
    assert changes.frame([a_prediction()], [], NOW + timedelta(hours=1)).is_whole


def test_a_moment_that_moves_by_ten_seconds_is_written_and_one_that_moves_by_nine_is_not():
    changes = ShownChanges()
    changes.frame([a_prediction()], [], NOW)
    assert changes.frame([a_prediction(in_s=309)], [], NOW).rows == []
    assert len(changes.frame([a_prediction(in_s=310)], [], NOW).rows) == 1


def test_small_moves_add_up():
    changes = ShownChanges()
    changes.frame([a_prediction()], [], NOW)
    changes.frame([a_prediction(in_s=306)], [], NOW)
    assert len(changes.frame([a_prediction(in_s=312)], [], NOW).rows) == 1


def test_a_range_that_widens_by_a_minute_and_another_tier_are_written():
    changes = ShownChanges()
    changes.frame([a_prediction()], [], NOW)
    wider = replace(a_prediction(), high_at=a_prediction().high_at + timedelta(seconds=60))
    assert len(changes.frame([wider], [], NOW).rows) == 1
    assert len(changes.frame([replace(wider, tier=Tier.AT_TERMINAL)], [], NOW).rows) == 1


def test_a_row_that_goes_is_written_as_gone_and_applying_the_frames_gives_what_was_on_display():
    changes, rows = ShownChanges(), {}
    for predictions in (
        [a_prediction("S4"), a_prediction("S5")],
        [a_prediction("S5")],
        [a_prediction("S5"), a_prediction("S6")],
    ):
        rows = applied(rows, changes.frame(predictions, [], NOW))
        assert {row.stop_id for row in rows.values()} == {row.stop_id for row in predictions}


def test_a_bus_that_stands_is_shown_as_standing_since():
    standing = StandingVehicle(
        vehicle_id="BUS1",
        trip=a_trip_instance(),
        since=at(6, 50),
        stop_id="S4",
        next_stop_sequence=5,
        reported_at=NOW,
        ended_at=NOW,
        waits=False,
    )
    (row,) = ShownChanges().frame([], [standing], NOW).rows
    assert (row.tier, row.predicted_at) == ("standing", round(at(6, 50).timestamp()))
