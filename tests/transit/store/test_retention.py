"""What is old goes, kind by kind, as long as the city wants it kept; what is young, and what is needed, stays."""

from __future__ import annotations

from datetime import timedelta
from itertools import count as count_up

import pytest

from gps_ingest.ingest.forgetting import AIM_S, LOOK_EVERY_S, STEP_EVERY_S, Forgetting
from tests.builders import MONDAY, SEVEN, a_network
from transit.arrivals.alerts import Alert, InformedEntity
from transit.store.alerts import end_alert, save_alert
from transit.store.database import writing
from transit.store.networks import current_version, load_versions, save_network
from transit.store.reports import save_reports
from transit.store.retention import BOUNDED, DEFAULT, DEFAULT_DAYS, FORGETTERS, forget_some, parse_keep_days
from transit.store.tables import metadata, refusals, reports, stop_events, tickets, tracker_health
from transit.store.tickets import Ticket, save_ticket
from transit.store.trackers import count_refusals, map_tracker, save_tracker_health

DAY = timedelta(days=1)


def report(n, received_at, tracker_id="T1"):
    return {
        "tracker_id": tracker_id, "fix_at": SEVEN + timedelta(seconds=n), "received_at": received_at,
        "reported_at": received_at, "vehicle_id": "BUS1", "lat": 3.6, "lon": 98.5, "status": "on_trip",
    }  # fmt: skip


def call(n, at):
    return {
        "vehicle_id": "BUS1", "trip_id": "T1", "start_date": MONDAY, "stop_id": "S1", "stop_sequence": n, "arrived_at": at,
        "gap_s": 1.0,
    }  # fmt: skip


def count(engine, table):
    with engine.connect() as connection:
        return len(connection.execute(table.select()).all())


def forget(engine, kind, retention=DEFAULT, now=SEVEN, limit=100):
    with writing(engine) as connection:
        return forget_some(connection, kind, retention, now, limit)


def test_every_table_has_its_end_or_its_bound():
    forgotten = {table for _, tables in FORGETTERS.values() for table in tables}
    assert forgotten | set(BOUNDED) >= set(metadata.tables)
    assert not forgotten & set(BOUNDED)
    assert set(FORGETTERS) | {"promises", "record"} == set(DEFAULT_DAYS)


def test_reports_go_after_92_days_the_oldest_first(database):
    ages = [100, 93, 92, 91, 1]
    with writing(database) as connection:
        save_reports(connection, [report(n, SEVEN - age * DAY) for n, age in enumerate(ages)])
    assert forget(database, "reports", limit=1) == 1
    assert forget(database, "reports") == 1
    assert forget(database, "reports") == 0
    assert count(database, reports) == 3


def test_reports_of_an_hour_in_which_our_clock_ran_ahead_hold_nothing_up(database):
    ahead = [report(n, SEVEN + 300 * DAY) for n in range(50)]
    old = [report(1000 + n, SEVEN - 100 * DAY) for n in range(60)]
    young = [report(2000 + n, SEVEN - DAY) for n in range(40)]
    with writing(database) as connection:
        save_reports(connection, [*ahead, *old, *young])
    while forget(database, "reports", limit=10):
        pass
    with database.connect() as connection:
        assert {row.received_at for row in connection.execute(reports.select())} == {SEVEN - DAY}
    assert count(database, reports) == 40


def test_calls_stay_for_ever_unless_somebody_says_otherwise(database):
    with writing(database) as connection:
        connection.execute(stop_events.insert(), [call(1, SEVEN - 999 * DAY), call(2, SEVEN)])
    assert forget(database, "calls") == 0
    assert forget(database, "calls", parse_keep_days("calls=31")) == 1
    assert count(database, stop_events) == 1


def test_tickets_and_ended_notices_go_after_400_days(database):
    alert = Alert("A1", {"en": "x"}, (InformedEntity(route_id="R1"),), SEVEN - 900 * DAY)
    with writing(database) as connection:
        for n, age in enumerate((401, 399)):
            save_ticket(connection, Ticket(f"K{n}", "no_bus", "S1", SEVEN - age * DAY))
        save_alert(connection, alert)  # it has not ended: it stays, however old
        save_alert(connection, Alert("A2", {"en": "x"}, (InformedEntity(route_id="R1"),), SEVEN - 900 * DAY))
        end_alert(connection, "A2", now=SEVEN - 401 * DAY)
    assert (forget(database, "tickets"), forget(database, "notices"), forget(database, "notices")) == (1, 1, 0)
    assert count(database, tickets) == 1


