"""The page on which dispatchers assign buses to routes and trips, with the observed route beside each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.operations.suggestions import Suggestion, suggestions
from transit.plan.network import Network, Route
from transit.plan.service_day import moment, service_day_start
from transit.store import assignments as store
from transit.store.assignments import Assignment, Duty, EndReason, Overlap
from transit.store.database import Connection, writing
from transit.store.trackers import load_tracker_map
from transit.store.vehicles import load_vehicle_ids
from web.access import audit, current_person
from web.answers import the_network
from web.boards.running import is_running
from web.words import names, phrasing
from web.world import world

pages = Blueprint("assignment_pages", __name__)
DAY_ENDS_S = 27 * 3600  # 03:00 of the next morning, when no bus drives; a shift over midnight belongs to its day
SUGGESTED_FROM = timedelta(days=8)  # a week and today
DUTIES = {"off": Duty.OFF, "repair": Duty.REPAIR}  # what a select offers beside the routes


@dataclass(frozen=True)
class VehicleRow:
    vehicle_id: str
    current: Assignment | None
    seen: Route | None  # the route to which it is matched now
    suggestion: Suggestion | None
    chosen: str  # of the select: a route_id, "off", "repair", or empty for the matcher
    trip: str
    error: str = ""


@dataclass
class Changes:
    """The typed rows and their errors."""

    rows: dict[str, tuple[str, str]] = field(default_factory=dict)  # vehicle -> select, trip
    errors: dict[str, str] = field(default_factory=dict)


@pages.get("/armada/penugasan")
def form() -> Response:
    network, now = the_network(), world().now()
    with world().engine.connect() as connection:
        fill = _filled(connection, network, now, request.args.get("isi", ""))
        return _page(connection, network, Changes(rows=fill), {}, 200)


def _filled(connection: Connection, network: Network, now: datetime, how: str) -> dict[str, tuple[str, str]]:
    """Values to fill the form with: yesterday's assignments, or the suggestions. Stores nothing."""
    if how == "kemarin":
        today = service_start(network, now)
        history = store.load_history(connection, today - timedelta(days=1), today)
        kept = [row for row in history if row.reason not in (EndReason.CHANGED, EndReason.MISTAKE, EndReason.REPLACED)]
        return {row.vehicle_id: (_choice_of(row), "") for row in kept if row.duty is not Duty.TRIP}
    if how == "saran":
        made = suggestions(network, store.days_on_trips(connection, now - SUGGESTED_FROM))
        return {vehicle_id: (row.route_id, "") for vehicle_id, row in made.items()}
    return {}


def service_start(network: Network, now: datetime) -> datetime:
    """The begin of the present service day, taken as 03:00."""
    local = (now - timedelta(seconds=DAY_ENDS_S - 24 * 3600)).astimezone(ZoneInfo(network.timezone)).date()
    return service_day_start(local, network.timezone) + timedelta(seconds=DAY_ENDS_S - 24 * 3600)


def service_end(network: Network, now: datetime) -> datetime:
    local = (now - timedelta(seconds=DAY_ENDS_S - 24 * 3600)).astimezone(ZoneInfo(network.timezone)).date()
    return moment(local, DAY_ENDS_S, network.timezone)


def _choice_of(row: Assignment | None) -> str:
    if row is None or row.duty is Duty.TRIP:
        return ""
    return row.route_id or "" if row.duty is Duty.ROUTE else str(row.duty)


def _page(connection: Connection, network: Network, changes: Changes, values: Mapping[str, str], status: int) -> Response:
    now = world().now()
    in_force = store.assignments_in_force(connection, now)
    to_come = [row for row in store.load_current(connection, now) if row.starts_at > now]
    made = suggestions(network, store.days_on_trips(connection, now - SUGGESTED_FROM))
    rows = []
    for vehicle_id in vehicles_of(connection):
        current = in_force.get(vehicle_id)
        trip = current.trip_id if current is not None and current.trip_id else ""
        chosen, typed = changes.rows.get(vehicle_id, (_choice_of(current), trip))
        rows.append(
            VehicleRow(
                vehicle_id=vehicle_id,
                current=current,
                seen=_seen(network, vehicle_id, now),
                suggestion=made.get(vehicle_id),
                chosen=chosen,
                trip=typed,
                error=changes.errors.get(vehicle_id, ""),
            )
        )
    html = render_template(
        "assignments.html",
        rows=rows,
        to_come=to_come,
        routes=network.routes.values(),
        trips=[trip for trip in network.trips.values() if not network.is_headway_based(trip.trip_id)],
        reasons=[reason for reason in EndReason if reason not in (EndReason.CHANGED, EndReason.REPLACED)],
        errors=changes.errors,
        values=values,
        ends_at=service_end(network, now),
    )
    return make_response(html, status)


