"""Buses that drive the cast's network at a pace of our choosing, as the states and calls that a forecaster sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from tests.builders import MONDAY, SEVEN, a_report
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Prediction
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus

STRIDE_S = 20.0
Item = tuple[datetime, StopEvent | VehicleState]


@dataclass(frozen=True)
class Drive:
    """What was seen of one bus on one trip, in the order in which it became known."""

    items: list[Item]
    arrivals: list[datetime]  # at each stop; at the first its departure


def a_drive_of(
    network: Network,
    start: datetime = SEVEN,
    *,
    trip_id: str = "T1",
    vehicle_id: str = "BUS1",
    pace: Callable[[int], float] = lambda link: 1.0,
    start_s: int | None = None,
    offset_s: float = 0.0,
) -> Drive:
    """pace(n): how many times the planned seconds link n takes. offset_s moves the fixes against the departure."""
    pattern = patterns_of(network).of_trip(trip_id)
    planned = [arrival for arrival, _ in patterns_of(network).planned(trip_id)]
    steps = [(after - before) * pace(n) for n, (before, after) in enumerate(pairwise(planned))]
    at = np.concatenate(([0.0], np.cumsum(steps)))
    trip = TripInstance(trip_id, local_date(start, network.timezone), start_s)
    arrivals = [start + timedelta(seconds=float(one)) for one in at]
    items: list[Item] = []
    told = 0
    recent: list[tuple[datetime, float]] = []
    for seconds in np.arange(offset_s, at[-1] + STRIDE_S, STRIDE_S):
        now = start + timedelta(seconds=float(seconds))
        along = float(np.interp(seconds, at, pattern.stop_dist_m))
        recent = [*recent, (now, along)][-16:]
        ahead = int(np.searchsorted(at, seconds, side="right"))
        if ahead < len(at):
            items.append((now, a_state(network, now, trip, along, pattern.stop_sequences[ahead], vehicle_id, tuple(recent))))
        while told < ahead:
            last = told == len(at) - 1
            left = None if last else arrivals[told] + timedelta(seconds=0 if told == 0 else 2)
            call = StopEvent(vehicle_id, trip, pattern.stop_ids[told], pattern.stop_sequences[told], arrivals[told], left, 20.0)
            items.append((now, call))
            told += 1
    return Drive(items, arrivals)


def a_state(
    network: Network,
    now: datetime,
    trip: TripInstance,
    along_m: float,
    next_stop_sequence: int,
    vehicle_id: str = "BUS1",
    recent: tuple[tuple[datetime, float], ...] = (),
    status: VehicleStatus = VehicleStatus.ON_TRIP,
) -> VehicleState:
    report = a_report((along_m, 0.0), now, vehicle_id=vehicle_id)
    matched = MatchedPosition(now, status, trip, along_m, 0.0)
    return VehicleState(vehicle_id, report, matched, None, next_stop_sequence, recent or ((now, along_m),))


def play(forecaster: Forecaster, drives: Iterable[Drive]) -> list[tuple[datetime, VehicleState, list[Prediction]]]:
    """Everything in the order of time, as the live process does it; what was predicted at each fix of each bus."""
    found = []
    for now, item in sorted((one for drive in drives for one in drive.items), key=lambda one: one[0]):
        if isinstance(item, StopEvent):
            forecaster.learn([item])
        else:
            forecaster.observe([item], now)
            found.append((now, item, forecaster.predict([item], now)))
    return found


def a_day(network: Network, days: int, hours: Iterable[int] = (7, 8, 9), **how: object) -> list[Drive]:
    """One bus at each hour of a day, `days` after MONDAY; T1 for all, so that all are of one pattern."""
    return [
        a_drive_of(network, SEVEN + timedelta(days=days, hours=hour - 7), vehicle_id=f"BUS{hour}", **how)  # type: ignore[arg-type]
        for hour in hours
    ]


__all__ = ["MONDAY", "Drive", "a_day", "a_drive_of", "a_state", "play"]
