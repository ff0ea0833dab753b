"""Programs that do not read frequencies.txt take the unrolled file and its live feed, with right departures and delays."""

from __future__ import annotations

import warnings
from datetime import timedelta
from pathlib import Path

import gtfs_kit
import pygtfs
import pytest
from gtfs_rt_kit import StaticGtfs, parse_feed, trip_delays

from gtfs.expanded import expanded, expanded_facts
from gtfs.reader import read_network
from gtfs.realtime import to_pb, trip_updates
from gtfs.writer import write_network
from tests.builders import MONDAY, SEVEN, a_network, a_report, a_trip_instance, at, every
from tests.conftest import HOUSE
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Network
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

TEN = a_network(headway=every(10))


def unrolled_file(network: Network, folder: Path) -> str:
    path = folder / "gtfs-expanded.zip"
    path.write_bytes(write_network(expanded(network).network))
    return str(path)


def test_gtfs_kit_counts_every_departure_of_the_day(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas of its own code
        feed = gtfs_kit.read_feed(unrolled_file(read_network(HOUSE / "data" / "binjai"), tmp_path), dist_units="km")
        rows = feed.get_stop_times(f"{MONDAY:%Y%m%d}")
    mine = rows[(rows.stop_id == "tugu-45") & rows.trip_id.str.startswith("lingkar-putar~")]
    assert len(mine) == 57
    assert sorted(mine.departure_time)[:2] == ["06:35:55", "06:45:55"]


def test_pygtfs_of_home_assistant_takes_the_file(tmp_path: Path) -> None:
    schedule = pygtfs.Schedule(":memory:")
    pygtfs.append_feed(schedule, unrolled_file(TEN, tmp_path))
    (trip,) = schedule.trips_by_id("T1~071000")
    assert [call.departure_time for call in trip.stop_times][:2] == [timedelta(hours=7, minutes=10), timedelta(seconds=25_883)]


def test_pygtfs_fails_on_the_standard_file_of_the_sample(tmp_path: Path) -> None:
    """Why there is a second file: its translations.txt is that of years ago."""
    path = tmp_path / "gtfs.zip"
    path.write_bytes(write_network(read_network(HOUSE / "data" / "binjai")))
    with pytest.raises(Exception, match="translations"):
        pygtfs.append_feed(pygtfs.Schedule(":memory:"), str(path))


def test_gtfs_rt_kit_reads_the_delay_of_a_bus_by_headway(tmp_path: Path) -> None:
    run, plan = a_trip_instance("T1", 7 * 3600 + 120), expanded(TEN)
    matched = MatchedPosition(SEVEN, VehicleStatus.ON_TRIP, run, 100.0, 5.0)
    state = VehicleState("BUS1", a_report(), matched, next_stop_sequence=2)
    when = at(7, 3, 23)  # 500 m at 6 m/s take 83 s: two minutes late
    row = Prediction(
        vehicle_id="BUS1", trip=run, stop_id="S1", stop_sequence=2, made_at=SEVEN, reported_at=SEVEN,
        predicted_at=when, low_at=when, high_at=when, tier=Tier.LIVE,
    )  # fmt: skip
    named = InformedEntity(trip=a_trip_instance("T1", 7 * 3600 + 600))
    cancels = Alert("a", {"id": "Batal"}, (named,), SEVEN, effect=Effect.NO_SERVICE)
    facts = expanded_facts(plan, [state], [row], [], [cancels], SEVEN)
    feed = parse_feed(to_pb(trip_updates(plan.network, facts.predictions, facts.states, SEVEN, facts.alerts)))
    update = feed.trip_update_for("T1~070000")
    assert update is not None
    delays = trip_delays(update, StaticGtfs(unrolled_file(TEN, tmp_path)))
    assert [(stop.stop_id, stop.delay) for stop in delays] == [("S1", 120)]
    cancelled = feed.trip_update_for("T1~071000")
    assert cancelled is not None
    assert cancelled.trip is not None
    assert "CANCELED" in str(cancelled.trip.schedule_relationship)
