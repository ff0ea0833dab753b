"""How true the chance of a change is that /rute tells: python -m benchmarks.changes [--hours 4] [--seed 1] [--buses 14]

The simulator drives the sample; its fixes go through the pipeline and the forecaster. Every two minutes the planner is asked
for every pair of stops that needs a change. Where both buses are seen the chance is noted, and later whether the second bus had
not yet left when the first one came (with the walk between). Prints, by chance as told, how many were caught.
"""

from __future__ import annotations

import argparse
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from benchmarks.simulated import report_of
from gps_ingest.simulation.drivers import Mode
from gps_ingest.simulation.simulator import Fleet
from gtfs.reader import read_network
from transit.forecasting.forecaster import Forecaster
from transit.plan.journeys import Planner, Request, planner_of
from transit.plan.network import Network
from transit.plan.runs import LiveCall, Moment, Source
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import is_fresh
from transit.tracking.trip_choice import AssignmentHint

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
BEGIN = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 06:30 at UTC+7, a Tuesday
WARM_UP = timedelta(minutes=45)
ASKED_EVERY = timedelta(minutes=2)
SHOWN = timedelta(seconds=300)  # no forecast from an older fix
LATEST_S = 3600.0  # a passage later than this after the question is another round
BINS = (0.0, 0.3, 0.5, 0.65, 0.8, 0.9, 0.97, 1.01)


@dataclass(frozen=True)
class ToldChange:
    """A change as it was told at a moment: from which bus at which stop to which at which, and how likely."""

    asked_s: float
    first: str  # vehicle_id
    alight: str  # stop_id
    second: str
    board: str
    walk_s: float
    chance: float


class Town:
    """The simulated town, what is predicted of it, and the truth: when each bus was at each stop."""

    def __init__(self, network: Network, buses: int, seed: int) -> None:
        self.network = network
        self.fleet = Fleet(network, buses, seed, BEGIN)
        for bus in self.fleet.buses:
            bus.rests = False
            bus.mode = Mode.DRIVES if bus.mode is Mode.IN_DEPOT else bus.mode
        self.name_of = {box.bus.number: box.tracker_id for box in self.fleet.boxes}
        self.pipeline, self.forecaster = Pipeline(network), Forecaster(network)
        self.passages: dict[tuple[str, str], list[float]] = {}  # (vehicle, stop) -> seconds
        self._place = {bus.number: (bus.pattern.pattern_id, self._index(bus)) for bus in self.fleet.buses}

    def _index(self, bus: object) -> int:
        return bisect_right(bus.pattern.stop_dist_m, bus.along_m - 1.0)  # type: ignore[attr-defined]

    def step(self, now: datetime) -> None:
        for tracker_id, fixes in self.fleet.next_reports(now):
            for fix in fixes:
                report = report_of(self.fleet, tracker_id, fix, now)
                self.forecaster.learn(self.pipeline.step(report, AssignmentHint(), now).events)
        for bus in self.fleet.buses:
            pattern_id, before = self._place[bus.number]
            index = self._index(bus)
            for stop in range(0 if pattern_id != bus.pattern.pattern_id else before, index):
                key = (self.name_of[bus.number], bus.pattern.stop_ids[stop])
                self.passages.setdefault(key, []).append(now.timestamp())
            self._place[bus.number] = (bus.pattern.pattern_id, index)

    def live(self, now: datetime) -> list[LiveCall]:
        states = [replace(state, memory=b"") for state in self.pipeline.states.values()]
        fresh = [state for state in states if is_fresh(state.report.reported_at, now, SHOWN)]
        self.forecaster.observe(fresh, now)
        return [
            LiveCall(
                vehicle_id=row.vehicle_id,
                trip=row.trip,
                stop_sequence=row.stop_sequence,
                moment=Moment(row.predicted_at.timestamp(), row.low_at.timestamp(), row.high_at.timestamp()),
            )
            for row in self.forecaster.predict(fresh, now, next_trips=True)
        ]

    def was_caught(self, change: ToldChange) -> bool | None:
        """None where one of the two never came: then nothing is known of the change."""
        came, left = (
            self._next(*key, change.asked_s) for key in ((change.first, change.alight), (change.second, change.board))
        )
        return None if came is None or left is None else left >= came + change.walk_s

    def _next(self, vehicle_id: str, stop_id: str, after_s: float) -> float | None:
        times = self.passages.get((vehicle_id, stop_id), ())
        return next((at for at in times if after_s < at <= after_s + LATEST_S), None)


def changes_told(planner: Planner, town: Town, pairs: Iterable[tuple[str, str]], now: datetime) -> set[ToldChange]:
    service = planner.service(now, town.live(now))
    told_now = set()
    for start, end in pairs:
        for journey in planner.journeys(service, Request({start: 0.0}, {end: 0.0}), now.timestamp()):
            for index in range(1, len(journey.rides)):
                before, after = journey.rides[index - 1], journey.rides[index]
                chance = journey.change_chance(index)
                if chance is None or before.source is not Source.LIVE or after.source is not Source.LIVE:
                    continue
                told_now.add(
                    ToldChange(
                        asked_s=now.timestamp(),
                        first=before.run.vehicle_id or "",
                        alight=before.alight,
                        second=after.run.vehicle_id or "",
                        board=after.board,
                        walk_s=journey.walk_before(index),
                        chance=chance,
                    )
                )
    return told_now


def table(changes: Iterable[tuple[float, bool]]) -> list[str]:
    """Lines to print, a class of chances each."""
    rows = list(changes)
    lines = [f"{'told':>12}{'changes':>9}{'mean told':>11}{'caught':>8}{'off':>6}"]
    for low, high in pairwise(BINS):
        some = [(chance, caught) for chance, caught in rows if low <= chance < high]
        if some:
            mean_chance, share = fmean(chance for chance, _ in some), fmean(caught for _, caught in some)
            off = 100 * (share - mean_chance)
            lines.append(f"{low:5.2f} - {min(high, 1.0):4.2f}{len(some):9}{mean_chance:11.2f}{share:8.2f}{off:+6.0f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--buses", type=int, default=14)
    chosen = parser.parse_args()
    network = read_network(SAMPLE)
    planner, town = planner_of(network), Town(network, chosen.buses, chosen.seed)
    served = list(network.routes_of_stop)
    routes = network.routes_of_stop
    pairs = [(a, b) for a in served for b in served if not set(routes[a]) & set(routes[b])]
    now, end, asked_at = BEGIN, BEGIN + timedelta(hours=chosen.hours), BEGIN + WARM_UP
    every: set[ToldChange] = set()
    while now < end:
        now += timedelta(seconds=1)
        town.step(now)
        if now >= asked_at and now < end - timedelta(seconds=LATEST_S):
            every |= changes_told(planner, town, pairs, now)
            asked_at = now + ASKED_EVERY
    known = [(change.chance, caught) for change in every if (caught := town.was_caught(change)) is not None]
    print(f"{len(every)} changes told, {len(known)} of them known: both buses came within the hour")
    print("\n".join(table(known)))


if __name__ == "__main__":
    main()
