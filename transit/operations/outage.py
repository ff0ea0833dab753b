"""Whether the fleet has fallen silent: which buses should report and do not. The thresholds are for a fleet of a few buses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from transit.operations.facts import FleetFacts
from transit.operations.service_hours import is_in_service_for
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.operations.watch import FleetWatch
from transit.tracking.ages import SILENT_AGE
from transit.tracking.state import WITH_TRIP, is_silent

EXPECTED_FOR = timedelta(minutes=10)  # a bus on a trip within this time should report
LASTS = timedelta(seconds=60)  # how long an outage, or its end, must last before it counts
BEGINS_SHARE = 1 / 2
ENDS_SHARE = 1 / 3
LEAST = 2  # fewest silent buses that make an outage while others report
DAY_OF_SERVICE = timedelta(hours=12)  # a bus not heard for longer has not been out today


def watch(before: FleetWatch, facts: FleetFacts) -> FleetWatch:
    """The watch after one more look. To be called about once a second."""
    if facts.network is None or not is_in_service_for(facts.network, facts.now, SILENT_AGE):
        return FleetWatch()
    expected = _expected(before, facts)
    silent = tuple(vehicle_id for vehicle_id in expected if _is_silent(facts, vehicle_id))
    last_heard_at = _last_heard_at(facts, silent)
    looked = replace(before, expected=expected, silent=silent, last_heard_at=last_heard_at)
    if not (_is_outage(looked) if before.since is None else _is_over(looked)):
        return replace(looked, turning_since=None)
    turning_since = before.turning_since
    if turning_since is None or turning_since > facts.now:
        return replace(looked, turning_since=facts.now)
    if facts.now - turning_since < LASTS:
        return looked
    return replace(looked, since=(last_heard_at or facts.now) if before.since is None else None, turning_since=None)


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    watch = facts.watch
    if watch.missing_since is not None:
        counts: dict[str, Figure] = {"silent": len(watch.silent), "expected": len(watch.expected)}
        figures = {**counts, "vehicles": ", ".join(watch.silent), "case": _case(facts)}
        yield Trouble(TroubleKind.OUTAGE, since=watch.missing_since, figures=figures)


def _case(facts: FleetFacts) -> str:
    """Whether all are silent or some; and whether they are heard all the same, so that what they send is refused."""
    extent = "all" if facts.watch.is_whole else "some"
    return f"{extent}_refused" if all(_is_heard(facts, vehicle_id) for vehicle_id in facts.watch.silent) else extent


def _is_heard(facts: FleetFacts, vehicle_id: str) -> bool:
    """Whether anything came in of a vehicle's trackers lately, whatever became of it."""
    heard = [row.last_received_at for row in facts.trackers if row.vehicle_id == vehicle_id]
    return any(at is not None and facts.now - at <= SILENT_AGE for at in heard)


def _expected(before: FleetWatch, facts: FleetFacts) -> tuple[str, ...]:
    """The buses that should report: on a trip lately, or assigned. Not those that a dispatcher marked as off or in repair.

    Where no bus is heard at all, lately is before the last report, however long ago: that is the fleet which ran last. An
    assigned bus that was not heard for DAY_OF_SERVICE counts there only: beside others it is one that stays in the depot.
    """
    on_trip = {vehicle_id: state for vehicle_id, state in facts.states.items() if state.matched.status in WITH_TRIP}
    nobody_is_heard = all(is_silent(state, facts.now) for state in facts.states.values())
    heard_at = [state.report.received_at for state in on_trip.values()]
    until = max(heard_at) if nobody_is_heard and heard_at else facts.now
    expected = {vehicle_id for vehicle_id in on_trip if _was_heard(facts, vehicle_id, until - EXPECTED_FOR)}
    assigned_since = datetime.min.replace(tzinfo=UTC) if nobody_is_heard else facts.now - DAY_OF_SERVICE
    expected |= {vehicle_id for vehicle_id in facts.hints if _was_heard(facts, vehicle_id, assigned_since)}
    if before.since is not None:  # buses silent since this outage stay expected while it lasts
        expected |= {vehicle_id for vehicle_id in before.silent if _is_silent(facts, vehicle_id)}
    return tuple(sorted(expected & facts.vehicles - facts.idle))


def _was_heard(facts: FleetFacts, vehicle_id: str, since: datetime) -> bool:
    state = facts.states.get(vehicle_id)
    return state is not None and state.report.received_at >= since


def _is_silent(facts: FleetFacts, vehicle_id: str) -> bool:
    state = facts.states.get(vehicle_id)
    return state is None or is_silent(state, facts.now)


def _is_outage(looked: FleetWatch) -> bool:
    silent, expected = len(looked.silent), len(looked.expected)
    return 0 < silent == expected or (silent >= LEAST and silent >= BEGINS_SHARE * expected)


def _is_over(looked: FleetWatch) -> bool:
    return len(looked.silent) < ENDS_SHARE * len(looked.expected) or not looked.expected


def _last_heard_at(facts: FleetFacts, silent: tuple[str, ...]) -> datetime | None:
    heard = [facts.states[vehicle_id].report.received_at for vehicle_id in silent if vehicle_id in facts.states]
    return max(heard, default=None)
