"""Messages become facts exactly once, whatever their order; what is refused is counted by name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from tests.builders import SEVEN, a_drive, a_network, a_report, place
from transit.operations.complaints import sentence
from transit.store.database import DatabaseError, migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.reports import load_reports
from transit.store.stop_events import load_stop_events
from transit.store.tables import reports
from transit.store.trackers import load_tracker_health, map_tracker
from transit.store.vehicles import load_states, load_states_made_with


class Desk:
    """An ingest on a database of its own, with a clock that is set by hand; says() is what a tracker publishes."""

    def __init__(self, folder, network=None):
        self.engine = open_database(f"sqlite:///{folder / 'desk.db'}")
        migrate(self.engine)
        self.now = SEVEN
        with writing(self.engine) as connection:
            save_network(connection, network or a_network(), now=self.now, source="test")
            map_tracker(connection, "tracker-BUS1", "BUS1", now=self.now)
        self.ingest = Ingest(self.engine, lambda: self.now)
        self.mid = 0

    def message(self, topic, payload, received_at=None):
        self.mid += 1
        return Message(topic, payload, received_at or self.now, self.mid, 1, 1)

    def says(self, reports, *, tracker_id="tracker-BUS1", clock_s=0.0):
        """One message per report, received when the report says; clock_s: how far ahead the tracker's clock is."""
        return [
            self.message(topic_of(tracker_id), json.dumps(fix_of(report, clock_s)).encode(), report.received_at)
            for report in reports
        ]

    def buffer(self, reports, received_at, *, tracker_id="tracker-BUS1"):
        return self.message(topic_of(tracker_id), json.dumps([fix_of(one) for one in reports]).encode(), received_at)

    def hears(self, messages):
        for message in messages:
            self.now = max(self.now, message.received_at)
            self.ingest.take([message])
        return self

    def stored(self):
        with self.engine.connect() as connection:
            return connection.execute(reports.select().order_by(reports.c.report_id)).all()

    def state(self, vehicle_id="BUS1"):
        with self.engine.connect() as connection:
            return {one.vehicle_id: one for one in load_states(connection)[1]}.get(vehicle_id)

    def events(self):
        with self.engine.connect() as connection:
            return [event for _, event in load_stop_events(connection)]

    def health(self, tracker_id="tracker-BUS1"):
        with self.engine.connect() as connection:
            return {row.tracker_id: row for row in load_tracker_health(connection)}[tracker_id]


def topic_of(tracker_id):
    return f"transbinjai/v1/trackers/{tracker_id}/position"


def fix_of(report, clock_s=0.0):
    return {"latitude": report.lat, "longitude": report.lon, "timestamp": report.reported_at.timestamp() + clock_s}


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.engine.dispose()


def test_a_drive_becomes_reports_a_state_and_stop_events(desk):
    drive = a_drive(to_m=1800)
    desk.hears(desk.says(drive))
    assert len(desk.stored()) == len(drive)
    assert {row.status for row in desk.stored()[5:]} == {"on_trip"}
    assert desk.state().report.reported_at == drive[-1].reported_at
    assert [event.stop_id for event in desk.events()] == ["S0", "S1", "S2", "S3"]
    assert desk.health().accepted == len(drive)


def test_the_same_report_twice_is_stored_once_and_counted_as_duplicate(desk):
    drive = a_drive(to_m=600)
    desk.hears(desk.says(drive)).hears(desk.says(drive))
    assert len(desk.stored()) == len(drive)
    assert desk.health().refusals == {"duplicate": len(drive)}
    assert desk.health().accepted == len(drive)


def test_of_a_clock_that_is_set_back_onto_stored_seconds_no_report_is_lost_and_the_bus_is_live_again_at_once(desk):
    """Its clock was four minutes ahead, and corrected; it is set right while the bus drives on."""
    drive = a_drive(to_m=4000)
    before, after = drive[:34], drive[34:]
    desk.hears(desk.says(before, clock_s=240.0)).hears(desk.says(after))
    again = sum(row.fix_at.microsecond == 1 for row in desk.stored())
    assert again > 10
    assert len(desk.stored()) == len(drive)
    assert len({(row.lat, row.lon) for row in desk.stored()}) == len(drive)
    assert {reason: count for reason, count in desk.health().refusals.items() if reason != "future"} == {
        "time_again": again,
        "out_of_order": 5,  # until the clock is known anew
    }
    assert desk.state().report.lon == pytest.approx(after[-1].lon)
    desk.hears(desk.says(after))  # the broker brings all of it once more
    assert len(desk.stored()) == len(drive)


