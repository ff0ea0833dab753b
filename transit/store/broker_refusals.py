"""What the embedded broker turned away, by cause and client."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.store.tables import broker_refusals
from transit.store.upsert import insert_into

MOST = 1000  # rows: whoever invents names must not fill the database


def add_broker_refusals(connection: Connection, refused: Iterable[BrokerRefusals]) -> None:
    """Adds to what is counted of the same cause and client."""
    rows = [
        {
            "cause": str(refusal.cause),
            "client": refusal.client,
            "count": refusal.count,
            "first_at": refusal.first_at,
            "last_at": refusal.last_at,
            "said": refusal.said,
        }
        for refusal in refused
    ]
    if not rows:
        return
    statement = insert_into(connection, broker_refusals)
    values = {
        "count": broker_refusals.c["count"] + statement.excluded["count"],
        "last_at": statement.excluded.last_at,
        "said": statement.excluded.said,
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["cause", "client"], set_=values), rows)


def load_broker_refusals(connection: Connection, since: datetime) -> list[BrokerRefusals]:
    """Those whose last is not older than a moment, by cause and client."""
    table = broker_refusals.c
    rows = connection.execute(select(broker_refusals).where(table.last_at >= since).order_by(table.cause, table.client))
    return [
        BrokerRefusals(
            cause=RefusalCause(row.cause),
            client=row.client,
            count=row._mapping["count"],
            first_at=row.first_at,
            last_at=row.last_at,
            said=row.said,
        )
        for row in rows
    ]


def forget_broker_refusals(connection: Connection, before: datetime, most: int = MOST) -> None:
    """Those whose last is older than a moment, and all but so many: when it begins again, it is counted anew."""
    newest = select(broker_refusals.c.last_at).order_by(broker_refusals.c.last_at.desc()).offset(most).limit(1)
    over = connection.execute(newest).scalar()
    last = before if over is None else max(before, over)
    connection.execute(delete(broker_refusals).where(broker_refusals.c.last_at < last))
