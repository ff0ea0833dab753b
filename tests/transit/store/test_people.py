"""People, their log-ins, what wrong passwords cost, and the record of deeds; on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.builders import at
from transit.store.audit import Deed, first_break, heads, load_entries, record
from transit.store.database import Connection, Engine, writing
from transit.store.log_ins import (
    ADMIN_IDLE,
    FREE_ACCOUNT,
    FREE_NETWORK,
    FREE_PAIR,
    LASTS,
    LONGEST_DELAY_S,
    NEW_PAIRS,
    Attempt,
    LogIn,
    begin_log_in,
    count_failure,
    end_log_in,
    forget_old_failures,
    forgive,
    load_log_ins,
    wait_s,
)
from transit.store.password_hashes import is_password, one_time_password
from transit.store.people import (
    PersonRefused,
    Role,
    add_person,
    disable_person,
    find_logged_in,
    find_person,
    get_person,
    has_people,
    load_people,
    reset_password,
)
from transit.store.retention import DEFAULT, forget_some

NOW = at(7)
PASSWORD = "kuda-besi-77"
HERE, THERE = Attempt("siti", "192.0.2.0/24"), Attempt("siti", "198.51.100.0/24")


def log_in_of(connection: Connection, token: str) -> LogIn:
    entry = find_logged_in(connection, token)
    assert entry is not None
    return entry[1]


def siti(database: Engine) -> int:
    with writing(database) as connection:
        return add_person(connection, "Siti ", Role.DISPATCHER, PASSWORD, now=NOW).person_id


def test_each_role_includes_those_before_it() -> None:
    order = [Role.VIEWER, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN]
    assert [[role.includes(other) for other in order] for role in order] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


def test_a_password_is_kept_as_a_hash_of_its_own_salt(database: Engine) -> None:
    siti(database)
    with writing(database) as connection:
        add_person(connection, "budi", Role.VIEWER, PASSWORD, now=NOW)
        one, other = (person.password_hash for person in load_people(connection))
    assert one != other
    assert one.startswith("$argon2id$")
    assert is_password(PASSWORD, one)
    assert not is_password(PASSWORD + " ", one)
    assert not is_password(PASSWORD, None)


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("siti", "123456789", "9 characters"),
        ("siti", "x" * 201, "at most 200"),
        ("siti", "siti-siti-1", "too easy"),
        ("siti", "aaaaabbbbb", "too easy"),
        ("si ti", PASSWORD, "cannot be a name"),
        ("", PASSWORD, "cannot be a name"),
    ],
)
def test_an_easy_password_and_an_odd_name_are_refused(database: Engine, name: str, password: str, words: str) -> None:
    with writing(database) as connection, pytest.raises(PersonRefused, match=words):
        add_person(connection, name, Role.VIEWER, password, now=NOW)


def test_a_name_is_given_once_whatever_its_case(database: Engine) -> None:
    siti(database)
    with writing(database) as connection:
        with pytest.raises(PersonRefused, match="already"):
            add_person(connection, "SITI", Role.VIEWER, PASSWORD, now=NOW)
        assert find_person(connection, " Siti") == get_person(connection, "siti")
        with pytest.raises(PersonRefused, match="no person 'budi'"):
            get_person(connection, "budi")


def test_whoever_is_disabled_or_gets_another_password_is_logged_in_no_more(database: Engine) -> None:
    person_id = siti(database)
    for end in (
        lambda connection: disable_person(connection, "siti", now=at(8)),
        lambda connection: reset_password(connection, "siti", PASSWORD + "x", now=at(8)),
    ):
        with writing(database) as connection:
            token = begin_log_in(connection, person_id, "192.0.2.0/24", now=NOW)
            assert log_in_of(connection, token).is_valid(at(7, 59), idle_at_most=None)
            end(connection)
            assert not log_in_of(connection, token).is_valid(at(8), idle_at_most=None)
    with database.connect() as connection:
        assert has_people(connection)


def test_a_log_in_ends_after_twelve_hours_and_an_admins_after_half_an_hour_without_a_deed(database: Engine) -> None:
    with writing(database) as connection:
        person_id = add_person(connection, "siti", Role.ADMIN, PASSWORD, now=NOW).person_id
        log_in = log_in_of(connection, begin_log_in(connection, person_id, "n", now=NOW))
    assert log_in.is_valid(NOW + LASTS - timedelta(seconds=1), idle_at_most=None)
    assert not log_in.is_valid(NOW + LASTS, idle_at_most=None)
    assert log_in.is_valid(NOW + ADMIN_IDLE - timedelta(seconds=1), idle_at_most=ADMIN_IDLE)
    assert not log_in.is_valid(NOW + ADMIN_IDLE, idle_at_most=ADMIN_IDLE)
    assert (timedelta(hours=12), timedelta(minutes=30)) == (LASTS, ADMIN_IDLE)


def test_a_token_is_not_kept_and_an_ended_log_in_keeps_its_end(database: Engine) -> None:
    person_id = siti(database)
    with writing(database) as connection:
        token = begin_log_in(connection, person_id, "n", now=NOW)
        assert token not in str(connection.execute(text("SELECT * FROM log_ins")).all())
        token_hash = log_in_of(connection, token).token_hash
        end_log_in(connection, token_hash, now=at(8))
        end_log_in(connection, token_hash, now=at(9))
        assert log_in_of(connection, token).ended_at == at(8)
        assert load_log_ins(connection, now=at(8)) == []
        assert find_logged_in(connection, token + "x") is None


def test_log_ins_go_after_ninety_two_days(database: Engine) -> None:
    person_id = siti(database)
    with writing(database) as connection:
        token = begin_log_in(connection, person_id, "n", now=NOW)
        assert forget_some(connection, "log_ins", DEFAULT, NOW + timedelta(days=92), 100) == 0
        assert find_logged_in(connection, token) is not None
        assert forget_some(connection, "log_ins", DEFAULT, NOW + timedelta(days=92, seconds=1), 100) == 1
        assert find_logged_in(connection, token) is None


def fail(database: Engine, attempt: Attempt, times: int, now=NOW) -> None:
    with writing(database) as connection:
        for _ in range(times):
            count_failure(connection, attempt, now=now)


def waits(database: Engine, attempt: Attempt, now=NOW) -> float:
    with database.connect() as connection:
        return wait_s(connection, attempt, now)


def test_wrong_passwords_cost_time_that_doubles_up_to_a_minute(database: Engine) -> None:
    fail(database, HERE, FREE_PAIR - 1)
    assert waits(database, HERE) == 0
    costs = []
    for _ in range(9):
        fail(database, HERE, 1)
        costs.append(waits(database, HERE))
    assert costs == [1, 2, 4, 8, 16, 32, 60, 60, LONGEST_DELAY_S]
    assert waits(database, HERE, NOW + timedelta(seconds=59)) == 1
    assert waits(database, HERE, NOW + timedelta(seconds=60)) == 0
    with writing(database) as connection:
        forgive(connection, HERE)
    assert waits(database, HERE) <= LONGEST_DELAY_S


def test_strangers_never_lock_a_dispatcher_out(database: Engine) -> None:
    for host in range(FREE_ACCOUNT + 10):
        fail(database, Attempt("siti", f"198.51.{host}.0/24"), 20)
    assert waits(database, Attempt("siti", "198.51.3.0/24")) == LONGEST_DELAY_S
    assert waits(database, HERE) == 0, "another network has its first try"
    known = Attempt("siti", "198.51.3.0/24", device="abc")
    assert waits(database, known) == 0, "a browser that was logged in before, in the very network of the attack"
    fail(database, known, FREE_PAIR)
    assert waits(database, known) == 1, "its own mistakes count"


def test_a_network_that_tries_many_accounts_waits(database: Engine) -> None:
    for number in range(FREE_NETWORK):
        fail(database, Attempt(f"nobody{number}", HERE.network), 1)
    assert waits(database, Attempt("nobody1", HERE.network)) == 1
    assert waits(database, HERE) == 0
    fail(database, Attempt("x", HERE.network), NEW_PAIRS)
    assert waits(database, HERE) == LONGEST_DELAY_S, "also for accounts that it has not tried yet"
    assert waits(database, THERE) == 0


def test_yesterdays_mistakes_are_forgotten(database: Engine) -> None:
    fail(database, HERE, 30)
    later = NOW + timedelta(hours=24, seconds=1)
    assert waits(database, HERE, later) == 0
    with writing(database) as connection:
        forget_old_failures(connection, now=later)
        assert connection.execute(text("SELECT count(*) FROM log_in_failures")).scalar() == 0


def test_a_one_time_password_is_long_and_never_the_same() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert {len(password.replace("-", "")) for password in made} == {16}


def a_record(database: Engine) -> None:
    with writing(database) as connection:
        record(connection, Deed("siti", "assigned", "BUS-1", after="biru", network="192.0.2.0/24"), now=at(7))
        record(connection, Deed("budi", "withdrawn", "BUS-1", before="biru", why="repair"), now=at(8))
        record(connection, Deed("siti", "assigned", "BUS-2", after="hijau"), now=at(7) + timedelta(days=20))


def test_the_record_is_chained_by_month(database: Engine) -> None:
    a_record(database)
    with database.connect() as connection:
        assert first_break(connection) is None
        entries = load_entries(connection)
        assert [(entry.segment, entry.number, entry.person) for entry in entries] == [
            ("2026-12", 1, "siti"),
            ("2026-11", 2, "budi"),
            ("2026-11", 1, "siti"),
        ]
        assert heads(connection) == {"2026-11": entries[1].digest, "2026-12": entries[0].digest}
        assert [entry.why for entry in load_entries(connection, subject="BUS-1")] == ["repair", ""]
        assert [entry.subject for entry in load_entries(connection, segment="2026-12")] == ["BUS-2"]


@pytest.mark.parametrize(
    ("tampering", "place"),
    [
        ("UPDATE audit_entries SET after = 'merah' WHERE number = 1 AND segment = '2026-11'", ("2026-11", 1)),
        ("UPDATE audit_entries SET person = 'siti' WHERE number = 2", ("2026-11", 2)),
        ("DELETE FROM audit_entries WHERE number = 1 AND segment = '2026-11'", ("2026-11", 2)),
        ("DELETE FROM audit_entries WHERE number = 2", ("2026-12", 1)),
    ],
)
def test_an_entry_that_was_changed_or_taken_out_is_seen(database: Engine, tampering: str, place: tuple[str, int]) -> None:
    a_record(database)
    with database.begin() as connection:
        connection.execute(text(tampering))
    with database.connect() as connection:
        assert first_break(connection) == place


def test_addresses_go_after_ninety_two_days_and_the_chain_holds(database: Engine) -> None:
    a_record(database)
    with writing(database) as connection:
        later = at(7) + timedelta(days=92)
        assert forget_some(connection, "log_ins", DEFAULT, later, 100) == 0
        assert [entry.network for entry in load_entries(connection)] == [None, None, "192.0.2.0/24"]
        forget_some(connection, "log_ins", DEFAULT, later + timedelta(seconds=1), 100)
        assert first_break(connection) is None
        assert {entry.network for entry in load_entries(connection)} == {None}


def test_a_clock_set_back_over_the_end_of_a_month_keeps_the_order(database: Engine) -> None:
    a_record(database)
    with writing(database) as connection:
        entry = record(connection, Deed("siti", "assigned", "BUS-3"), now=at(9))
        assert (entry.segment, entry.number) == ("2026-12", 2)
        assert first_break(connection) is None