def test_a_device_whose_time_stands_still_has_one_report(desk):
    drive = a_drive(to_m=1800)
    frozen = [replace(report, reported_at=drive[10].reported_at) for report in drive[11:]]
    desk.hears(desk.says([*drive[:11], *frozen]))
    assert len(desk.stored()) == 11
    assert desk.health().refusals == {"duplicate": len(frozen)}


def test_a_device_whose_time_stands_still_has_one_report_over_a_restart_too(desk):
    drive = a_drive(to_m=1800)
    frozen = [replace(report, reported_at=drive[10].reported_at) for report in drive[11:]]
    desk.hears(desk.says([*drive[:11], *frozen[:5]]))
    desk.ingest = Ingest(desk.engine, lambda: desk.now)
    desk.hears(desk.says(frozen[5:]))
    assert len(desk.stored()) == 11
    assert desk.health().refusals == {"duplicate": len(frozen)}


def test_a_report_that_comes_twice_in_one_batch_is_stored_once(desk):
    twice = desk.says([a_report()]) + desk.says([a_report()])
    desk.ingest.take(twice)
    assert len(desk.stored()) == 1
    assert desk.health().refusals == {"duplicate": 1}


def test_a_restart_still_knows_what_is_stored(desk):
    drive = a_drive(to_m=600)
    desk.hears(desk.says(drive))
    desk.ingest = Ingest(desk.engine, lambda: desk.now)
    desk.hears(desk.says(drive[-3:]))
    assert len(desk.stored()) == len(drive)
    assert desk.health().refusals == {"duplicate": 3}


def test_a_restart_goes_on_where_it_was(desk, tmp_path):
    drive = a_drive(to_m=3000)
    desk.hears(desk.says(drive[:20]))
    desk.ingest = Ingest(desk.engine, lambda: desk.now)
    desk.hears(desk.says(drive[20:]))
    calls = [(event.stop_id, event.stop_sequence) for event in desk.events()]
    assert calls == [(f"S{n}", n + 1) for n in range(6)]


def test_a_late_buffer_is_history_and_does_not_move_the_marker_back(desk):
    drive = a_drive(to_m=3000)
    early, late = drive[:10], drive[10:]
    desk.hears(desk.says(late))
    before = desk.state().report
    desk.hears([desk.buffer(early, late[-1].received_at + timedelta(minutes=5))])
    assert desk.state().report == before
    assert len(desk.stored()) == len(drive)
    assert {row.status for row in desk.stored() if row.fix_at <= early[-1].reported_at} == {"rejected:out_of_order"}
    with desk.engine.connect() as connection:
        kept = load_reports(connection, "BUS1", drive[0].reported_at, drive[-1].reported_at)
    assert [one.reported_at for one in kept] == [one.reported_at for one in drive]


def test_calls_that_only_a_late_buffer_shows_enter_the_statistics_once(desk):
    drive = a_drive(to_m=4000)
    first, lost, last = drive[:12], drive[12:40], drive[40:]
    desk.hears(desk.says(first)).hears(desk.says(last))
    marker = desk.state()
    desk.hears([desk.buffer(lost, last[-1].received_at + timedelta(hours=2))])
    assert desk.ingest.backfill() == 0  # more may come
    desk.ingest.backfill(quiet_s=0.0, piece_s=inf)
    assert desk.ingest.backfill(quiet_s=0.0, piece_s=inf) == 0
    calls = sorted((event.arrived_at, event.stop_id) for event in desk.events())
    assert [stop_id for _, stop_id in calls] == [f"S{n}" for n in range(8)]
    assert desk.state() == marker


def test_late_calls_that_the_database_refuses_enter_the_statistics_later(desk):
    drive = a_drive(to_m=4000)
    desk.hears(desk.says([a_report((0.0, 0.0), drive[-1].reported_at + timedelta(hours=3))]))
    desk.hears([desk.buffer(drive, drive[-1].received_at + timedelta(hours=3, minutes=1))])
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stop_events RENAME TO away")
    with pytest.raises(DatabaseError):
        desk.ingest.backfill(quiet_s=0.0, piece_s=inf)
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO stop_events")
    assert desk.ingest.backfill(quiet_s=0.0, piece_s=inf) >= 8


def test_a_late_buffer_is_driven_a_piece_at_a_time_between_what_comes_in_meanwhile(desk):
    drive = a_drive(to_m=4000)
    now = a_report((0.0, 0.0), drive[-1].reported_at + timedelta(hours=3))
    desk.hears(desk.says([now])).hears([desk.buffer(drive, now.received_at + timedelta(minutes=1))])
    rounds = 0
    while (calls := desk.ingest.backfill(quiet_s=0.0, piece_s=0.0)) == 0:
        rounds += 1
        live = a_report((0.0, 0.0), now.reported_at + timedelta(minutes=1, seconds=rounds))
        assert desk.hears(desk.says([live])).state().report.reported_at == live.reported_at
        assert desk.ingest.late_calls.is_under_way
    assert rounds == len(drive) - 1
    assert calls >= 8
    assert not desk.ingest.late_calls.is_under_way


