"""Who may log in at the broker as which tracker. Passwords are made here, shown once, and kept as hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from transit.store.credential_hashes import hash_for_mosquitto, hash_for_nats, new_password
from transit.store.tables import tracker_credentials as table
from transit.store.upsert import insert_new, upsert

TRACKER_ID = re.compile(r"[A-Za-z0-9_-]{1,60}(/[A-Za-z0-9_-]{1,60})?")  # one level of a topic, or an OwnTracks user/device


class CredentialRefused(ValueError):
    """It cannot be done as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Credential:
    """mosquitto_hash: None where the password came from broker.users of an earlier version."""

    user: str
    tracker_id: str
    nats_hash: str
    mosquitto_hash: str | None
    issued_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedPassword:
    """What somebody must type into the tracker; it cannot be shown again."""

    tracker_id: str
    user: str
    password: str


def user_of(tracker_id: str) -> str:
    """The name with which a tracker logs in: its own, of an OwnTracks phone that of its user. Raises CredentialRefused."""
    if not TRACKER_ID.fullmatch(tracker_id) or tracker_id.startswith("transit-"):
        raise CredentialRefused(
            f"{tracker_id!r} cannot have credentials: a tracker's id is of letters, digits, - and _ (of a phone: user/device)"
        )
    return tracker_id.partition("/")[0]


def add_credential(connection: Connection, tracker_id: str, *, now: datetime) -> IssuedPassword:
    """Raises CredentialRefused where the tracker, or another of that user, has one."""
    user = user_of(tracker_id)
    known = _load(connection, user)
    if known is not None and known.revoked_at is None:
        way_out = (
            f"rotate {tracker_id}" if known.tracker_id == tracker_id else f"revoke {known.tracker_id}, or another user name"
        )
        raise CredentialRefused(f"The user {user} has a password already, as tracker {known.tracker_id}. Way out: {way_out}")
    return _issue(connection, tracker_id, user, now)


def rotate_credential(connection: Connection, tracker_id: str, *, now: datetime) -> IssuedPassword:
    """Another password; the old one is worth nothing from now on. Raises CredentialRefused where there is none."""
    return _issue(connection, tracker_id, _valid(connection, tracker_id).user, now)


def revoke_credential(connection: Connection, tracker_id: str, *, now: datetime) -> None:
    """Raises CredentialRefused where there is none."""
    user = _valid(connection, tracker_id).user
    connection.execute(update(table).where(table.c.user == user).values(revoked_at=now))


def adopt_credential(connection: Connection, user: str, tracker_id: str, nats_hash: str, *, now: datetime) -> None:
    """Of an earlier version; one that is known already, revoked or not, stays as it is."""
    row = {"user": user, "tracker_id": tracker_id, "nats_hash": nats_hash, "mosquitto_hash": None, "issued_at": now}
    insert_new(connection, table, [row])


def load_credentials(connection: Connection) -> list[Credential]:
    """Those that are valid, by user."""
    rows = connection.execute(select(table).where(table.c.revoked_at.is_(None)).order_by(table.c.user))
    return [Credential(**row) for row in rows.mappings()]


def _valid(connection: Connection, tracker_id: str) -> Credential:
    credential = _load(connection, user_of(tracker_id))
    if credential is None or credential.revoked_at is not None or credential.tracker_id != tracker_id:
        raise CredentialRefused(f"Tracker {tracker_id} has no credentials. Way out: python app.py trackers add {tracker_id}")
    return credential


def _load(connection: Connection, user: str) -> Credential | None:
    row = connection.execute(select(table).where(table.c.user == user)).mappings().one_or_none()
    return None if row is None else Credential(**row)


def _issue(connection: Connection, tracker_id: str, user: str, now: datetime) -> IssuedPassword:
    password = new_password()
    row = {
        "user": user,
        "tracker_id": tracker_id,
        "nats_hash": hash_for_nats(password),
        "mosquitto_hash": hash_for_mosquitto(password),
        "issued_at": now,
        "revoked_at": None,
    }
    upsert(connection, table, [row])
    return IssuedPassword(tracker_id, user, password)
