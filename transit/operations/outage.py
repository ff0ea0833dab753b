"""Whether the fleet has fallen silent: which buses should report and do not. The thresholds are for a fleet of a few buses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from transit.operations.facts import FleetFacts
from transit.operations.service_hours import is_in_service
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.operations.watch import FleetWatch
from transit.tracking.ages import SILENT_AGE
from transit.tracking.state import WITH_TRIP, is_silent

EXPECTED_FOR = timedelta(minutes=10)  # a bus on a trip within this time should report
LASTS = timedelta(seconds=60)  # how long an outage, or its end, must last before it counts
BEGINS_SHARE = 1 / 2
ENDS_SHARE = 1 / 3
LEAST = 2  # fewest silent buses that make an outage while others report
REMEMBERED = timedelta(hours=12)  # how long a wholly silent fleet is still expected: about a day of service


def watch(before: FleetWatch, facts: FleetFacts) -> FleetWatch:
    """The watch after one more look. To be called about once a second."""
    if facts.network is None or not is_in_service(facts.network, facts.now):
        return FleetWatch()
    expected = _expected(before, facts)
    silent = tuple(vehicle_id for vehicle_id in expected if _is_silent(facts, vehicle_id))
    looked = replace(before, expected=expected, silent=silent)
    if not (_is_outage(looked) if before.since is None else _is_over(looked)):
        return replace(looked, turning_since=None)
    turning_since = before.turning_since
    if turning_since is None or turning_since > facts.now:
        return replace(looked, turning_since=facts.now)
    if facts.now - turning_since < LASTS:
        return looked
    return replace(looked, since=_began_at(facts, silent) if before.since is None else None, turning_since=None)


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    if facts.watch.since is not None:
        silent, expected = facts.watch.silent, facts.watch.expected
        counts: dict[str, Figure] = {"silent": len(silent), "expected": len(expected)}
        case = "all" if len(silent) >= len(expected) else "some"
        figures = {**counts, "vehicles": ", ".join(silent), "case": case}
        yield Trouble(TroubleKind.OUTAGE, since=facts.watch.since, figures=figures)


def _expected(before: FleetWatch, facts: FleetFacts) -> tuple[str, ...]:
    """The buses that should report: on a trip lately, or assigned. If all are silent, lately before the last one's report."""
    on_trip = {vehicle_id: state for vehicle_id, state in facts.states.items() if state.matched.status in WITH_TRIP}
    last = max((state.report.received_at for state in on_trip.values()), default=None)
    since = facts.now - EXPECTED_FOR
    if last is not None and SILENT_AGE < facts.now - last <= REMEMBERED:
        since = last - EXPECTED_FOR
    expected = {vehicle_id for vehicle_id, state in on_trip.items() if state.report.received_at >= since}
    expected |= {vehicle_id for vehicle_id in facts.hints if _was_heard(facts, vehicle_id)}
    if before.since is not None:  # buses silent since this outage stay expected while it lasts
        expected |= {vehicle_id for vehicle_id in before.silent if _is_silent(facts, vehicle_id)}
    return tuple(sorted(expected & facts.vehicles))


def _was_heard(facts: FleetFacts, vehicle_id: str) -> bool:
    state = facts.states.get(vehicle_id)
    return state is not None and facts.now - state.report.received_at <= REMEMBERED


def _is_silent(facts: FleetFacts, vehicle_id: str) -> bool:
    state = facts.states.get(vehicle_id)
    return state is None or is_silent(state, facts.now)


def _is_outage(looked: FleetWatch) -> bool:
    silent, expected = len(looked.silent), len(looked.expected)
    return 0 < silent == expected or (silent >= LEAST and silent >= BEGINS_SHARE * expected)


def _is_over(looked: FleetWatch) -> bool:
    return len(looked.silent) < ENDS_SHARE * len(looked.expected) or not looked.expected


def _began_at(facts: FleetFacts, silent: tuple[str, ...]) -> datetime:
    """When the last of the silent buses reported."""
    heard = [facts.states[vehicle_id].report.received_at for vehicle_id in silent if vehicle_id in facts.states]
    return max(heard, default=facts.now)
