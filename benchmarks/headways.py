"""Buses that are held as the console advises, against buses that leave as drivers like: how evenly riders are served.

    python -m benchmarks.headways [--seeds 10] [--hours 9.5] [--only lingkar] [--obeyed 0.8]

The simulator drives each route of the sample alone; its trackers' fixes go through the pipeline and the forecaster, and
transit.control advises what it would advise on the page. A driver obeys or does not, by chance, each time that he waits.
Excess wait at a stop is mean(h^2) / 2 mean(h) - mean(h) / 2 over the headways that really were driven there (Welding 1957),
here the mean over all stops of a route; the first hour is left out. Prints minutes, the coefficient of variation of the
headways, and the share of them below two minutes or a quarter of the mean.
"""

from __future__ import annotations

import argparse
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean, pstdev

from gps_ingest.simulation.drivers import Mode
from gps_ingest.simulation.simulator import Fleet
from gtfs.reader import read_network
from transit.control.holding import HoldingAdvice
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.plan.patterns import patterns_of
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import is_fresh
from transit.tracking.trip_choice import AssignmentHint
from web.live.control import ControlRoom

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
BEGIN = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 06:30 at UTC+7, a Tuesday
BUSES = {"lingkar": 3, "hijau": 3, "biru": 8}
ADVISED_EVERY_S = 10
SHOWN = timedelta(seconds=300)  # no forecast from an older fix
LATE_S = (10.0, 15.0)  # a driver leaves so long after the time that he was told: mean and standard deviation
WARM_UP_S = 3600.0


@dataclass(frozen=True)
class Evenness:
    """Of the headways at all stops of a route."""

    excess_wait_min: float
    variation: float
    bunched: float
    wait_min: float


@dataclass
class Run:
    """One route with its buses for some hours. advised: drivers are told; else they leave as they like."""

    network: Network
    route_id: str
    vehicles: int
    seed: int
    advised: bool
    obeyed: float = 0.8
    passages: dict[tuple[str, int], list[float]] = field(default_factory=dict)  # (pattern, stop) -> seconds
    followed: int = 0
    given: int = 0

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.network, self.vehicles, self.seed, BEGIN)
        for bus in self.fleet.buses:
            bus.rests = False
            bus.mode = Mode.DRIVES if bus.mode is Mode.IN_DEPOT else bus.mode
        self.pipeline = Pipeline(self.network)
        self.forecaster = Forecaster(self.network)
        self.control = ControlRoom(self.network)
        self.chance = Random(f"{self.seed}:{self.route_id}:obeys")
        self._obeying: dict[str, bool] = {}  # vehicle at a terminal -> whether its driver does as told this time
        self._late: dict[str, float] = {}
        self._place = {bus.number: (bus.pattern.pattern_id, self._index(bus)) for bus in self.fleet.buses}

    def drive(self, hours: float) -> Evenness:
        end = BEGIN + timedelta(hours=hours)
        now = BEGIN
        while now < end:
            now += timedelta(seconds=1)
            for tracker_id, fixes in self.fleet.next_reports(now):
                for fix in fixes:
                    self._report(tracker_id, fix, now)
            self._watch()
            if self.advised and round(self.fleet.at_s) % ADVISED_EVERY_S == 0:
                self._tell(self._advice(now))
        return evenness(list(self.passages.values()), WARM_UP_S)

    def _index(self, bus: object) -> int:
        return bisect_right(bus.pattern.stop_dist_m, bus.along_m - 1.0)  # type: ignore[attr-defined]

    def _watch(self) -> None:
        """The truth: who has left which stop."""
        for bus in self.fleet.buses:
            pattern_id, before = self._place[bus.number]
            index = self._index(bus)
            if pattern_id != bus.pattern.pattern_id:
                before = 0
            for stop in range(before, index):
                self.passages.setdefault((bus.pattern.pattern_id, stop), []).append(self.fleet.at_s)
            self._place[bus.number] = (bus.pattern.pattern_id, index)

    def _report(self, tracker_id: str, fix: Mapping[str, float], now: datetime) -> None:
        off_s = next(box.clock_off_s for box in self.fleet.boxes if box.tracker_id == tracker_id)
        report = AvlReport(
            vehicle_id=tracker_id,
            tracker_id=tracker_id,
            reported_at=datetime.fromtimestamp(fix["timestamp"] - off_s, UTC),
            received_at=now,
            lat=fix["latitude"],
            lon=fix["longitude"],
            bearing=fix.get("bearing"),
            speed_mps=fix.get("speed"),
        )
        outcome = self.pipeline.step(report, AssignmentHint(), now)
        self.forecaster.learn(outcome.events)
        self.control.hear(outcome.events, now)

    def _advice(self, now: datetime) -> Sequence[HoldingAdvice]:
        states = {vehicle_id: replace(state, memory=b"") for vehicle_id, state in self.pipeline.states.items()}
        fresh = [state for state in states.values() if is_fresh(state.report.reported_at, now, SHOWN)]
        self.forecaster.observe(fresh, now)
        predictions = self.forecaster.predict(fresh, now, next_trips=True)
        waiting = {v: datetime.fromtimestamp(at, UTC) for v, (_, at) in self.forecaster.departures.since.items()}
        state = self.control.state(
            now,
            None,
            states=states,
            predictions=predictions,
            waiting=waiting,
            standing=self.forecaster.standing(fresh, now),
            in_outage=False,
        )
        return state.advice

    def _tell(self, advice: Sequence[HoldingAdvice]) -> None:
        by_vehicle = {row.vehicle_id: row for row in advice if row.is_there}
        for bus in self.fleet.buses:
            name = f"demo-{bus.number}"
            if bus.mode is not Mode.LAYOVER:
                self._obeying.pop(name, None)
                continue
            if name not in self._obeying:
                self._obeying[name] = self.chance.random() < self.obeyed
                self._late[name] = max(0.0, self.chance.gauss(*LATE_S))
                self.given += 1
                self.followed += self._obeying[name]
            row = by_vehicle.get(name)
            if self._obeying[name] and row is not None and row.why_not is None:
                bus.until_s = (row.leave_at - BEGIN).total_seconds() + self._late[name]