def test_the_current_network_and_the_newest_two_stay_however_old(database):
    with writing(database) as connection:
        versions = [
            save_network(connection, a_network(stops_every_m=every), now=SEVEN - age * DAY, source="test")
            for every, age in ((500, 900), (400, 800), (800, 700), (1000, 600))
        ]
        save_network(connection, a_network(stops_every_m=500), now=SEVEN, source="test")  # the oldest row is current again
    assert [forget(database, "networks") for _ in range(3)] == [1, 0, 0]
    with database.connect() as connection:
        assert {row.version_id for row in load_versions(connection)} == {versions[0], *versions[2:]}
        assert current_version(connection) == versions[0]


def test_what_was_seen_of_trackers_on_no_vehicle_goes_and_of_others_stays(database):
    with writing(database) as connection:
        map_tracker(connection, "mapped", "BUS1", now=SEVEN)
        blank = {"accepted": 0, "first_received_at": None}
        seen = {name: SEVEN - age * DAY for name, age in (("mapped", 93), ("stray", 93), ("new", 91))}
        save_tracker_health(
            connection, [{"tracker_id": name, **blank, "last_received_at": last_at} for name, last_at in seen.items()]
        )
        count_refusals(connection, {(name, "duplicate"): 1 for name in ("mapped", "stray")}, now=SEVEN - 93 * DAY)
        count_refusals(connection, {("new", "duplicate"): 1}, now=SEVEN - 91 * DAY)
    assert forget(database, "trackers") == 2
    assert (count(database, tracker_health), count(database, refusals)) == (2, 2)


@pytest.mark.parametrize(
    ("text", "reports_days", "tickets_days"),
    [("", 92, 400), ("31", 31, 400), ("reports=62, tickets=forever", 62, None), ("31,tickets=100", 31, 100)],
)
def test_the_setting_is_for_all_or_by_kind(text, reports_days, tickets_days):
    days = parse_keep_days(text).days
    assert (days["reports"], days["tickets"]) == (reports_days, tickets_days)


@pytest.mark.parametrize("text", ["ninety", "buses=3", "reports=1", "reports=", "-5"])
def test_a_setting_that_cannot_be_read_is_refused_with_the_way_out(text):
    with pytest.raises(ValueError, match=r"reports"):
        parse_keep_days(text)


@pytest.mark.parametrize(("step_s", "steps"), [(AIM_S / 2, 17), (AIM_S * 20, 296)])
def test_forgetting_keeps_up_with_six_thousand_reports_a_minute(database, step_s, steps):
    """3,000 rows in 4 s where a step is fast, and in 75 s on the slowest disk: 10 rows a step at least, 4 steps a second."""
    many = 3000
    with writing(database) as connection:
        save_reports(connection, [report(n, SEVEN - 100 * DAY, f"T{n % 50}") for n in range(many)])
    ticks = count_up(0.0, step_s)  # is read before and after each step
    forgetting = Forgetting(database, DEFAULT, lambda: SEVEN, lambda: next(ticks))
    now, done = 100.0, 0
    while count(database, reports):
        assert forgetting.step(now) > 0
        assert forgetting.step(now + STEP_EVERY_S / 2) == 0  # not due yet
        now, done = now + STEP_EVERY_S, done + 1
    assert done == steps
    while forgetting.step(now) or forgetting._due_at < now + STEP_EVERY_S * 2:
        now += STEP_EVERY_S
    assert forgetting._due_at == pytest.approx(now + LOOK_EVERY_S)


def test_a_step_that_takes_too_long_is_followed_by_a_smaller_one(database):
    forgetting = Forgetting(database, DEFAULT, lambda: SEVEN)
    rows = forgetting.rows
    forgetting._pace(rows, 4 * AIM_S)
    assert forgetting.rows < rows / 2
    slow = forgetting.rows
    forgetting._pace(slow, AIM_S / 10)
    assert slow < forgetting.rows < rows
