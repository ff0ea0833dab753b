"""`app.py people` and `app.py audit`: passwords from standard input, never an argument; and the first people of a system."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app import main, settings_of_environment
from commands.people import make_first_people, somebody_may_log_in
from tests.builders import a_network, at
from transit.store.audit import heads, load_entries
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.password_hashes import is_password
from transit.store.people import Role, disable_person, load_people
from transit.store.trackers import map_tracker


@pytest.fixture
def run(tmp_path):
    environment = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "TRANSIT_NOW": "2026-11-23T07:00:00+07:00"}

    def invoke(*words, given=""):
        return CliRunner().invoke(main, words, input=given, env=environment)

    return invoke


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return settings_of_environment()


@pytest.fixture
def engine(settings):
    engine = open_database(settings.database_url)
    migrate(engine)
    return engine


def people_of(engine):
    with engine.connect() as connection:
        return {person.name: person for person in load_people(connection)}


def test_a_password_comes_from_standard_input(run, engine):
    assert run("people", "add", "siti", "--role", "supervisor", given="kuda-besi-77\n").exit_code == 0
    siti = people_of(engine)["siti"]
    assert siti.role is Role.SUPERVISOR
    assert is_password("kuda-besi-77", siti.password_hash)
    assert run("people", "add", "budi", "kuda-besi-77").exit_code == 2, "an argument is refused"
    refused = run("people", "add", "budi", given="short\n")
    assert refused.exit_code == 1
    assert "5 characters" in refused.output


def test_a_one_time_password_is_printed_and_must_be_changed(run, engine):
    output = run("people", "add", "siti", "--one-time").output
    password = output.strip().rsplit(" ", 1)[1]
    siti = people_of(engine)["siti"]
    assert siti.must_change
    assert is_password(password, siti.password_hash)


def test_people_are_listed_disabled_and_given_another_password(run, engine):
    assert "Nobody yet" in run("people", "list").output
    run("people", "add", "siti", given="kuda-besi-77\n")
    assert run("people", "list").output == "siti: dispatcher, 0 open log-ins\n"
    assert run("people", "disable", "siti").exit_code == 0
    assert run("people", "list").output == "siti: dispatcher, disabled\n"
    assert run("people", "reset", "siti", given="sepeda-tua-1\n").exit_code == 0
    assert is_password("sepeda-tua-1", people_of(engine)["siti"].password_hash)
    assert run("people", "disable", "budi").exit_code == 1


def test_the_record_is_checked_by_a_command(run, engine):
    assert "empty" in run("audit").output
    run("people", "add", "siti", given="kuda-besi-77\n")
    good = run("audit")
    assert good.exit_code == 0
    assert "Nothing in the record was changed" in good.output
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_entries SET subject = 'budi'"))
    bad = run("audit")
    assert bad.exit_code == 1
    assert "entry 1 of" in bad.output


def test_what_is_said_on_the_command_line_is_in_the_record_and_a_backup_prints_its_head(run, engine):
    with writing(engine) as connection:
        save_network(connection, a_network(), now=at(7), source="test")
        map_tracker(connection, "t1", "BUS1", now=at(7))
    assert run("assign", "BUS1", "--route", "R1").exit_code == 0
    assert run("depart", "BUS1", "--at", "07:20").exit_code == 0
    with engine.connect() as connection:
        entries, of_months = load_entries(connection), heads(connection)
    deeds = [(entry.person, entry.action, entry.subject) for entry in entries]
    assert deeds == [("command line", "held", "BUS1"), ("command line", "assigned", "BUS1")]
    assert f"head of the record of deeds, 2026-11: {of_months['2026-11']}" in run("backup").output


def first(engine, settings, demo=False):
    lines = []
    make_first_people(engine, settings, demo, lines.append)
    return lines


def test_admin_password_makes_the_first_admin_once(engine, settings):
    settings = replace(settings, admin_password="kuda-besi-77")
    assert not somebody_may_log_in(engine)
    (line,) = first(engine, settings)
    assert "first admin: name admin" in line
    assert "kuda-besi-77" not in line
    assert people_of(engine)["admin"].role is Role.ADMIN
    assert first(engine, replace(settings, admin_password="another-one-1")) == []
    assert is_password("kuda-besi-77", people_of(engine)["admin"].password_hash)
    assert somebody_may_log_in(engine)


def test_an_easy_admin_password_makes_nobody_and_says_why(engine, settings):
    (line,) = first(engine, replace(settings, admin_password="1234"))
    assert "4 characters" in line
    assert people_of(engine) == {}


def test_without_a_password_nobody_is_made_and_the_demo_prints_one_for_one_time(engine, settings):
    assert first(engine, settings) == []
    (line,) = first(engine, settings, demo=True)
    password = line.rsplit(" ", 1)[1]
    assert is_password(password, people_of(engine)["demo"].password_hash)
    assert people_of(engine)["demo"].must_change
    (again,) = first(engine, settings, demo=True)
    assert again.rsplit(" ", 1)[1] != password, "it was not used yet: another one"
    assert list(people_of(engine)) == ["demo"]


def test_a_demo_makes_nobody_beside_others(engine, settings):
    first(engine, replace(settings, admin_password="kuda-besi-77"))
    assert first(engine, settings, demo=True) == []
    with writing(engine) as connection:
        disable_person(connection, "admin", now=settings.clock())
    assert len(first(engine, settings, demo=True)) == 1


def test_what_is_done_to_trackers_from_the_shell_is_in_the_record(run, engine):
    """As the console records it; the password is in no entry."""
    for words in (("map", "T1", "BUS-1"), ("map", "T1", "BUS-2"), ("unmap", "T1"), ("revoke", "T2")):
        run("trackers", *words)
    added = run("trackers", "approve", "T2", "BUS-3")
    assert added.exit_code == 0, added.output
    assert run("trackers", "rotate", "T2").exit_code == run("trackers", "revoke", "T2").exit_code == 0
    with engine.connect() as connection:
        entries = load_entries(connection)[::-1]
    assert [(entry.action, entry.subject, entry.before, entry.after) for entry in entries] == [
        ("tracker_mapped", "T1", "", "BUS-1"),
        ("tracker_mapped", "T1", "BUS-1", "BUS-2"),
        ("tracker_mapped", "T1", "BUS-2", ""),
        ("tracker_password", "T2", "", ""),
        ("tracker_mapped", "T2", "", "BUS-3"),
        ("tracker_password", "T2", "", ""),
        ("tracker_revoked", "T2", "", ""),
    ]
    assert {entry.person for entry in entries} == {"command line"}
    assert run("audit").exit_code == 0
