"""How long each kind of fact is kept, and what goes after that, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, or_, select

from transit.store.audit import forget_addresses
from transit.store.reports import forget_reports
from transit.store.tables import (
    alerts,
    current_network,
    hand_overs,
    log_in_failures,
    log_ins,
    matter_deeds,
    matters,
    network_versions,
    refusals,
    stop_events,
    tickets,
    tracker_health,
    tracker_map,
    vehicle_assignments,
)

FOR_EVER = "forever"
# Days, None = for ever. Reports and promises: a complaint of last quarter can still be looked into. Calls and the daily figures
# made of them are what a city plans with. The others: over a year, so that a yearly report can still be written.
DEFAULT_DAYS: Mapping[str, int | None] = {
    "reports": 92,
    "promises": 92,  # files, see transit.store.promises
    "record": 92,  # files, see transit.store.history: what the playback shows, most of what 500 buses take on disk
    "matters": 92,  # of the dispatchers' inbox, those that are over: as long as the playback reaches
    "calls": None,
    "tickets": 400,  # what riders reported, and what they were answered
    "notices": 400,
    "hand_overs": 400,  # notes of shifts
    "networks": 400,  # not the current one, nor the newest two
    "assignments": 400,  # those that have ended
    "log_ins": 92,  # with the networks from which deeds were done
    "trackers": 92,  # what was seen of one that is on no vehicle
}
SHORTEST_DAYS = 2  # what is of today and yesterday is still worked with
# Tables that nothing need go from, and what bounds them; a test holds that every table stands here or in FORGETTERS.
BOUNDED = {
    "current_network": "one row",
    "counters": "a row for each name",
    "learnt": "one row",
    "tracker_map": "a row for each tracker that somebody mapped",
    "vehicle_states": "a row for each vehicle",
    "departure_orders": "a row for each vehicle",
    "tracker_credentials": "a row for each user that somebody added",
    "people": "a row for each person that an admin added",
    "identities": "a row for each person that another house vouched for",
    "audit_entries": "kept for ever: some hundred deeds a day",
    "advice_answers": "kept for ever: some dozens a day of what dispatchers decided",
    "console_settings": "kept for ever: a row for each time that a supervisor changes a number",
    "service_days": "kept for ever: a row for each day",
    "crowding_taps": "twenty minutes, see web.live.process",
    "broker_refusals": "six hours, see gps_ingest.ingest.facts",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """days: of each kind of DEFAULT_DAYS; None = for ever."""

    days: Mapping[str, int | None]

    def before(self, kind: str, now: datetime) -> datetime | None:
        """What is older goes; None: nothing does."""
        days = self.days[kind]
        return None if days is None else now - timedelta(days=days)


DEFAULT = Retention(DEFAULT_DAYS)


def parse_keep_days(text: str) -> Retention:
    """`92` for reports, promises, the record and matters, or by name: `reports=31,tickets=forever`.

    Raises ValueError with the way out."""
    days = dict(DEFAULT_DAYS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, equals, value = part.partition("=")
        kinds = (kind.strip(),) if equals else ("reports", "promises", "record", "matters")
        if kinds[0] not in days:
            raise ValueError(f"KEEP_DAYS names {kinds[0]!r}; there are {', '.join(DEFAULT_DAYS)}")
        days.update(dict.fromkeys(kinds, _days(value.strip() if equals else part, part)))
    return Retention(days)


def _days(text: str, part: str) -> int | None:
    if text == FOR_EVER:
        return None
    if not text.isdigit() or int(text) < SHORTEST_DAYS:
        raise ValueError(f"KEEP_DAYS has {part!r}; give days, at least {SHORTEST_DAYS}, or {FOR_EVER}: reports=92,tickets=400")
    return int(text)


def _calls(connection: Connection, before: datetime, limit: int) -> int:
    oldest = select(stop_events.c.event_id).where(stop_events.c.arrived_at < before).order_by(stop_events.c.arrived_at)
    return connection.execute(delete(stop_events).where(stop_events.c.event_id.in_(oldest.limit(limit)))).rowcount


def _tickets(connection: Connection, before: datetime, limit: int) -> int:
    oldest = select(tickets.c.ticket_id).where(tickets.c.created_at < before).order_by(tickets.c.created_at)
    return connection.execute(delete(tickets).where(tickets.c.ticket_id.in_(oldest.limit(limit)))).rowcount


def _notices(connection: Connection, before: datetime, limit: int) -> int:
    ended = select(alerts.c.alert_id).where(alerts.c.ends_at < before).order_by(alerts.c.ends_at)
    return connection.execute(delete(alerts).where(alerts.c.alert_id.in_(ended.limit(limit)))).rowcount


def _networks(connection: Connection, before: datetime, limit: int) -> int:
    """All but the current one and the newest two: a new feed that is wrong is taken back by importing the one before."""
    table = network_versions.c
    newest = select(table.version_id).order_by(table.imported_at.desc()).limit(2)
    kept = [*connection.execute(newest).scalars(), *connection.execute(select(current_network.c.version_id)).scalars()]
    old = select(table.version_id).where(table.imported_at < before, table.version_id.not_in(kept)).limit(min(limit, 1))
    return connection.execute(delete(network_versions).where(table.version_id.in_(old))).rowcount


def _trackers(connection: Connection, before: datetime, limit: int) -> int:
    """What was seen of trackers that are on no vehicle and say nothing any more."""
    mapped = select(tracker_map.c.tracker_id)
    seen = func.coalesce(tracker_health.c.last_received_at, tracker_health.c.last_error_at, tracker_health.c.status_at)
    silent = select(tracker_health.c.tracker_id).where(
        tracker_health.c.tracker_id.not_in(mapped), or_(seen < before, seen.is_(None))
    )
    gone = connection.execute(delete(tracker_health).where(tracker_health.c.tracker_id.in_(silent.limit(limit)))).rowcount
    heard = select(tracker_health.c.tracker_id)
    of_nobody = and_(refusals.c.last_at < before, refusals.c.tracker_id.not_in(mapped), refusals.c.tracker_id.not_in(heard))
    some = select(refusals.c.tracker_id).where(of_nobody).limit(limit)
    return gone + connection.execute(delete(refusals).where(of_nobody, refusals.c.tracker_id.in_(some))).rowcount


def _assignments(connection: Connection, before: datetime, limit: int) -> int:
    table = vehicle_assignments.c
    ended = select(table.assignment_id).where(func.coalesce(table.ended_at, table.ends_at) < before).limit(limit)
    return connection.execute(delete(vehicle_assignments).where(table.assignment_id.in_(ended))).rowcount


def _log_ins(connection: Connection, before: datetime, limit: int) -> int:
    """Log-ins and wrong passwords go; deeds stay, without the network from which they were done."""
    begun = select(log_ins.c.token_hash).where(log_ins.c.started_at < before).limit(limit)
    failed = select(log_in_failures.c.key_hash).where(log_in_failures.c.last_at < before).limit(limit)
    forget_addresses(connection, before)
    gone = connection.execute(delete(log_ins).where(log_ins.c.token_hash.in_(begun))).rowcount
    return gone + connection.execute(delete(log_in_failures).where(log_in_failures.c.key_hash.in_(failed))).rowcount


def _matters(connection: Connection, before: datetime, limit: int) -> int:
    """Those that were over before, with what was done about them."""
    some = select(matters.c.matter_id).where(matters.c.cleared_at < before).order_by(matters.c.cleared_at).limit(limit)
    old = list(connection.execute(some).scalars())
    connection.execute(delete(matter_deeds).where(matter_deeds.c.matter_id.in_(old)))
    return connection.execute(delete(matters).where(matters.c.matter_id.in_(old))).rowcount


def _hand_overs(connection: Connection, before: datetime, limit: int) -> int:
    old = select(hand_overs.c.hand_over_id).where(hand_overs.c.until < before).order_by(hand_overs.c.until)
    return connection.execute(delete(hand_overs).where(hand_overs.c.hand_over_id.in_(old.limit(limit)))).rowcount


# kind -> what deletes at most so many rows that are older than a moment, and says how many; the tables that it keeps small
FORGETTERS: Mapping[str, tuple[Callable[[Connection, datetime, int], int], tuple[str, ...]]] = {
    "reports": (forget_reports, ("reports",)),
    "calls": (_calls, ("stop_events",)),
    "tickets": (_tickets, ("tickets",)),
    "notices": (_notices, ("alerts",)),
    "networks": (_networks, ("network_versions",)),
    "matters": (_matters, ("matters", "matter_deeds")),
    "hand_overs": (_hand_overs, ("hand_overs",)),
    "assignments": (_assignments, ("vehicle_assignments",)),
    "log_ins": (_log_ins, ("log_ins", "log_in_failures")),
    "trackers": (_trackers, ("tracker_health", "refusals")),
}


def forget_some(connection: Connection, kind: str, retention: Retention, now: datetime, limit: int) -> int:
    """Deletes at most about limit rows of a kind; returns how many went. Fewer than limit: the rest is young enough."""
    before = retention.before(kind, now)
    return 0 if before is None else FORGETTERS[kind][0](connection, before, limit)
