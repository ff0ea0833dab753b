"""Buses of the demonstration, followed by the real engine through the night: the feeds they make pass the gate."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gtfs.reader import read_network
from gtfs.realtime import alerts, trip_updates, vehicle_positions
from tests.builders import at
from tests.conftest import HOUSE
from tests.gtfs.rt_gate import gate_for
from transit.forecasting.forecaster import Forecaster
from transit.plan.geometry import Line, Plane
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.trip_choice import AssignmentHint

BINJAI = HOUSE / "data" / "binjai"
SUNDAY = date(2026, 11, 22)
START = at(23, 55, day=SUNDAY)  # crosses midnight: the service day goes on past 24:00
TRIPS = ("demo-lingkar-putar", "demo-biru-ke-timur", "demo-biru-ke-utara", "demo-hijau-ke-selatan")
BUSES = {f"BUS{number}": trip_id for number, trip_id in enumerate(TRIPS, 1)}
SPEED_MPS = 5.5
EVERY_S = 10


def test_four_buses_on_a_sunday_night_are_in_both_feeds_without_an_error(tmp_path: Path) -> None:
    network = read_network(BINJAI)
    pipeline, forecaster, plane = Pipeline(network), Forecaster(network), Plane(3.61, 98.49)
    lines = {
        bus: Line(plane.xy(point.lat, point.lon) for point in network.shapes[network.trip(trip_id).shape_id].points)
        for bus, trip_id in BUSES.items()
    }
    ticks = []
    for second in range(0, 9 * 60, EVERY_S):
        now = START + timedelta(seconds=second)
        for bus, line in lines.items():
            lat, lon = plane.lat_lon(*line.point_at(20 + second * SPEED_MPS))
            report = AvlReport(bus, f"tracker-{bus}", now, now + timedelta(seconds=1), lat, lon, None, SPEED_MPS)
            pipeline.step(report, AssignmentHint(trip_id=BUSES[bus]), now)
        if second >= 60 and second % 30 == 0:
            states = list(pipeline.states.values())
            ticks.append(
                (
                    now,
                    {
                        "tu": trip_updates(network, forecaster.predict(states, now), states, now),
                        "vp": vehicle_positions(network, states, now),
                        "sa": alerts(network, [], now),
                    },
                )
            )
    assert len(ticks) > 10
    for _, messages in ticks:
        assert {entity.vehicle.trip.trip_id for entity in messages["vp"].entity} == set(BUSES.values())
        assert {entity.trip_update.vehicle.id for entity in messages["tu"].entity} == set(BUSES)
        assert {entity.trip_update.trip.start_date for entity in messages["tu"].entity} == {"20261122"}
    assert not gate_for(network, tmp_path).findings(ticks)


@pytest.mark.parametrize("trip_id", TRIPS)
def test_the_trips_of_the_demonstration_are_headway_based(trip_id: str) -> None:
    assert read_network(BINJAI).is_headway_based(trip_id)
