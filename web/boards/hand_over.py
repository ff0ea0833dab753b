"""The draft of a hand-over: assignments, notices, changes and open matters of a shift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext

from transit.arrivals.alerts import Alert
from transit.operations.matters import Handling, Matter, matter_state
from transit.operations.troubles import TroubleKind
from transit.plan.network import Network
from transit.store.advice_answers import record_of
from transit.store.alerts import load_alerts, load_past_alerts
from transit.store.assignments import Assignment, Duty, load_history
from transit.store.database import Connection
from transit.store.matters import load_matters
from transit.store.tickets import Ticket, load_tickets
from web.boards.inbox import one_row
from web.words import matters as words
from web.words import names, phrasing
from web.world import World

SECTIONS = ("assignments", "silent", "notices", "changes", "advice", "matters", "tickets", "note")  # as they are read
SILENCES = (TroubleKind.SILENT, TroubleKind.OUTAGE)
LONGEST_SHIFT = timedelta(hours=16)
TICKETS_FOR = timedelta(days=60)


def draft(world: World, network: Network, since: datetime, until: datetime) -> dict[str, str]:
    """Section -> its text, one line per item; a section without items says so."""
    with world.engine.connect() as connection:
        history = load_history(connection, since, until)
        some = load_matters(connection, since, until)
        alerts = _alerts(connection, since, until)
        advice = record_of(connection, since, until)
        tickets = load_tickets(connection, since=until - TICKETS_FOR)
    notices = [alert for alert in alerts if not alert.alert_id.startswith(words.ADJUSTED)]
    changed = [alert for alert in alerts if alert.alert_id.startswith(words.ADJUSTED) and not alert.alert_id.endswith("-halte")]
    lines = {
        "assignments": [_assignment(network, row, until) for row in history],
        "silent": [_silence(matter, until) for matter in some if matter.trouble.kind in SILENCES],
        "notices": [_alert(alert, until) for alert in notices],
        "changes": [_alert(alert, until) for alert in changed],
        "advice": [_advice(advice.applied, advice.kept, advice.declined)] if advice.applied or advice.declined else [],
        "matters": _open_matters(world, some, until),
        "tickets": _tickets(tickets, since, until),
    }
    return {**{name: "\n".join(rows) or gettext("None.") for name, rows in lines.items()}, "note": ""}


def _alerts(connection: Connection, since: datetime, until: datetime) -> list[Alert]:
    """The alerts that were active in the shift, by start."""
    some = [*load_past_alerts(connection, since, until), *load_alerts(connection, until)]
    return sorted((alert for alert in some if alert.starts_at <= until), key=lambda alert: (alert.starts_at, alert.alert_id))


def _assignment(network: Network, row: Assignment, now: datetime) -> str:
    what = {Duty.OFF: gettext("off"), Duty.REPAIR: gettext("in repair")}.get(row.duty)
    if what is None:
        route = network.routes.get(row.route_id or "")
        what = f"{names.route_name(route) if route else row.route_id or ''} {row.trip_id or ''}".strip()
    ended = "" if row.ended_at is None else gettext(", until %(time)s", time=phrasing.moment(row.ended_at, now))
    return gettext("%(time)s %(bus)s: %(what)s", time=phrasing.clock(row.starts_at), bus=row.vehicle_id, what=what) + ended


def _silence(matter: Matter, now: datetime) -> str:
    trouble = matter.trouble
    who = str(trouble.figures.get("vehicle", "")) or str(trouble.figures.get("vehicles", trouble.subject))
    since = phrasing.moment(trouble.since or matter.opened_at, now)
    if matter.cleared_at is None or matter.cleared_at > now:
        return gettext("%(bus)s: silent since %(time)s, still so", bus=who, time=since)
    return gettext("%(bus)s: silent %(since)s–%(until)s", bus=who, since=since, until=phrasing.clock(matter.cleared_at))


def _alert(alert: Alert, now: datetime) -> str:
    words_ = phrasing.text_of(alert.header)
    since = phrasing.moment(alert.starts_at, now)
    if alert.ends_at is None:
        return gettext("%(time)s %(words)s (until it is ended)", time=since, words=words_)
    return gettext("%(time)s %(words)s (until %(until)s)", time=since, words=words_, until=phrasing.moment(alert.ends_at, now))


def _advice(applied: int, kept: int, declined: int) -> str:
    return gettext(
        "%(applied)s applied, %(kept)s of them kept by the driver, %(declined)s declined",
        applied=applied,
        kept=kept,
        declined=declined,
    )


def _open_matters(world: World, some: Sequence[Matter], until: datetime) -> list[str]:
    """A line for each matter that is still open, with who took it."""
    lines = []
    for matter in some:
        stand = matter_state(matter, until)
        if stand.handling is not Handling.OVER and matter.trouble.kind is not TroubleKind.TICKET_WAITS:
            said_of_it = words.stand_word(stand)
            lines.append(f"{one_row(world, matter).wrong}{f' [{said_of_it}]' if said_of_it else ''}")
    return lines


def _tickets(tickets: Sequence[Ticket], since: datetime, until: datetime) -> list[str]:
    came = sum(since <= row.created_at <= until for row in tickets)
    answered = sum(row.answered_at is not None and since <= row.answered_at <= until for row in tickets)
    waiting = [row.ticket_id for row in tickets if row.answered_at is None]
    lines = [gettext("%(came)s came, %(answered)s were answered", came=came, answered=answered)]
    if waiting:
        lines.append(gettext("%(count)s wait for an answer: %(ids)s", count=len(waiting), ids=", ".join(waiting[:12])))
    return lines
