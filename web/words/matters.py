"""The inbox in words: the first step to solve a matter, and its handling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask_babel import gettext

from transit.operations.matters import DeedKind, Handling, MatterState
from transit.operations.troubles import Trouble
from transit.operations.troubles import TroubleKind as Kind
from web.words import phrasing

ASSIGN, CHANGE, TELL, TRACKERS, REPORTS = (
    "/armada/penugasan",
    "/armada/gangguan",
    "/armada/pengumuman",
    "/armada/pelacak",
    "/armada/laporan",
)
ADJUSTED = ("trip-", "departure-", "suspend-", "day-", "stop-", "short-", "detour-")  # how ids of changes begin
OF_ASSIGNMENTS = {
    Kind.LOOSE, Kind.NEVER_ON_TRIP, Kind.PARKED, Kind.ASSIGNED_WITHOUT_TRACKER, Kind.ASSIGNMENT_UNKNOWN,
    Kind.ASSIGNMENT_NOT_TODAY, Kind.ASSIGNMENT_OVERRULED, Kind.DEPARTURE_WITHOUT_TRIP,
}  # fmt: skip
OF_CHANGES = {Kind.LINE_LEFT, Kind.DEPARTURE_WITHOUT_TRACKER, Kind.DEPARTURE_UNSEEN, Kind.DEPARTURE_OVERDUE}
OF_NOBODY = {  # what stands in no page of the console: the sentence says what to do
    Kind.PART_FAULT, Kind.MESSAGES_LOST, Kind.PART_RESTARTED, Kind.NO_NETWORK, Kind.FEED_EMPTY, Kind.FEED_EXPIRED,
    Kind.FEED_EXPIRES, Kind.OUR_CLOCK_WRONG, Kind.OUR_CLOCK_STEPPED, Kind.RUNS_EARLY, Kind.RUNS_LATE,
    Kind.DATABASE_UNKNOWN, Kind.DATABASE_AWAY, Kind.STORED_LOST, Kind.DATA_DIR_READ_ONLY, Kind.DISK_FULL, Kind.BROKER_URL_WRONG,
    Kind.BROKER_AWAY, Kind.BROKER_IS_NONE, Kind.BROKER_REFUSES_US, Kind.LIVE_NEVER_RAN, Kind.LIVE_STOPPED, Kind.OFFERED_OPENLY,
}  # fmt: skip


@dataclass(frozen=True)
class NextStep:
    """A button that leads to the form that does it."""

    address: str
    text: str


def vehicle_of(trouble: Trouble) -> str:
    """The vehicle_id that a trouble is about, from its subject or figures; empty without one."""
    return str(trouble.figures.get("vehicle", trouble.subject))


def first_step(trouble: Trouble) -> NextStep | None:
    """The page that helps with a trouble; None where no page of the console does."""
    kind, route_id = trouble.kind, str(trouble.figures.get("route_id", ""))
    if kind in OF_NOBODY:
        return None
    if kind in OF_ASSIGNMENTS:
        return NextStep(f"{ASSIGN}#what-{quote(vehicle_of(trouble))}", gettext("Assign it"))
    if kind in OF_CHANGES:
        return NextStep(CHANGE, gettext("Change what runs"))
    special = {
        Kind.NOTICE_ENDS: lambda: _of_notice(trouble.subject),
        Kind.GHOST: lambda: NextStep(_form("departure"), gettext("Call the departure off")),
        Kind.BUNCHED: lambda: NextStep(_form("hold", vehicle=trouble.subject), _hold(trouble.subject)),
        Kind.GAP: lambda: NextStep(_form("hold", vehicle=_ahead(trouble)), _hold(_ahead(trouble))),
        Kind.OFF_LINE: lambda: NextStep(f"{CHANGE}?{urlencode({'rute': route_id})}", gettext("Tell of a detour")),
        Kind.TICKET_WAITS: lambda: NextStep(f"{REPORTS}#t{quote(trouble.subject)}", gettext("Answer it")),
        Kind.RUNS_IN_SPITE: lambda: NextStep(TELL, gettext("Look at the notice")),
        Kind.JAM: lambda: NextStep(TELL, gettext("Tell riders")),
        Kind.STANDING: lambda: NextStep(f"/armada/bus/{quote(trouble.subject, safe='')}", gettext("Look at the bus")),
    }.get(kind)
    return special() if special is not None else NextStep(TRACKERS, gettext("Look at the trackers"))


def _form(kind: str, **values: str) -> str:
    return f"{CHANGE}?{urlencode({'jenis': kind, **values})}#{kind}"


def _ahead(trouble: Trouble) -> str:
    return str(trouble.figures.get("ahead", ""))


def _hold(vehicle_id: str) -> str:
    return gettext("Hold %(bus)s", bus=vehicle_id)


def _of_notice(alert_id: str) -> NextStep:
    if alert_id.startswith(ADJUSTED):
        return NextStep(CHANGE, gettext("Look at the change"))
    return NextStep(f"{TELL}/{quote(alert_id, safe='')}", gettext("Change the notice"))


def stand_word(stand: MatterState) -> str:
    """Who did what about a matter; empty where nobody did anything."""
    deed = stand.deed
    if deed is None:
        return gettext("over by itself") if stand.handling is Handling.OVER else ""
    who = {"person": deed.person, "time": phrasing.clock(deed.at)}
    if stand.handling is Handling.CLOSED:
        return gettext("closed by %(person)s at %(time)s: %(why)s", why=deed.why, **who)
    if stand.handling is Handling.SNOOZED and deed.until is not None:
        return gettext("put off by %(person)s until %(until)s", until=phrasing.clock(deed.until), person=deed.person)
    if stand.handling is Handling.OVER:
        return gettext("over by itself")
    return gettext("taken by %(person)s at %(time)s", **who)


def deed_sentence(kind: DeedKind) -> str:
    words: Mapping[DeedKind, str] = {
        DeedKind.TAKE: gettext("took it"),
        DeedKind.SNOOZE: gettext("put it off"),
        DeedKind.CLOSE: gettext("closed it"),
        DeedKind.UNDO: gettext("took back the last deed"),
    }
    return words[kind]


def section_word(name: str) -> str:
    """The heading of a part of the note that a shift hands over."""
    return {
        "assignments": gettext("Which bus ran what"),
        "silent": gettext("Silent buses"),
        "notices": gettext("What riders were told"),
        "changes": gettext("What did not run as planned"),
        "advice": gettext("Advice on holding"),
        "matters": gettext("Still open"),
        "tickets": gettext("Reports of riders"),
        "note": gettext("For the next shift"),
    }.get(name, name)
