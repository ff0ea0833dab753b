"""Troubles with single trackers, except their clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from transit.operations import clocks, evidence
from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.operations.complaints import ABOUT_A_FIELD
from transit.operations.facts import FleetFacts
from transit.operations.recent_outcomes import ASIDE, TAKEN, TIME_AGAIN
from transit.operations.service_hours import is_in_service, is_in_service_for
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.tracking.report import Rejection
from transit.tracking.state import WITH_TRIP

SWITCHED_ON = timedelta(minutes=1)  # between putting a tracker on a vehicle and its first report
REFUSED_LATELY = timedelta(minutes=15)  # refusals before this are over: a refused tracker tries again every few minutes
FIELD_TOLD_FOR = timedelta(minutes=5)  # how long after its last occurrence a wrong field is told
RIGHT_AGAIN = 10  # accepted reports in a row that end every trouble about refusals
LEAST = 6  # fewest reports of which a share is told
ON_TRIP_WITHIN = timedelta(hours=1)  # a bus in service that reports all the time is on a trip at least once in this time
HEARD_NOW = timedelta(minutes=5)
FIX_OLD = timedelta(minutes=10)  # beyond it riders have not seen the bus for a while
WITH_THE_OTHERS = timedelta(minutes=10)  # a tracker last heard at most this long before an outage belongs to the outage
TIME_REASONS = ("future", "too_old")  # told as the clock's trouble, where that is known
NOT_A_FAULT = ("unmapped", "out_of_order", "other_tracker", "no_network", *ASIDE)  # told elsewhere, or part of a late buffer
TOLD_BY_REASON = frozenset({*Rejection, "error"}) - {Rejection.OUT_OF_RANGE}  # of others the complaint says more
UNREADABLE = "unreadable"  # figures["case"] of reports whose payload cannot be read; the complaint says why
SERVER = "traccar/"  # begins the topic of a Traccar server, under which counts what names no device
UNKNOWN = "(unknown)"  # counts messages on topics that name no tracker


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    ours_s = clocks.our_error_s(facts.trackers, facts.now)
    in_service = facts.network is not None and is_in_service(facts.network, facts.now)
    names = _Names(facts)
    for row in facts.trackers:
        clock = clocks.tracker_trouble(row, ours_s, facts)
        time_is_told = clock is not None or ours_s != 0.0
        if row.tracker_id == UNKNOWN:
            yield from _unknown_topics(row, facts.now)
            continue
        if row.vehicle_id is None:
            yield from _without_vehicle(row, facts.now, names)
        else:
            yield from _on_vehicle(row, facts, names, in_service)
            if not time_is_told:
                yield from _fixes_old(row, facts.now)
        if clock is None and row.recent.since(facts.now - REFUSED_LATELY)[TIME_AGAIN]:
            yield Trouble(TroubleKind.CLOCK_SET_BACK, row.tracker_id, row.last_received_at)
        yield from _refused(row, facts, time_is_told)


def _unknown_topics(row: TrackerHealth, now: datetime) -> Iterator[Trouble]:
    if row.last_error is not None and _is_within(row.last_error_at, REFUSED_LATELY, now):
        yield Trouble(TroubleKind.UNKNOWN_TOPIC, "", row.last_error_at, {"said": row.last_error})


class _Names:
    """Which trackers were never heard, and what reports in their place: on no vehicle, under nearly the same name."""

    def __init__(self, facts: FleetFacts) -> None:
        self.never_heard = {row.tracker_id for row in facts.trackers if _is_never_heard(row, facts)}
        awaited = {_letters(tracker_id) for tracker_id in self.never_heard} - {""}
        strangers = [row.tracker_id for row in facts.trackers if row.vehicle_id is None and row.is_heard(facts.now)]
        self._by_letters = {_letters(tracker_id): tracker_id for tracker_id in strangers if _letters(tracker_id) in awaited}

    def alike(self, tracker_id: str) -> str:
        """The tracker on no vehicle that is called nearly so; "" where there is none."""
        return self._by_letters.get(_letters(tracker_id), "")


def _letters(tracker_id: str) -> str:
    """A name without capitals, dashes and the like."""
    return "".join(letter for letter in tracker_id.casefold() if letter.isalnum())


def _without_vehicle(row: TrackerHealth, now: datetime, names: _Names) -> Iterator[Trouble]:
    is_server = row.tracker_id.startswith(SERVER) and row.last_fix_at is None
    if row.is_heard(now) and not is_server and names.alike(row.tracker_id) != row.tracker_id:  # else it is told in its place
        yield Trouble(TroubleKind.UNMAPPED, row.tracker_id, row.last_received_at)


def _never_heard(row: TrackerHealth, names: _Names, vehicle: Mapping[str, Figure]) -> Iterator[Trouble]:
    if row.tracker_id in names.never_heard:
        alike = names.alike(row.tracker_id)
        figures = {**vehicle, "alike": alike, "case": "alike"} if alike else vehicle
        yield Trouble(TroubleKind.NEVER_HEARD, row.tracker_id, row.mapped_at, figures)


def _is_never_heard(row: TrackerHealth, facts: FleetFacts) -> bool:
    """Of a tracker on a vehicle. Not where the broker is said to refuse it by its name."""
    is_new = row.mapped_at is None or abs(facts.now - row.mapped_at) < SWITCHED_ON
    if row.vehicle_id is None or row.last_received_at is not None or is_new:
        return False
    return not any(_is_of(refusals, row, facts.now) for refusals in facts.broker_refusals)


def _is_of(refusals: BrokerRefusals, row: TrackerHealth, now: datetime) -> bool:
    """Whether the broker refused this tracker lately, as far as names show it: a user, a client id of ours, a topic."""
    names = (row.tracker_id, row.tracker_id.replace("/", "-"))
    topic = refusals.said if refusals.cause is RefusalCause.STRANGE_TOPIC else ""
    is_named = refusals.client in names or f"/{row.tracker_id}/" in f"/{topic}/"
    return is_named and _is_within(refusals.last_at, REFUSED_LATELY, now)


def _no_position(row: TrackerHealth, facts: FleetFacts, vehicle: Mapping[str, Figure]) -> Iterator[Trouble]:
    """A tracker that lives and says nothing of where it is: no fix, or an app that may not use the location."""
    known_since, now = row.last_fix_at or row.first_received_at, facts.now
    if known_since is None or not _is_within(row.last_received_at, HEARD_NOW, now) or row.recent.since(now - REFUSED_LATELY):
        return
    if now - known_since > HEARD_NOW:
        yield Trouble(TroubleKind.NO_POSITION, row.tracker_id, known_since, vehicle)


def _on_vehicle(row: TrackerHealth, facts: FleetFacts, names: _Names, in_service: bool) -> Iterator[Trouble]:
    assert row.vehicle_id is not None
    now = facts.now
    vehicle: dict[str, Figure] = {"vehicle": row.vehicle_id}
    if row.shared_with and row.tracker_id < min(row.shared_with):  # once for all of them
        yield Trouble(TroubleKind.SHARED_VEHICLE, row.tracker_id, figures={"others": ", ".join(row.shared_with), **vehicle})
    if row.last_received_at is None:
        yield from _never_heard(row, names, vehicle)
        return
    if in_service and row.vehicle_id not in facts.idle:
        yield from _no_position(row, facts, vehicle)  # within an outage, too: it says why nothing is seen of the bus
        if not _is_told_of_all(row, facts):
            yield from _silent(row, facts, (now - row.last_received_at).total_seconds(), vehicle)
    if in_service and row.vehicle_id not in {*facts.idle, *facts.loose} and _is_never_on_a_trip(row, now):
        yield Trouble(TroubleKind.NEVER_ON_TRIP, row.tracker_id, row.last_received_at, vehicle)


def _silent(row: TrackerHealth, facts: FleetFacts, age_s: float, vehicle: Mapping[str, Figure]) -> Iterator[Trouble]:
    """The silence of one tracker; on a trip it is told earlier, elsewhere the bus may have been switched off."""
    limits, state = facts.limits, facts.states.get(row.vehicle_id or "")
    on_trip = state is not None and state.matched.trip is not None
    kind, least_s = TroubleKind.SILENT, limits.silent_s
    if age_s <= limits.silent_s:
        kind, least_s = TroubleKind.FALLS_SILENT, limits.falls_silent_s
    is_missed = facts.network is not None and is_in_service_for(facts.network, facts.now, timedelta(seconds=least_s))
    if age_s > least_s and is_missed and (on_trip or kind is TroubleKind.SILENT):
        yield Trouble(kind, row.tracker_id, row.last_received_at, {"age_s": age_s, **vehicle})


def _fixes_old(row: TrackerHealth, now: datetime) -> Iterator[Trouble]:
    """A tracker that is heard and never says where its vehicle is now: it sends late, or its clock loses time unsteadily."""
    heard_at, fix_at = row.last_received_at, row.last_fix_at
    if heard_at is None or fix_at is None or not _is_within(heard_at, HEARD_NOW, now) or now - fix_at <= FIX_OLD:
        return
    lately = row.recent.since(now - REFUSED_LATELY)
    if sum(count for outcome, count in lately.items() if outcome in TAKEN) >= LEAST:
        figures: dict[str, Figure] = {"vehicle": row.vehicle_id or "", "old_s": (now - fix_at).total_seconds()}
        yield Trouble(TroubleKind.FIXES_OLD, row.tracker_id, heard_at, figures)


def _is_told_of_all(row: TrackerHealth, facts: FleetFacts) -> bool:
    """Whether the tracker is silent as part of an outage, which is told once for the fleet."""
    since = facts.watch.since
    if since is None or row.last_received_at is None:
        return False
    return row.vehicle_id in facts.watch.silent or row.last_received_at >= since - WITH_THE_OTHERS


def _is_never_on_a_trip(row: TrackerHealth, now: datetime) -> bool:
    """Whether its reports were accepted throughout ON_TRIP_WITHIN and none was on a trip."""
    hour = row.recent.since(now - ON_TRIP_WITHIN)
    began = min((start for start, counts in row.recent.windows.items() if TAKEN & counts.keys()), default=None)
    if began is None or now.timestamp() - began < ON_TRIP_WITHIN.total_seconds():
        return False
    lately = row.recent.since(now - REFUSED_LATELY)
    return bool(TAKEN & lately.keys()) and not WITH_TRIP & hour.keys()


def _refused(row: TrackerHealth, facts: FleetFacts, time_is_told: bool) -> Iterator[Trouble]:
    now = facts.now
    lately = row.recent.since(now - REFUSED_LATELY)
    yield from _field_unusable(row, now)
    if row.recent.taken_in_a_row >= RIGHT_AGAIN:
        return
    skipped = {*NOT_A_FAULT, *(TIME_REASONS if time_is_told or _is_right_again(row) else ())}
    if row.vehicle_id is None or row.shared_with or evidence.explains_jumps(row, facts):
        skipped.add("jump")
    refused = {reason: count for reason, count in lately.items() if reason not in TAKEN | skipped}
    counted = sum(count for outcome, count in lately.items() if outcome in TAKEN) + sum(refused.values())
    if refused and counted >= LEAST and 2 * sum(refused.values()) > counted:
        reason = max(refused, key=lambda outcome: (refused[outcome], outcome))
        share = sum(refused.values()) / counted
        figures: dict[str, Figure] = {"case": reason, "refused_share": share, "count": counted}
        if row.last_error is not None and reason not in TOLD_BY_REASON and row.last_error.reason in refused:
            figures |= {"case": UNREADABLE, "said": row.last_error}
        yield Trouble(TroubleKind.MOSTLY_REFUSED, row.tracker_id, row.last_received_at, figures)
    elif (
        row.last_error is not None
        and row.last_error.kind not in ABOUT_A_FIELD
        and _is_within(row.last_error_at, REFUSED_LATELY, now)
    ):
        yield Trouble(TroubleKind.SOME_REFUSED, row.tracker_id, row.last_error_at, {"said": row.last_error})


def _is_right_again(row: TrackerHealth) -> bool:
    """Whether the clock was wrong when the refused reports came and is right now."""
    return row.clock_offset_s == 0.0 and row.recent.taken_in_a_row > 0


def _field_unusable(row: TrackerHealth, now: datetime) -> Iterator[Trouble]:
    is_of_a_field = row.last_error is not None and row.last_error.kind in ABOUT_A_FIELD
    if row.last_error is not None and is_of_a_field and _is_within(row.last_error_at, FIELD_TOLD_FOR, now):
        yield Trouble(TroubleKind.FIELD_UNUSABLE, row.tracker_id, row.last_error_at, {"said": row.last_error})


def _is_within(at: datetime | None, span: timedelta, now: datetime) -> bool:
    return at is not None and abs(now - at) <= span
