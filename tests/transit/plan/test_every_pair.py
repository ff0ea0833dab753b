"""Every pair of stops of the sample, at several times: a journey is named wherever another planner knows one."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gtfs.expanded import expanded
from gtfs.reader import read_network
from gtfs.writer import write_network
from tests.builders import at
from transit.plan.journeys import Planner, Request
from transit.plan.network import Network

pytestmark = pytest.mark.slow
BINJAI = Path(__file__).resolve().parents[3] / "data" / "binjai"
TUESDAY, SUNDAY, NEW_YEAR = date(2026, 11, 24), date(2026, 11, 29), date(2027, 1, 1)
MOMENTS = [
    (TUESDAY, 3, 0),
    (TUESDAY, 7, 30),
    (TUESDAY, 12, 5),
    (TUESDAY, 15, 50),
    (TUESDAY, 20, 0),
    (SUNDAY, 9, 0),
    (NEW_YEAR, 9, 0),
]
MOST_CHANGES = 3


def promised(network: Network) -> Network:
    """Without the trips that only a demonstration drives."""
    return replace(
        network,
        trips={trip_id: trip for trip_id, trip in network.trips.items() if not trip.is_demo},
        frequencies=tuple(row for row in network.frequencies if not network.trips[row.trip_id].is_demo),
    )


def test_no_pair_is_told_that_no_bus_goes_where_one_goes() -> None:
    """The oracle is cafein, over the same network, each departure of a headway a trip; changes take no time."""
    cafein = pytest.importorskip("cafein")
    network = read_network(BINJAI)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gtfs.zip"
        path.write_bytes(write_network(expanded(promised(network)).network))
        oracle = cafein.TransportNetwork.from_gtfs(path, trip_distances=False, leg_geometries=False)
    planner, stops = Planner(network, change_s=0.0), sorted(network.routes_of_stop)
    answered, wrong = 0, []
    for day, hour, minute in MOMENTS:
        now = at(hour, minute, day=day)
        service, at_best = planner.service(now), planner.service(now, wait_share=0.0)  # as the page asks, if need be
        for start in stops:
            for end in stops:
                if start == end:
                    continue
                ask = Request({start: 0.0}, {end: 0.0})
                ours = planner.earliest(service, ask, now.timestamp()) or planner.earliest(at_best, ask, now.timestamp())
                theirs = oracle.route_between_stops(
                    start, end, departure=f"{day:%Y-%m-%d} {hour:02d}:{minute:02d}:00", max_rides=MOST_CHANGES + 1
                )
                answered += bool(ours)
                if theirs and not ours:
                    wrong.append((day, hour, start, end))
    assert wrong == []
    assert answered >= 3 * len(stops) * (len(stops) - 1), "on a working day every pair is served in the morning"
