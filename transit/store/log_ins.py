"""Log-ins: begun with a right password, found again by the token of a cookie, ended by time or by somebody; and wrong ones."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from transit.store.tables import log_in_failures as failures
from transit.store.tables import log_ins as table
from transit.store.upsert import insert_into

LASTS = timedelta(hours=12)  # a shift and its hand-over
ADMIN_IDLE = timedelta(minutes=30)  # without a request that somebody made
COUNTED_EVERY = timedelta(minutes=1)  # activity is written no more often

FREE_PAIR = 3  # wrong passwords of an account at one place before a delay: a mistyped one costs nothing
FREE_ACCOUNT = 20  # of an account from anywhere
FREE_NETWORK = 10  # of a network for any account
NEW_PAIRS = 100  # of a network: after so many, accounts that it has not tried yet wait, too
LONGEST_DELAY_S = 60.0  # a delay doubles up to this, so that nobody is locked out
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LogIn:
    token_hash: str
    person_id: int
    started_at: datetime
    active_at: datetime
    ended_at: datetime | None
    network: str | None

    def is_valid(self, now: datetime, *, idle_at_most: timedelta | None) -> bool:
        if self.ended_at is not None or now - self.started_at >= LASTS:
            return False
        return idle_at_most is None or now - self.active_at < idle_at_most


def begin_log_in(connection: Connection, person_id: int, network: str, *, now: datetime) -> str:
    """The token for the cookie; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": hash_of(token),
        "person_id": person_id,
        "started_at": now,
        "active_at": now,
        "ended_at": None,
        "network": network,
    }
    connection.execute(table.insert().values(row))
    return token


def load_log_ins(connection: Connection, *, now: datetime) -> list[LogIn]:
    """Those that have not ended, the newest first."""
    rows = connection.execute(
        select(table).where(table.c.ended_at.is_(None), table.c.started_at > now - LASTS).order_by(table.c.started_at.desc())
    )
    return [LogIn(**row._mapping) for row in rows]


def mark_active(connection: Connection, log_in: LogIn, *, now: datetime) -> None:
    connection.execute(update(table).where(table.c.token_hash == log_in.token_hash).values(active_at=now))


def end_log_in(connection: Connection, token_hash: str, *, now: datetime) -> None:
    """One that has ended keeps its end."""
    connection.execute(update(table).where(table.c.token_hash == token_hash, table.c.ended_at.is_(None)).values(ended_at=now))


def end_log_ins_of(connection: Connection, person_id: int, *, now: datetime) -> None:
    """All log-ins of a person."""
    open_ones = (table.c.person_id == person_id, table.c.ended_at.is_(None))
    connection.execute(update(table).where(*open_ones).values(ended_at=now))


def forget_old_failures(connection: Connection, *, now: datetime) -> None:
    """What is known of wrong passwords of yesterday: they delay nobody any more."""
    connection.execute(delete(failures).where(failures.c.last_at < now - FORGOTTEN_AFTER))


@dataclass(frozen=True, slots=True)
class Attempt:
    """device: of a browser that has logged in to this account before, as its signed cookie says; empty for any other."""

    name: str
    network: str
    device: str = ""

    @property
    def pair(self) -> str:
        return f"pair {self.name.strip().lower()} {self.device or self.network}"

    @property
    def account(self) -> str:
        return f"account {self.name.strip().lower()}"


def wait_s(connection: Connection, attempt: Attempt, now: datetime) -> float:
    """For how many seconds an attempt must wait; 0 where its password may be looked at.

    Delays double, to a minute. Nobody can lock another out: a browser that has logged in to an account before waits only
    for its own mistakes, and any network has a first try at each account.
    """
    own = _count(connection, attempt.pair)
    waits = [_delay_s(own, FREE_PAIR, now)]
    if not attempt.device:
        of_network = _count(connection, f"network {attempt.network}")
        if own[0] or of_network[0] >= NEW_PAIRS:
            waits += [_delay_s(of_network, FREE_NETWORK, now), _delay_s(_count(connection, attempt.account), FREE_ACCOUNT, now)]
    return max(waits)


def count_failure(connection: Connection, attempt: Attempt, *, now: datetime) -> None:
    keys = [attempt.pair, attempt.account]
    if not attempt.device:
        keys.append(f"network {attempt.network}")
    for key in keys:
        statement = insert_into(connection, failures).values(key_hash=hash_of(key), count=1, last_at=now)
        again = {"count": failures.c["count"] + 1, "last_at": now}
        connection.execute(statement.on_conflict_do_update(index_elements=["key_hash"], set_=again))


def forgive(connection: Connection, attempt: Attempt) -> None:
    """A right password: what was mistyped at this place counts no more."""
    connection.execute(delete(failures).where(failures.c.key_hash == hash_of(attempt.pair)))


def _count(connection: Connection, key: str) -> tuple[int, datetime | None]:
    table = failures.c
    row = connection.execute(select(table["count"], table.last_at).where(table.key_hash == hash_of(key))).one_or_none()
    return (0, None) if row is None else (row[0], row[1])


def _delay_s(counted: tuple[int, datetime | None], free: int, now: datetime) -> float:
    """What is left of the delay that so many failures ask for."""
    count, last_at = counted
    if last_at is None or count < free or now - last_at >= FORGOTTEN_AFTER:
        return 0.0
    delay = min(LONGEST_DELAY_S, 2.0 ** min(count - free, 10))
    return max(0.0, delay - (now - last_at).total_seconds())


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