def vehicles_of(connection: Connection) -> list[str]:
    """The vehicle_ids that were ever heard or have a tracker."""
    return sorted({*load_vehicle_ids(connection), *load_tracker_map(connection).values()})


def _seen(network: Network, vehicle_id: str, now: datetime) -> Route | None:
    state = world().states.get(vehicle_id)
    if state is None or state.matched.trip is None or not is_running(network, state, now):
        return None
    trip = network.trips.get(state.matched.trip.trip_id)
    return None if trip is None else network.routes[trip.route_id]


@pages.post("/armada/penugasan")
def save() -> Response:
    """Saves all rows at once; only those that differ from the assignments in force are changed."""
    network, now, person = the_network(), world().now(), current_person()
    changes = Changes()
    starts_at = _time(network, "starts_at", now, now, changes)
    ends_at = _time(network, "ends_at", service_end(network, now), now, changes)
    if starts_at >= ends_at:
        changes.errors["ends_at"] = gettext("The end is before the beginning.")
    with writing(world().engine) as connection:
        in_force, known = store.assignments_in_force(connection, now), vehicles_of(connection)
        wanted = _wanted(in_force)
        changes.rows = wanted
        for vehicle_id, (chosen, trip) in wanted.items():
            error = _objection(connection, network, vehicle_id, chosen, trip, known, starts_at, ends_at)
            if error:
                changes.errors[vehicle_id] = error
        if changes.errors:
            return _page(connection, network, changes, request.form, 422)
        by = person.name if person else ""
        for vehicle_id, (chosen, trip) in wanted.items():
            _give(connection, network, vehicle_id, chosen, trip, in_force.get(vehicle_id), starts_at, ends_at, by)
    return redirect("/armada/penugasan", 303)  # type: ignore[return-value]


def _wanted(in_force: Mapping[str, Assignment]) -> dict[str, tuple[str, str]]:
    """The rows of the form that differ from the assignments in force."""
    wanted = {}
    for name in request.form:
        if name.startswith("what-"):
            vehicle_id = name.removeprefix("what-")
            chosen, trip = request.form[name], request.form.get(f"trip-{vehicle_id}", "").strip()
            current = in_force.get(vehicle_id)
            if chosen and current is not None and trip == current.trip_id:
                trip = ""  # the route was changed, and the trip field still has the old trip
            if (chosen, trip) != (_choice_of(current), current.trip_id or "" if current else ""):
                wanted[vehicle_id] = (chosen, trip)
    return wanted