def test_a_late_buffer_is_begun_anew_in_a_new_network(desk):
    drive = a_drive(to_m=4000)
    desk.hears(desk.says([a_report((0.0, 0.0), drive[-1].reported_at + timedelta(hours=3))]))
    desk.hears([desk.buffer(drive, drive[-1].received_at + timedelta(hours=3, minutes=1))])
    assert desk.ingest.backfill(quiet_s=0.0, piece_s=0.0) == 0
    with writing(desk.engine) as connection:
        save_network(connection, a_network(first_departures=(7 * 3600 + 60,)), now=drive[-1].reported_at, source="test")
    desk.ingest.look()
    assert desk.ingest.backfill(quiet_s=0.0, piece_s=inf) >= 8
    assert {event.trip.trip_id for event in desk.events()} == {"T1"}


def test_a_whole_trip_that_came_late_is_in_the_statistics(desk):
    drive = a_drive(to_m=4000)
    desk.hears(desk.says([a_report((0.0, 0.0), drive[-1].reported_at + timedelta(hours=3))]))
    desk.hears([desk.buffer(drive, drive[-1].received_at + timedelta(hours=3, minutes=1))])
    assert desk.ingest.backfill(quiet_s=0.0, piece_s=inf) >= 8
    assert {event.stop_id for event in desk.events()} >= {f"S{n}" for n in range(1, 8)}
    assert desk.state().report.reported_at > drive[-1].reported_at + timedelta(hours=2)


def test_a_buffer_in_any_order_is_driven_in_the_order_of_its_times(desk):
    drive = a_drive(to_m=3000)
    shuffled = drive[::-1][::2] + drive[::2]
    desk.hears([desk.buffer(shuffled, drive[-1].received_at)])
    assert [event.stop_id for event in desk.events()] == [f"S{n}" for n in range(6)]


def test_pieces_of_a_buffer_out_of_order_in_one_batch_are_put_in_order(desk):
    drive = a_drive(to_m=3000)
    half = len(drive) // 2
    messages = [desk.buffer(drive[half:], drive[-1].received_at), desk.buffer(drive[:half], drive[-1].received_at)]
    desk.now = drive[-1].received_at
    desk.ingest.take(messages)
    assert [event.stop_id for event in desk.events()] == [f"S{n}" for n in range(6)]


def test_reports_of_an_unmapped_tracker_are_stored_counted_and_drive_nothing(desk):
    desk.hears(desk.says([a_report()], tracker_id="stranger"))
    assert desk.stored()[0].vehicle_id is None
    assert desk.state() is None
    assert desk.health("stranger").refusals == {"unmapped": 1}


def test_a_tracker_that_was_just_put_on_a_bus_loses_no_report(desk):
    """Ingest looks at the trackers' map each second; a report may come sooner."""
    with writing(desk.engine) as connection:
        map_tracker(connection, "new", "BUS9", now=desk.now)
    desk.hears(desk.says([a_report()], tracker_id="new"))
    assert desk.stored()[0].vehicle_id == "BUS9"
    assert desk.health("new").refusals == {}


def test_a_tracker_swapped_for_another_is_one_edit(desk):
    drive = a_drive(to_m=1800)
    desk.hears(desk.says(drive[:15]))
    with writing(desk.engine) as connection:
        map_tracker(connection, "new", "BUS1", now=desk.now)
    desk.ingest.look()
    desk.hears(desk.says(drive[15:], tracker_id="new"))
    assert desk.state().report.tracker_id == "new"
    assert [event.stop_id for event in desk.events()] == ["S0", "S1", "S2", "S3"]
    assert desk.health("new").shared_with == ("tracker-BUS1",)


def test_a_clock_that_is_four_minutes_ahead_is_refused_until_it_is_known_and_then_corrected(desk):
    drive = a_drive(to_m=3000)
    desk.hears(desk.says(drive, clock_s=240.0))
    assert desk.health().refusals == {"future": 1}
    assert desk.health().clock_offset_s == pytest.approx(-239.0, abs=1.0)
    assert abs((desk.state().report.reported_at - drive[-1].reported_at).total_seconds()) < 2.0
    assert {row.fix_at - row.received_at for row in desk.stored()} == {timedelta(seconds=239)}  # kept as they were said


