"""Alerts for riders."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from transit.arrivals.alerts import Alert
from transit.store.formats import StoredFormat
from transit.store.tables import alerts
from transit.store.upsert import upsert

CONTENT = StoredFormat(Alert, number=1)
MOST_PAST = 100  # ended notices on a page


class UnknownAlert(LookupError):
    """No alert has this alert_id."""


def save_alert(connection: Connection, alert: Alert) -> None:
    """Stores an alert; one with the same alert_id is replaced."""
    row = {
        "alert_id": alert.alert_id,
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "content": CONTENT.encode(alert),
    }
    upsert(connection, alerts, [row])


def end_alert(connection: Connection, alert_id: str, *, now: datetime) -> None:
    """Ends an alert now; one that has ended keeps its end, one of another format goes. Raises UnknownAlert."""
    # The update comes first and changes nothing: it takes SQLite's write lock before the row is read.
    connection.execute(update(alerts).where(alerts.c.alert_id == alert_id).values(alert_id=alert_id))
    content = connection.execute(select(alerts.c.content).where(alerts.c.alert_id == alert_id)).scalar()
    if content is None:
        raise UnknownAlert(alert_id)
    alert = CONTENT.decode(content)
    if alert is None:
        connection.execute(delete(alerts).where(alerts.c.alert_id == alert_id))
    elif alert.ends_at is None or alert.ends_at > now:
        save_alert(connection, replace(alert, ends_at=now))


def load_alerts(connection: Connection, now: datetime) -> list[Alert]:
    """Alerts that have not ended, also those yet to come, by start and id. One of another format is left out."""
    rows = connection.execute(
        select(alerts.c.content)
        .where(or_(alerts.c.ends_at.is_(None), alerts.c.ends_at > now))
        .order_by(alerts.c.starts_at, alerts.c.alert_id)
    )
    some = (CONTENT.decode(content) for (content,) in rows)
    return [alert for alert in some if alert is not None]


def find_alert(connection: Connection, alert_id: str) -> Alert:
    """Also one that has ended. Raises UnknownAlert."""
    content = connection.execute(select(alerts.c.content).where(alerts.c.alert_id == alert_id)).scalar()
    alert = None if content is None else CONTENT.decode(content)
    if alert is None:
        raise UnknownAlert(alert_id)
    return alert


def load_past_alerts(connection: Connection, since: datetime, now: datetime) -> list[Alert]:
    """Those that ended after `since`, the last to end first."""
    rows = connection.execute(
        select(alerts.c.content)
        .where(alerts.c.ends_at > since, alerts.c.ends_at <= now)
        .order_by(alerts.c.ends_at.desc(), alerts.c.alert_id)
        .limit(MOST_PAST)
    )
    some = (CONTENT.decode(content) for (content,) in rows)
    return [alert for alert in some if alert is not None]
