"""Troubles with a tracker, a drawn line or a timetable that the vehicles' movement shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from transit.operations.facts import FleetFacts
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.tracking.off_plan import OffPlan

STALE_POINT, TWO_DEVICES = "stale_point", "two_devices"  # among VehicleState.doubts
KINDS = {
    "bearing": TroubleKind.BEARING_WRONG,
    "speed": TroubleKind.SPEED_WRONG,
    "accuracy_poor": TroubleKind.ACCURACY_TOO_POOR,
    "accuracy_good": TroubleKind.ACCURACY_TOO_GOOD,
    STALE_POINT: TroubleKind.STALE_POINT,
    TWO_DEVICES: TroubleKind.TWO_DEVICES,
}
JUMPING = frozenset({STALE_POINT, TWO_DEVICES})
HEARD_WITHIN = timedelta(days=2)  # for vehicles silent for longer, only the silence is told
LEFT_BY = 3  # vehicles or trips that left a line at one place and came back, before the line is doubted
LEFT_WITHIN = timedelta(days=7)
KEPT_FOR = timedelta(minutes=30)  # how long a vehicle is off plan before the timetable is doubted
MOST = 0.5  # share of a route's vehicles that must be off plan


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    yield from _trackers(facts)
    yield from _lines(facts)
    yield from _timetables(facts)


def _trackers(facts: FleetFacts) -> Iterator[Trouble]:
    """Trackers with doubts about their fields."""
    for vehicle_id, state in sorted(facts.states.items()):
        if facts.now - state.report.received_at <= HEARD_WITHIN:
            for doubt in state.doubts:
                if doubt != STALE_POINT or TWO_DEVICES not in state.doubts:  # the other device stands: one cause, told once
                    yield Trouble(KINDS[doubt], state.report.tracker_id, figures={"vehicle": vehicle_id})


def explains_jumps(row: TrackerHealth, facts: FleetFacts) -> bool:
    """Whether it is told already why a tracker's reports jump."""
    state = facts.states.get(row.vehicle_id or "")
    return state is not None and state.report.tracker_id == row.tracker_id and not JUMPING.isdisjoint(state.doubts)


def _lines(facts: FleetFacts) -> Iterator[Trouble]:
    """Places where vehicles repeatedly leave the line of their trip and come back to it."""
    if facts.network is None:
        return
    places: dict[tuple[str, int | None, str], dict[tuple[str, str], float]] = {}
    for vehicle_id, state in facts.states.items():
        for detour in state.detours:
            if detour.came_back and facts.now - detour.left_at <= LEFT_WITHIN:
                left = places.setdefault(detour.place, {})
                left[vehicle_id, f"{detour.trip_id} {detour.left_at:%Y%m%d}"] = detour.left_at.timestamp()
    for (route_id, _, stop_id), times in sorted(places.items(), key=str):
        route, stop = facts.network.routes.get(route_id), facts.network.stops.get(stop_id)
        if len(times) >= LEFT_BY and route is not None and stop is not None:
            figures: dict[str, Figure] = {"count": len(times), "stop": stop.name, "last_at": max(times.values())}
            yield Trouble(TroubleKind.LINE_LEFT, route.short_name or route.long_name, figures=figures)


def _timetables(facts: FleetFacts) -> Iterator[Trouble]:
    """Routes of which most vehicles are off plan in the same way."""
    if facts.network is None:
        return
    kept: dict[str, list[OffPlan | None]] = {}
    for state in facts.states.values():
        trip = state.matched.trip
        if facts.now - state.report.received_at > HEARD_WITHIN:
            continue
        off = state.off_plan
        if off is not None and off.seen_at - off.since >= KEPT_FOR:
            kept.setdefault(off.route_id, []).append(off)
        elif off is None and trip is not None and trip.trip_id in facts.network.trips:
            kept.setdefault(facts.network.trips[trip.trip_id].route_id, []).append(None)
    for route_id, rows in sorted(kept.items()):
        route = facts.network.routes.get(route_id)
        for kind, sign in ((TroubleKind.RUNS_EARLY, -1.0), (TroubleKind.RUNS_LATE, 1.0)):
            alike = [row for row in rows if row is not None and row.late_s * sign > 0.0]
            if route is not None and len(alike) >= MOST * len(rows) and alike:
                off_s = median(abs(row.late_s) for row in alike)
                since = min(row.since for row in alike)
                yield Trouble(kind, route.short_name or route.long_name, since, {"off_s": off_s})