def _time(network: Network, name: str, otherwise: datetime, now: datetime, changes: Changes) -> datetime:
    """The value of a datetime-local field in the network's time zone; `otherwise` where empty. Adds errors to `changes`."""
    text = request.form.get(name, "").strip()
    if not text:
        return otherwise
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(network.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        changes.errors[name] = gettext("“%(text)s” is no time; choose day and time, or leave it empty.", text=text[:40])
        return otherwise
    if at < now - timedelta(minutes=1):
        changes.errors[name] = gettext("This time has passed already; choose a later one, or leave it empty.")
    return at


def _objection(
    connection: Connection,
    network: Network,
    vehicle_id: str,
    chosen: str,
    trip: str,
    known: list[str],
    starts_at: datetime,
    ends_at: datetime,
) -> str:
    """What is wrong with one row and what to do; empty where it is right."""
    if vehicle_id not in known:
        return gettext("There is no bus “%(bus)s”; put a tracker on it first.", bus=vehicle_id[:40])
    if trip and trip not in network.trips:
        return gettext("There is no trip “%(id)s”; its id stands in the address of its page.", id=trip[:40])
    if not trip and chosen not in ("", *DUTIES) and chosen not in network.routes:
        return gettext("There is no route “%(id)s” any more; choose one of the list.", id=chosen[:40])
    current = store.assignments_in_force(connection, world().now()).get(vehicle_id)
    drives = bool(trip) or (chosen != "" and chosen not in DUTIES)
    if drives and current is not None and current.duty is Duty.REPAIR:
        return gettext("%(bus)s is in repair. End the repair first, below.", bus=vehicle_id)
    but = current.assignment_id if current is not None else None
    other = store.find_overlap(connection, vehicle_id, starts_at, ends_at, but=but)
    if (chosen or trip) and other is not None:
        time = phrasing.moment(other.starts_at, world().now())
        return gettext("%(bus)s has another assignment from %(time)s; end it first, below.", bus=vehicle_id, time=time)
    if trip:
        rivals = [row for row in store.load_current(connection, world().now()) if row.trip_id == trip]
        rivals = [row for row in rivals if row.vehicle_id != vehicle_id and row.starts_at < ends_at]
        if rivals:
            return gettext("%(bus)s runs this trip already; replace it below.", bus=rivals[0].vehicle_id)
    return ""


def _give(
    connection: Connection,
    network: Network,
    vehicle_id: str,
    chosen: str,
    trip: str,
    current: Assignment | None,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
) -> None:
    now = world().now()
    before = described(network, current)
    if current is not None:
        store.end_assignment(connection, current.assignment_id, EndReason.CHANGED, by=by, now=now)
    if trip:
        duty, route_id = Duty.TRIP, network.trips[trip].route_id
    else:
        duty, route_id = DUTIES.get(chosen, Duty.ROUTE), chosen if chosen not in DUTIES else ""
    if chosen or trip:
        try:
            store.give(
                connection,
                vehicle_id,
                duty,
                route_id or None,
                trip or None,
                starts_at=starts_at,
                ends_at=ends_at,
                by=by,
                now=now,
            )
        except Overlap:  # somebody else assigned it at the same moment
            abort(409)
    audit(connection, "assigned", vehicle_id, before=before, after=trip or chosen)


def described(network: Network, row: Assignment | None) -> str:
    if row is None:
        return ""
    return (
        row.trip_id
        or (
            row.route_id and names.route_name(network.routes[row.route_id]) if row.route_id in network.routes else str(row.duty)
        )
        or ""
    )


@pages.post("/armada/penugasan/<int:assignment_id>/akhiri")
def end(assignment_id: int) -> Response:
    network, now, person = the_network(), world().now(), current_person()
    reason = request.form.get("reason", "")
    with writing(world().engine) as connection:
        if reason not in list(EndReason):
            changes = Changes(errors={"reason": gettext("Choose why the assignment ends.")})
            return _page(connection, network, changes, {"ending": str(assignment_id)}, 422)
        row = next((row for row in store.load_current(connection, now) if row.assignment_id == assignment_id), None)
        if row is None:
            abort(404)
        store.end_assignment(connection, assignment_id, EndReason(reason), by=person.name if person else "", now=now)
        audit(connection, "assignment_ended", row.vehicle_id, before=described(network, row), why=reason)
    return redirect("/armada/penugasan", 303)  # type: ignore[return-value]


@pages.post("/armada/penugasan/ganti")
def swap() -> Response:
    """A bus takes over what another one runs, with its departure order."""
    network, now, person = the_network(), world().now(), current_person()
    vehicle_id, other = (request.form.get(name, "").strip() for name in ("vehicle", "other"))
    with writing(world().engine) as connection:
        known = vehicles_of(connection)
        current = store.assignments_in_force(connection, now).get(vehicle_id)
        errors = {}
        if other not in known or other == vehicle_id:
            errors["other"] = gettext("Choose another bus of the list.")
        elif store.find_overlap(connection, other, now, current.ends_at if current else None) is not None:
            errors["other"] = gettext("%(bus)s has an assignment of its own; end it first.", bus=other)
        elif not store.replace_vehicle(connection, vehicle_id, other, by=person.name if person else "", now=now):
            errors["vehicle"] = gettext("Nothing is said of %(bus)s: there is nothing to take over.", bus=vehicle_id[:40])
        if errors:
            return _page(connection, network, Changes(errors=errors), request.form, 422)
        audit(connection, "replaced", vehicle_id, before=vehicle_id, after=other)
    return redirect("/armada/penugasan", 303)  # type: ignore[return-value]
