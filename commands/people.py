"""`people` and `audit`: who may open the dispatchers' pages, and the record of what was done there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from commands.common import Settings, example, fail, open_engine, pass_settings, record_deed

if TYPE_CHECKING:
    from transit.store.database import Connection, Engine

ROLES = ("viewer", "dispatcher", "supervisor", "admin")
DEMO_NAME, FIRST_NAME = "demo", "admin"
ONE_TIME = click.option("--one-time", is_flag=True, help="Make a password and print it; its owner must choose another.")


@click.group()
def people() -> None:
    """Who may open the dispatchers' pages (/armada), and as what. Passwords are read from standard input."""


@people.command("add", epilog=example("python app.py people add siti --role dispatcher", "... people add budi --one-time"))
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="dispatcher", show_default=True)
@ONE_TIME
@pass_settings
def people_add(settings: Settings, name: str, role: str, one_time: bool) -> None:
    """Let NAME log in. A role includes those before it: viewer, dispatcher, supervisor, admin."""
    from transit.store.people import Role, add_person

    password = _password(one_time)
    with _change(settings) as connection:
        add_person(connection, name, Role(role), password, must_change=one_time, now=settings.clock())
        _record(connection, settings, "person_added", name, after=role)
    click.echo(f"{name} may log in as {role}.")
    _show(password, one_time)


@people.command("reset", epilog=example("python app.py people reset siti"))
@click.argument("name")
@ONE_TIME
@pass_settings
def people_reset(settings: Settings, name: str, one_time: bool) -> None:
    """Give NAME another password, and an account that was disabled back; open log-ins end."""
    from transit.store.people import reset_password

    password = _password(one_time)
    with _change(settings) as connection:
        reset_password(connection, name, password, must_change=one_time, now=settings.clock())
        _record(connection, settings, "password_reset", name)
    click.echo(f"{name} has another password.")
    _show(password, one_time)


@people.command("disable", epilog=example("python app.py people disable siti"))
@click.argument("name")
@pass_settings
def people_disable(settings: Settings, name: str) -> None:
    """Cut NAME off, at once. What they did stays in the record."""
    from transit.store.people import disable_person

    with _change(settings) as connection:
        disable_person(connection, name, now=settings.clock())
        _record(connection, settings, "person_disabled", name)
    click.echo(f"{name} cannot log in any more.")


@people.command("list", epilog=example("python app.py people list"))
@pass_settings
def people_list(settings: Settings) -> None:
    """Everybody, with role and open log-ins."""
    from transit.store.log_ins import load_log_ins
    from transit.store.people import load_people

    with open_engine(settings).connect() as connection:
        everybody, log_ins = load_people(connection), load_log_ins(connection, now=settings.clock())
    for person in everybody:
        count = sum(log_in.person_id == person.person_id for log_in in log_ins)
        state = "disabled" if person.disabled_at else f"{count} open log-in{'' if count == 1 else 's'}"
        click.echo(f"{person.name}: {person.role}, {state}{', must choose a password' if person.must_change else ''}")
    if not everybody:
        click.echo("Nobody yet. The first: python app.py people add NAME --role admin")


@click.command(epilog=example("python app.py audit"))
@pass_settings
def audit(settings: Settings) -> None:
    """Check the record of deeds and print the head of each month; exit code 1 where an entry was changed or taken out."""
    from transit.store.audit import first_break, heads

    with open_engine(settings).connect() as connection:
        broken, of_months = first_break(connection), heads(connection)
    for month, head in of_months.items():
        click.echo(f"{month} {head}")
    if broken is not None:
        fail(f"The record was changed: entry {broken[1]} of {broken[0]} does not follow from the one before it.")
    click.echo("Nothing in the record was changed." if of_months else "The record is empty.")


def make_first_people(engine: Engine, settings: Settings, demo: bool, say: Callable[[str], None]) -> None:
    """Where nobody can log in: an admin with ADMIN_PASSWORD, and in a demonstration one with a password for one time."""
    from transit.store.database import writing
    from transit.store.password_hashes import one_time_password
    from transit.store.people import PersonRefused, Role, add_person, find_person, has_people, reset_password

    now = settings.clock()
    with writing(engine) as connection:
        if settings.admin_password and not has_people(connection):
            try:
                add_person(connection, FIRST_NAME, Role.ADMIN, settings.admin_password, now=now)
            except PersonRefused as error:
                say(f"ADMIN_PASSWORD made no admin. {error}")
                return
            _record(connection, settings, "person_added", FIRST_NAME, after="admin", why="ADMIN_PASSWORD")
            say(f"ADMIN_PASSWORD made the first admin: name {FIRST_NAME}. It is not read again; others: app.py people add")
            return
        if not demo:
            return
        known = find_person(connection, DEMO_NAME)
        if known is None and has_people(connection):
            return
        if known is None or known.must_change:
            password = one_time_password()
            if known is None:
                add_person(connection, DEMO_NAME, Role.ADMIN, password, must_change=True, now=now)
            else:
                reset_password(connection, DEMO_NAME, password, must_change=True, now=now)
            say(f"/armada from elsewhere: name {DEMO_NAME}, password for one time {password}")


def somebody_may_log_in(engine: Engine) -> bool:
    """False also where the database cannot be asked: doctor tells that by itself."""
    from transit.store.database import DatabaseError
    from transit.store.people import has_people

    try:
        with engine.connect() as connection:
            return has_people(connection)
    except DatabaseError:
        return False


def _password(one_time: bool) -> str:
    """Typed twice on a terminal, or the one line of a pipe; never an argument, which others on this machine could read."""
    from transit.store.password_hashes import one_time_password

    if one_time:
        return one_time_password()
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _show(password: str, one_time: bool) -> None:
    if one_time:
        click.echo(f"Password for one time (not shown again): {password}")


@contextmanager
def _change(settings: Settings) -> Iterator[Connection]:
    """A transaction; what is refused ends the command with its sentence."""
    from transit.store.database import writing
    from transit.store.people import PersonRefused

    try:
        with writing(open_engine(settings, may_create=True)) as connection:
            yield connection
    except PersonRefused as error:
        fail(str(error))


def _record(connection: Connection, settings: Settings, action: str, subject: str, *, after: str = "", why: str = "") -> None:
    record_deed(connection, settings, action, subject.strip().lower(), after=after, why=why)
