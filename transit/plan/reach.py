"""How far one comes, and until when one can be back: every stop at once, there by the earliest and back by the last journey.

The last way back from everywhere is the earliest way there with time running backwards: the same search (RAPTOR, see
transit.plan.journeys) over patterns whose stops, times and doors are turned round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from transit.plan.journeys import Journey, Planner
from transit.plan.patterns import Pattern, patterns_of
from transit.plan.runs import DepartureWindow, Moment, PatternRuns, Run, Service, Source

LEAST_STAY_S = 600.0  # who must turn round at once has not been there


@dataclass(frozen=True, slots=True)
class Reached:
    """A stop, the earliest journey there, and the latest moment (Unix seconds) to set out back; None: no way back that day."""

    stop_id: str
    journey: Journey
    last_back: float | None

    @property
    def stay_s(self) -> float:
        return 0.0 if self.last_back is None else self.last_back - self.journey.comes.at

    @property
    def is_there_and_back(self) -> bool:
        return self.stay_s >= LEAST_STAY_S


def reach_of(planner: Planner, service: Service, start: Mapping[str, float], at: float, until: float) -> list[Reached]:
    """Every stop that can be reached from `at` on, the soonest first. until: the end of the day, Unix seconds."""
    there = planner.everywhere(service, start, at)
    back = _Backwards(planner).everywhere(_BackwardService(service), start, -until)
    rows = [
        Reached(stop_id, journey, -back[stop_id].comes.at if stop_id in back else None) for stop_id, journey in there.items()
    ]
    return sorted((row for row in rows if row.stop_id not in start), key=lambda row: (row.journey.comes.at, row.stop_id))


class _Backwards(Planner):
    """A planner of the turned patterns."""

    def __init__(self, planner: Planner) -> None:
        self.network, self.change_s, self.walks = planner.network, planner.change_s, planner.walks
        self.patterns = [replace(pattern, stop_ids=pattern.stop_ids[::-1]) for pattern in planner.patterns]
        self.at_stop: dict[str, list[tuple[Pattern, int]]] = {}
        for pattern in self.patterns:
            for n, stop_id in enumerate(pattern.stop_ids):
                self.at_stop.setdefault(stop_id, []).append((pattern, n))


class _BackwardService(Service):
    """What runs, backwards in time."""

    def __init__(self, service: Service) -> None:
        self.network, self.disruption, self._made, self._suspended = service.network, service.disruption, {}, {}
        self._service = service

    def _make(self, pattern: Pattern) -> PatternRuns:
        forward = patterns_of(self.network).by_id[pattern.pattern_id]
        return _turned(pattern, self._service.of_pattern(forward))


def _turned(pattern: Pattern, runs: PatternRuns) -> PatternRuns:
    last = len(pattern.stop_ids) - 1
    total_s = runs.offsets[-1][0]
    # a bus of a headway that is seen now says nothing of the last one of the day: its window does
    turned = [_turned_run(run, last) for run in runs.runs if run.source is not Source.LIVE or run.headway_s is None]
    return PatternRuns(
        pattern=pattern,
        offsets=tuple((total_s - departure, total_s - arrival) for arrival, departure in runs.offsets[::-1]),
        runs=tuple(turned),
        windows=tuple(
            DepartureWindow(
                trip_id=window.trip_id,
                start_date=window.start_date,
                first_at=-(window.last_at + total_s),
                last_at=-(window.first_at + total_s),
                headway_s=window.headway_s,
            )
            for window in runs.windows
        ),
        is_loop=runs.is_loop,
        no_pickup=frozenset(last - n for n in runs.no_drop_off),
        no_drop_off=frozenset(last - n for n in runs.no_pickup),
        closed=frozenset(last - n for n in runs.closed),
    )


def _turned_run(run: Run, last: int) -> Run:
    return replace(
        run,
        arrivals=tuple(_turned_moment(moment) for moment in run.departures[::-1]),
        departures=tuple(_turned_moment(moment) for moment in run.arrivals[::-1]),
        no_pickup=frozenset(last - n for n in run.no_drop_off),
        no_drop_off=frozenset(last - n for n in run.no_pickup),
    )


def _turned_moment(moment: Moment | None) -> Moment | None:
    return None if moment is None else Moment(-moment.at, -moment.high, -moment.low)
