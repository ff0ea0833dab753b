"""Accounts at an identity provider (OpenID Connect) and whose they are here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from transit.store.credential_hashes import new_password
from transit.store.people import Person, Role, add_person, change_role, find_person, find_person_by_id, get_person
from transit.store.tables import identities as table

NOT_OF_A_NAME = re.compile(r"[^a-z0-9._-]+")
LONGEST_NAME = 36  # of 40: another person of the same name there gets a number here
MOST_OF_A_NAME = 99


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the identity provider.

    subject: never given to anybody else there, unlike a name or an address (OpenID Connect Core 1.0, section 5.7).
    """

    issuer: str
    subject: str


def person_of_identity(connection: Connection, identity: Identity, wanted_name: str, role: Role, *, now: datetime) -> Person:
    """Whose account it is; made at the first log-in, with a name near the wanted one. The role follows the identity provider.

    Nobody knows the password that such a person has here; an admin may give one with a reset.
    """
    where = (table.c.issuer == identity.issuer, table.c.subject == identity.subject)
    person_id = connection.execute(select(table.c.person_id).where(*where)).scalar()
    person = None if person_id is None else find_person_by_id(connection, person_id)
    if person is None:
        person = add_person(connection, _free_name(connection, wanted_name), role, new_password(), now=now)
        row = {"issuer": identity.issuer, "subject": identity.subject, "person_id": person.person_id, "first_at": now}
        connection.execute(insert(table).values(row))
        return person
    if person.role is not role:
        change_role(connection, person.name, role)
    return get_person(connection, person.name)


def _free_name(connection: Connection, wanted: str) -> str:
    plain = NOT_OF_A_NAME.sub("-", wanted.strip().lower()).strip("._-")[:LONGEST_NAME] or "person"
    names = (plain if number == 1 else f"{plain}-{number}" for number in range(1, MOST_OF_A_NAME + 1))
    return next((name for name in names if find_person(connection, name) is None), f"{plain[:20]}-{new_password()}")