def evenness(passages: Sequence[Sequence[float]], since_s: float) -> Evenness:
    """Each row: when vehicles left one stop, seconds, in order."""
    headways = [[later - at for at, later in pairwise(row) if at >= since_s] for row in passages]
    rows = [row for row in headways if len(row) >= 2]
    waits = [fmean(h * h for h in row) / (2.0 * fmean(row)) for row in rows]
    flat = [h / fmean(row) for row in rows for h in row]
    bunched = [h <= max(120.0, 0.25 * fmean(row)) for row in rows for h in row]
    return Evenness(
        excess_wait_min=fmean(wait - fmean(row) / 2.0 for wait, row in zip(waits, rows, strict=True)) / 60.0,
        variation=pstdev(flat),
        bunched=fmean(bunched),
        wait_min=fmean(waits) / 60.0,
    )


def only_route(network: Network, route_id: str) -> Network:
    trips = {trip_id: trip for trip_id, trip in network.trips.items() if trip.route_id == route_id and not trip.is_demo}
    frequencies = tuple(row for row in network.frequencies if row.trip_id in trips)
    return replace(network, routes={route_id: network.routes[route_id]}, trips=trips, frequencies=frequencies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--hours", type=float, default=9.5)
    parser.add_argument("--only", choices=sorted(BUSES))
    parser.add_argument("--obeyed", type=float, default=0.8)
    options = parser.parse_args()
    network = read_network(SAMPLE)
    print("route      buses  rule      excess wait  variation  bunched  wait")
    for route_id, vehicles in BUSES.items():
        if options.only in (None, route_id):
            alone = only_route(network, route_id)
            assert patterns_of(alone).by_id
            for advised in (False, True):
                rows = [
                    Run(
                        network=alone, route_id=route_id, vehicles=vehicles, seed=seed, advised=advised, obeyed=options.obeyed
                    ).drive(options.hours)
                    for seed in range(1, options.seeds + 1)
                ]
                print_row(route_id, vehicles, "advised" if advised else "as liked", rows)


def print_row(route_id: str, vehicles: int, rule: str, rows: Sequence[Evenness]) -> None:
    figures = [fmean(getattr(row, name) for row in rows) for name in ("excess_wait_min", "variation", "bunched", "wait_min")]
    excess, variation, bunched, wait = figures
    print(
        f"{route_id:10} {vehicles:5}  {rule:9} {excess:8.2f} min  {variation:9.2f}  {bunched:6.0%}  {wait:5.2f} min", flush=True
    )


if __name__ == "__main__":
    main()
