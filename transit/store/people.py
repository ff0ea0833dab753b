"""Who may open the dispatchers' pages, and as what. A city has a database of its own, so its people are its own, too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from transit.store.log_ins import LogIn, end_log_ins_of, hash_of
from transit.store.password_hashes import hash_password
from transit.store.tables import log_ins
from transit.store.tables import people as table

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
LOGGED_IN = (
    select(table, log_ins)
    .join(log_ins, log_ins.c.person_id == table.c.person_id)
    .where(log_ins.c.token_hash == bindparam("token_hash"))
)
SHORTEST, LONGEST = 10, 200  # characters of a password: NIST asks for 8 at least; beyond 200 nobody types


class Role(StrEnum):
    """Each includes those before it."""

    VIEWER = "viewer"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class PersonRefused(ValueError):
    """It cannot be done as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Person:
    person_id: int
    name: str
    role: Role
    password_hash: str
    must_change: bool
    created_at: datetime
    disabled_at: datetime | None = None


def add_person(
    connection: Connection, name: str, role: Role, password: str, *, must_change: bool = False, now: datetime
) -> Person:
    """Raises PersonRefused where the name is taken or cannot be one, and where the password is too easy."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise PersonRefused(f"{name!r} cannot be a name: small letters, digits, . - and _, at most 40")
    if find_person(connection, name) is not None:
        raise PersonRefused(f"There is a person {name} already. Another password: python app.py people reset {name}")
    row = {
        "name": name,
        "role": str(role),
        "password_hash": _hash(name, password),
        "must_change": must_change,
        "created_at": now,
    }
    connection.execute(insert(table).values(row))
    return get_person(connection, name)


def reset_password(connection: Connection, name: str, password: str, *, must_change: bool = False, now: datetime) -> None:
    """Another password; whoever was logged in as this person is so no more, and a disabled one may come in again.

    Raises PersonRefused.
    """
    person = get_person(connection, name)
    values = {"password_hash": _hash(person.name, password), "must_change": must_change, "disabled_at": None}
    connection.execute(update(table).where(table.c.person_id == person.person_id).values(values))
    end_log_ins_of(connection, person.person_id, now=now)


def disable_person(connection: Connection, name: str, *, now: datetime) -> None:
    """Cuts a person off at once. Raises PersonRefused."""
    person = get_person(connection, name)
    connection.execute(update(table).where(table.c.person_id == person.person_id).values(disabled_at=now))
    end_log_ins_of(connection, person.person_id, now=now)


def change_role(connection: Connection, name: str, role: Role) -> None:
    """From the next request on. Raises PersonRefused."""
    person = get_person(connection, name)
    connection.execute(update(table).where(table.c.person_id == person.person_id).values(role=str(role)))


def objection_to_password(name: str, password: str) -> str | None:
    """Why a password cannot be taken; None where it can."""
    if len(password) < SHORTEST:
        return f"the password has {len(password)} characters; it needs {SHORTEST} at least"
    if len(password) > LONGEST:
        return f"the password has {len(password)} characters; at most {LONGEST} are taken"
    if name in password.lower() or len(set(password)) < 5:
        return "the password is too easy to guess"
    return None


def _hash(name: str, password: str) -> str:
    objection = objection_to_password(name, password)
    if objection is not None:
        raise PersonRefused(f"Nothing was changed: {objection}.")
    return hash_password(password)


def find_person(connection: Connection, name: str) -> Person | None:
    """Also a disabled one."""
    row = connection.execute(select(table).where(table.c.name == name.strip().lower())).one_or_none()
    return None if row is None else _person_of(row)


def get_person(connection: Connection, name: str) -> Person:
    """Raises PersonRefused where nobody has that name."""
    person = find_person(connection, name)
    if person is None:
        raise PersonRefused(f"There is no person {name!r}. They are: python app.py people list")
    return person


def find_person_by_id(connection: Connection, person_id: int) -> Person | None:
    row = connection.execute(select(table).where(table.c.person_id == person_id)).one_or_none()
    return None if row is None else _person_of(row)


def find_logged_in(connection: Connection, token: str) -> tuple[Person, LogIn] | None:
    """Whose log-in a token is of, also one that has ended or is of a disabled person; asked for by each request."""
    row = connection.execute(LOGGED_IN, {"token_hash": hash_of(token)}).one_or_none()
    if row is None:
        return None
    log_in = LogIn(**{column.name: row._mapping[column] for column in log_ins.c})
    person = {column.name: row._mapping[column] for column in table.c}
    return Person(**{**person, "role": Role(person["role"])}), log_in


def load_people(connection: Connection) -> list[Person]:
    """By name."""
    return [_person_of(row) for row in connection.execute(select(table).order_by(table.c.name))]


def has_people(connection: Connection) -> bool:
    """Whether somebody can log in."""
    return connection.execute(select(table.c.person_id).where(table.c.disabled_at.is_(None)).limit(1)).first() is not None


def _person_of(row: Row[Any]) -> Person:
    return Person(**{**row._mapping, "role": Role(row.role)})