def test_a_clock_that_is_an_hour_wrong_is_not_corrected_but_known(desk):
    desk.hears(desk.says(a_drive(to_m=1800), clock_s=3600.0))
    assert desk.state() is None
    assert desk.health().clock_offset_s == pytest.approx(-3599.0, abs=1.0)


BAD = {
    "not_json": b"hello",
    "invalid_utf8": b'{"latitude": "\xff\xfe"}',
    "too_large": b"[" + b" " * (1 << 20) + b"]",
    "missing_field": b'{"latitude": 3.6, "longitude": 98.5}',
    "wrong_type": b'{"latitude": "3.6", "longitude": 98.5, "timestamp": 1764000000}',
    "out_of_range": b'{"latitude": 1e999, "longitude": 98.5, "timestamp": 1764000000}',
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_payload_is_refused_by_name_and_the_next_report_is_taken(desk, reason):
    desk.hears([desk.message(topic_of("tracker-BUS1"), BAD[reason])]).hears(desk.says([a_report()]))
    assert desk.health().refusals == {reason: 1}
    assert desk.health().last_error
    assert desk.state() is not None


def test_places_that_cannot_be_are_refused_by_name(desk):
    far = (place(0.0, 0.0)[0] + 30.0, place(0.0, 0.0)[1])
    for n, (lat, lon) in enumerate([(0.0, 0.0), far]):
        stamp = SEVEN.timestamp() + n
        text = json.dumps({"latitude": lat, "longitude": lon, "timestamp": stamp})
        desk.hears([desk.message(topic_of("tracker-BUS1"), text.encode())])
    assert desk.health().refusals == {"null_island": 1, "out_of_area": 1}


def test_a_new_network_is_taken_up_with_the_buses_that_fit_it(desk):
    desk.hears(desk.says(a_drive(to_m=1800)))
    with writing(desk.engine) as connection:
        save_network(connection, a_network(stops_every_m=250.0), now=desk.now, source="new")
    desk.ingest.look()
    version = desk.ingest.network.version
    with desk.engine.connect() as connection:
        made_with = {state.vehicle_id: made for made, state in load_states_made_with(connection)}
    assert made_with == {"BUS1": version}, "it is stored anew at once, not with its next report"
    desk.hears(desk.says([a_report((1860.0, 0.0), a_drive(to_m=1800)[-1].reported_at + timedelta(seconds=10))]))
    assert desk.ingest.network.version == version
    assert desk.state().matched.trip is not None


def test_when_the_database_refuses_a_batch_nothing_of_it_is_kept_and_it_can_be_taken_again(desk):
    drive = a_drive(to_m=1800)
    desk.hears(desk.says(drive[:10]))
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stop_events RENAME TO away")
    rest = desk.says(drive[10:])
    desk.now = drive[-1].received_at
    with pytest.raises(DatabaseError):
        desk.ingest.take(rest)
    assert len(desk.stored()) == 10
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO stop_events")
    desk.ingest.look()
    desk.ingest.take(rest)
    assert len(desk.stored()) == len(drive)
    assert [event.stop_id for event in desk.events()] == ["S0", "S1", "S2", "S3"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_order_and_the_repetitions_each_report_is_stored_once(tmp_path_factory, data):
    desk = Desk(tmp_path_factory.mktemp("desk"))
    drive = a_drive(to_m=900)
    sent = data.draw(st.lists(st.sampled_from(drive), min_size=1, max_size=40))
    messages = desk.says(sent)
    desk.now = drive[-1].received_at
    while messages:
        count = data.draw(st.integers(1, len(messages)))
        desk.ingest.take(messages[:count])
        messages = messages[count:]
    assert sorted(row.fix_at for row in desk.stored()) == sorted({one.reported_at for one in sent})
    assert desk.state().report.reported_at == max(one.reported_at for one in sent)
    assert desk.health().refusals.get("duplicate", 0) == len(sent) - len({one.reported_at for one in sent})
    desk.engine.dispose()


def test_a_bearing_that_is_none_costs_no_position_and_is_counted_with_its_name(tmp_path):
    desk = Desk(tmp_path)
    topic = "transbinjai/v1/trackers/tracker-BUS1/position"
    lat, lon = place(1000.0, 0.0)
    fix = {"latitude": lat, "longitude": lon, "timestamp": SEVEN.timestamp(), "bearing": 511}
    desk.ingest.take([desk.message(topic, json.dumps(fix).encode())])
    with desk.engine.connect() as connection:
        (health,) = [row for row in load_tracker_health(connection) if row.tracker_id == "tracker-BUS1"]
    assert (health.accepted, health.refusals) == (1, {"optional_field": 1})
    assert sentence(health.last_error).startswith("bearing is 511; send a number from 0 to 360")
