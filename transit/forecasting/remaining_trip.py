"""What lies ahead of one vehicle: which stops, how long each link usually takes, and how much of the present one is left."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from transit.forecasting.departures import Departures
from transit.forecasting.links import Floats, LinkedPattern, Links
from transit.forecasting.travel_times import TravelTimes
from transit.plan.network import TripInstance
from transit.tracking.calls import AT_STOP_M
from transit.tracking.state import VehicleState, VehicleStatus

STILL_M = 15.0  # a vehicle whose fixes lie this near each other stands
DENSE_S = 20.0  # assumed time between two fixes while a tracker's own is not known
LEAST_SHARE = 0.3  # share of the usual dwell time that is still expected, however long a vehicle has stood at a stop
MOST_DWELL = 0.7  # the dwell time at a link's first stop is at most this share of the link's time
FEWEST_FIXES = 3  # needed to know how often a tracker reports


class RemainingTrip(NamedTuple):
    """The stops ahead of one vehicle. base_s[k]: usual seconds from `zero` until stop first + k.

    zero is the time of the last fix; for a vehicle that waits at its first stop it is now.
    """

    state: VehicleState
    trip: TripInstance
    linked: LinkedPattern
    first: int  # index of the first stop ahead
    fixed_at: float  # Unix seconds
    zero: float  # what base_s counts from, Unix seconds
    base_s: Floats
    start: int  # the link in progress; link_s[0] is its time
    link_s: Floats  # usual whole seconds of each link from there on
    part_s: float  # what is left of the link in progress; of a vehicle that waits: until it leaves
    waits: bool
    stood_s: float
    dwell_s: float  # what is left of the stop it stands at
    off_m: float = 0.0  # of a vehicle off its line and expected back: how far


def remaining_of(
    state: VehicleState, links: Links, times: TravelTimes, departures: Departures, now: float
) -> RemainingTrip | None:
    """The remaining trip; None if the vehicle is not in service, past its last stop, or only crosses the line that it has left.

    now: Unix seconds.
    """
    matched = state.matched
    trip, along = matched.trip, matched.shape_dist_traveled_m
    if trip is None or along is None or not matched.is_in_service:
        return None
    if state.detours and state.detours[-1].only_crosses(trip.trip_id, state.report.reported_at):
        return None
    linked = links.of_trip(trip.trip_id)
    if linked is None:
        return None
    waits = matched.status is VehicleStatus.LAYOVER
    first = 0 if waits else -1 if state.next_stop_sequence is None else linked.index.get(state.next_stop_sequence, -1)
    if first < 0:
        return None
    waits = waits or first == 0
    fixed_at = state.report.reported_at.timestamp()
    start = max(first - 1, 0)
    link_s = links.planned_links(trip.trip_id)[start:] * np.exp(times.usual(linked, now).ratio[start:])
    if waits:
        leaves_at = departures.expected(state.vehicle_id, trip, linked, now, seen_at=fixed_at)
        return _remaining_of_waiting(state, trip, linked, link_s, leaves_at, now)
    stood = seconds_at_place(state.recent, along)
    dwell = times.dwell_s(linked, start) if start > 0 else 0.0
    part, dwell_left = part_of_link(linked, start, along, float(link_s[0]), dwell, stood)
    base = part + np.concatenate(([0.0], np.cumsum(link_s[1:])))
    return RemainingTrip(
        state=state,
        trip=trip,
        linked=linked,
        first=first,
        fixed_at=fixed_at,
        zero=fixed_at,
        base_s=base,
        start=start,
        link_s=link_s,
        part_s=part,
        waits=False,
        stood_s=stood,
        dwell_s=dwell_left,
        off_m=(matched.offset_m or 0.0) if matched.status is VehicleStatus.OFF_ROUTE else 0.0,
    )


def remaining_of_next(
    before: RemainingTrip,
    trip: TripInstance,
    comes_at: float,
    links: Links,
    times: TravelTimes,
    departures: Departures,
    now: float,
) -> RemainingTrip | None:
    """The remaining trip of a vehicle's next trip, when it ends its present one at comes_at (Unix seconds)."""
    linked = links.of_trip(trip.trip_id)
    if linked is None:
        return None
    leaves_at = departures.expected(before.state.vehicle_id, trip, linked, now, since=comes_at)
    link_s = links.planned_links(trip.trip_id) * np.exp(times.usual(linked, now).ratio)
    return _remaining_of_waiting(before.state, trip, linked, link_s, leaves_at, now)


def _remaining_of_waiting(
    state: VehicleState, trip: TripInstance, linked: LinkedPattern, link_s: Floats, leaves_at: float, now: float
) -> RemainingTrip:
    part = leaves_at - now
    base = part + np.concatenate(([0.0], np.cumsum(link_s)))
    return RemainingTrip(
        state=state,
        trip=trip,
        linked=linked,
        first=0,
        fixed_at=state.report.reported_at.timestamp(),
        zero=now,
        base_s=base,
        start=0,
        link_s=link_s,
        part_s=part,
        waits=True,
        stood_s=0.0,
        dwell_s=0.0,
    )


def part_of_link(
    linked: LinkedPattern, n: int, along: float, link_s: float, dwell_s: float, stood: float
) -> tuple[float, float]:
    """Seconds left of a link (arrival to arrival, with the dwell time at its first stop), and how many of them it stands."""
    begin, end = float(linked.dist_m[n]) + AT_STOP_M, float(linked.dist_m[n + 1]) - AT_STOP_M
    dwell_s = min(dwell_s, MOST_DWELL * link_s) if n > 0 else 0.0
    run_s = link_s - dwell_s
    if along < begin:
        left_s = max(dwell_s - stood, LEAST_SHARE * dwell_s)
        return run_s + left_s, left_s
    return run_s * min(max((end - along) / max(end - begin, 1.0), 0.0), 1.0), 0.0


def seconds_at_place(recent: tuple[tuple[datetime, float], ...], along: float) -> float:
    """How long a vehicle has been at this place: seconds from the first to the last of its newest fixes near `along`."""
    if len(recent) < 2:
        return 0.0
    last = since = recent[-1][0]
    for at, metres in reversed(recent[:-1]):
        if abs(metres - along) > STILL_M:
            break
        since = at
    return (last - since).total_seconds()


def usual_gap_s(recent: tuple[tuple[datetime, float], ...]) -> float:
    """The median time between a vehicle's last fixes, DENSE_S while there are not FEWEST_FIXES."""
    if len(recent) < FEWEST_FIXES:
        return DENSE_S
    gaps = sorted((after[0] - before[0]).total_seconds() for before, after in pairwise(recent))
    return gaps[len(gaps) // 2]
