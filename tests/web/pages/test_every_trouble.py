"""Every kind of trouble of the fleet, brought about as it happens; its sentences are read in both places and languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from gps_ingest.broker_log import BrokerLog
from tests.builders import SEVEN, Way, a_city, a_drive, a_network, a_report, at
from tests.control_room import Control
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.forecasting.departure_orders import DepartureOrder
from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.operations.troubles import TroubleKind as Kind
from transit.operations.watch_report import FaultKind, MessageLoss, PartFault, Restart, WatchReport
from transit.store.alerts import save_alert
from transit.store.assignments import Duty, assign, give
from transit.store.broker_refusals import add_broker_refusals
from transit.store.database import writing
from transit.store.departure_orders import say
from transit.store.tickets import Ticket, save_ticket
from transit.store.watch_reports import write_report
from transit.tracking.trip_choice import AssignmentHint

ROAD = [(0.0, 0.0), (4000.0, 0.0)]
LONG_ROAD = [(0.0, 0.0), (24_000.0, 0.0)]
OTHER_ROAD = [(0.0, 3000.0), (4000.0, 3000.0)]
EVERY_TEN_MIN = tuple(range(7 * 3600, 12 * 3600, 600))
BY_DOCTOR_ALONE = {  # of the set-up: tests/test_app.py, tests/gps_ingest/operations
    Kind.DATABASE_UNKNOWN, Kind.DATABASE_AWAY, Kind.DATA_DIR_READ_ONLY, Kind.DISK_FULL, Kind.BROKER_URL_WRONG, Kind.BROKER_AWAY,
    Kind.BROKER_IS_NONE, Kind.BROKER_REFUSES_US, Kind.LIVE_NEVER_RAN, Kind.LIVE_STOPPED, Kind.OFFERED_OPENLY, Kind.NO_NETWORK,
    Kind.STORED_LOST,
}  # fmt: skip
BY_LIVE_ALONE = {Kind.BUNCHED, Kind.GAP, Kind.GHOST, Kind.LOOSE}  # tests/web/pages/test_inbox.py
ELSEWHERE = {  # tests/web/pages/test_troubles_read.py
    Kind.OUTAGE, Kind.OUR_CLOCK_WRONG, Kind.OUR_CLOCK_STEPPED, Kind.WEEK_ROLLOVER, Kind.LOCAL_TIME, Kind.CLOCK_TOO_WRONG,
    Kind.CLOCK_CORRECTED, Kind.CLOCK_DRIFTS, Kind.CLOCKS_APART, Kind.FIXES_OLD, Kind.MOSTLY_REFUSED, Kind.NEVER_HEARD,
    Kind.ASSIGNED_WITHOUT_TRACKER,
}  # fmt: skip


def drive(start=SEVEN, **how):
    return a_drive(ROAD, start, **how)


def stand(where, start, minutes, *, every_s=20.0):
    """Reports of a bus that stands there."""
    count = round(60 * minutes / every_s)
    return [a_report(where, start + timedelta(seconds=n * every_s)) for n in range(1, count + 1)]


def drive_and_stand(minutes, to_m=1380.0):
    reports = drive(to_m=to_m)
    return [*reports, *stand((to_m, 0.0), reports[-1].reported_at, minutes)]


def assigned(control, vehicle_id, hint):
    with writing(control.engine) as connection:
        assign(connection, vehicle_id, hint, now=control.now)
    control.ingest.look()
    return control


def ordered(control, vehicle_id, departs_at):
    with writing(control.engine) as connection:
        say(connection, DepartureOrder(vehicle_id, departs_at, control.now))
    return control


def refused_by_broker(control, words, times=1):
    folder = control.folder / "broker"
    folder.mkdir(exist_ok=True)
    (folder / "broker.log").write_text("start\n" + times * f"[1] 2026/11/23 07:00:00.0 [ERR] 10.0.0.7:4000 - mid:3 - {words}\n")
    control.ingest.note_broker_refusals(BrokerLog(folder, lambda: control.now))
    return control


def calendar_until(last, **changed):
    network = a_network(first_departures=EVERY_TEN_MIN)
    calendar = replace(network.calendars["DAILY"], end_date=last)
    return replace(network, calendars={"DAILY": calendar}, **changed)


# Each scene leaves a control room in the trouble that it is named after; T1 is on BUS1 and the clock stands at seven.


def feed_empty(control):
    return control.load(replace(a_network(), calendars={}))


def feed_expired(control):
    return control.load(calendar_until(date(2026, 11, 1)))


def feed_expires(control):
    return control.load(calendar_until(date(2026, 11, 30)))


def runs_in_spite(control):
    control.plays(drive(to_m=1800.0))
    with writing(control.engine) as connection:
        notice = Alert("a1", {"en": "Strike"}, (InformedEntity(route_id="R1"),), at(6), effect=Effect.NO_SERVICE)
        save_alert(connection, notice)
    return control


def never_reported(control):
    return control


def no_reports(control):
    control.plays(drive(to_m=600.0))
    with writing(control.engine) as connection:  # nobody misses it
        give(connection, "BUS1", Duty.OFF, None, None, starts_at=control.now, ends_at=None, by="ani", now=control.now)
    control.now = at(7, 30)
    return control


def protocol_refused(control):
    return refused_by_broker(control, '"" - older protocol "MQIsdp" not supported')


def topic_not_read(control):
    return refused_by_broker(control, '"dev" - Publish Violation - Subject "bus.7.gps"')


def topic_refused(control):
    return refused_by_broker(control, '"phone7" - Publish error: character not supported for MQTT topics')


def client_id_refused(control):
    return refused_by_broker(control, '"phone 7" - invalid character in client ID "phone 7"')


def payload_refused(control):
    return refused_by_broker(control, '"phone7" - maximum payload exceeded: 5000000 vs 4194304')


def login_refused(control):
    return refused_by_broker(control, '"phone7" - authentication error')


def client_id_clash(control):
    words = '"phone7" - Replacing old client "10.0.0.8:4001 - mid:9" since both have the same client ID "phone7"'
    return refused_by_broker(control, words, times=5)


def permission_refused(control):
    return refused_by_broker(control, '"phone7" - Publish Violation - User "phone7"')


def broker_turned_away(control):
    return refused_by_broker(control, '"phone7" - malformed packet')


def request_refused(control):
    said = "no id: the device's identifier is missing"
    with writing(control.engine) as connection:
        add_broker_refusals(connection, [BrokerRefusals(RefusalCause.REQUEST, "10.0.0.9", 3, control.now, control.now, said)])
    return control


def unknown_topic(control):
    control.publish("transbinjai/v1/trackers//position", b"{}")
    return control


def silent(control):
    control.map("T2", "BUS2").plays(drive(to_m=600.0))
    return control.plays(drive(), ["T2"])


def no_position(control):
    for minute in range(12):  # a phone that connects and may not use its location
        control.now = SEVEN + timedelta(minutes=minute)
        control.publish("transbinjai/v1/trackers/T1/status", b"online")
    return control


def unmapped(control):
    return control.plays(drive(to_m=600.0), ["T9"])


def shared_vehicle(control):
    return control.map("T9", "BUS1").plays(drive(to_m=600.0))


def parked(control):
    return control.plays(drive_and_stand(45))


def standing(control):
    return control.plays(drive_and_stand(15))


def jam(control):
    for name in ("2", "3"):
        control.map(f"T{name}", f"BUS{name}")
    for number, name in enumerate(("T1", "T2", "T3")):
        control.plays(drive_and_stand(15, 1380.0 - 20.0 * number), [name])
    return control


def frozen_receiver(control):
    whole = drive()
    frozen = [replace(whole[40], reported_at=row.reported_at, received_at=row.received_at) for row in whole[40:58]]
    return control.plays([*whole[:40], *frozen, *whole[58:]], speed=6.0)


def clock_set_back(control):
    """By two minutes, while the bus drives on; a few reports later the two minutes are known, and told instead."""
    whole = drive()
    return control.plays(whole[:30], speed=6.0).plays(whole[30:34], clock_s=-120.0, speed=6.0)


def some_refused(control):
    control.plays(drive(to_m=1200.0))
    return control.publish("transbinjai/v1/trackers/T1/position", b'{"latitude": 3,6}')


def field_unusable(control):
    return control.plays(drive(to_m=600.0), bearing=511)


def never_on_trip(control):
    beside = [a_report((20.0 * (n % 100), 900.0), SEVEN + timedelta(seconds=30 * n)) for n in range(135)]
    return control.plays(beside)


def assignment_unknown(control):
    control.plays(drive(to_m=600.0))
    return assigned(control, "BUS1", AssignmentHint("R1", "T99"))


def assignment_not_today(control):
    network = a_network(first_departures=EVERY_TEN_MIN)
    sundays = replace(network.calendars["DAILY"], service_id="SUNDAY", weekdays=(False,) * 6 + (True,))
    trips = {**network.trips, "SUN": replace(network.trips["T1"], trip_id="SUN", service_id="SUNDAY")}
    control.load(replace(network, trips=trips, calendars={**network.calendars, "SUNDAY": sundays}))
    control.now = at(7, day=date(2026, 11, 24))
    control.plays(drive(at(7, day=date(2026, 11, 24)), to_m=600.0))
    return assigned(control, "BUS1", AssignmentHint("R1", "SUN"))


def assignment_overruled(control):
    control.load(a_city(Way("R1", ROAD, EVERY_TEN_MIN), Way("R2", OTHER_ROAD, EVERY_TEN_MIN)))
    return assigned(control, "BUS1", AssignmentHint("R2")).plays(drive(to_m=3000.0))


def more_unmapped(control):
    """Thousands of invented names are a screen of them and a number."""
    for n in range(25):
        control.publish(f"transbinjai/v1/trackers/X{n}/position", b"{}")
    return control


def departure_without_tracker(control):
    control.plays(drive(to_m=600.0))
    return ordered(control, "BUS9", at(7, 20))


def departure_unseen(control):
    control.map("T2", "BUS2").plays(drive(to_m=600.0))
    return ordered(control, "BUS2", at(7, 20))


def departure_without_trip(control):
    beside = [a_report((20.0 * n, 900.0), SEVEN + timedelta(seconds=20 * n)) for n in range(12)]
    control.plays(beside)
    return ordered(control, "BUS1", at(7, 20))


def departure_overdue(control):
    ordered(control, "BUS1", at(7, 1))
    return control.plays(stand((0.0, 0.0), SEVEN, 8))


def two_devices(control):
    here, there = drive(every_s=20.0), a_drive(OTHER_ROAD[::-1], every_s=20.0)
    return control.plays([there[n] if n % 2 else report for n, report in enumerate(here)])


def stale_point(control):
    whole = drive(every_s=20.0, speed_mps=8.0)
    stale = [a_report((3000.0, 0.0), report.reported_at) if n % 2 else report for n, report in enumerate(whole)]
    return control.plays(stale)


def bearing_wrong(control):
    return control.plays(drive(), bearing=270.0)


def speed_wrong(control):
    return control.plays(drive(), speed=0.0)


def accuracy_too_poor(control):
    return control.plays(drive(), accuracy_m=500)


def accuracy_too_good(control):
    random = Random(2)
    scattered = [
        a_report((60.0 * n + random.gauss(0.0, 60.0), random.gauss(0.0, 60.0)), row.reported_at)
        for n, row in enumerate(drive())
    ]
    return control.plays(scattered, accuracy_m=3)


def kept_to_other_times(control, start):
    control.load(a_network(LONG_ROAD, first_departures=(8 * 3600,)))
    assigned(control, "BUS1", AssignmentHint("R1", "T1"))
    return control.plays(a_drive(LONG_ROAD, start, every_s=20.0, to_m=16_000.0))


def runs_early(control):
    return kept_to_other_times(control, at(7))


def runs_late(control):
    return kept_to_other_times(control, at(9))


def line_left(control):
    def aside(report):
        metres = (report.lon - 98.5) * 111_100.0
        return a_report((metres, 400.0 if 1200.0 < metres < 2700.0 else 0.0), report.reported_at)

    for back in (2, 1, 0):
        start = at(7, day=date(2026, 11, 23 - back))
        control.plays([aside(report) for report in drive(start, speed_mps=6.0)])
    return control


def watched(control, **report):
    write_report(control.folder, WatchReport(**report))
    return control


def part_fault(control):
    return watched(control, faults=(PartFault("broker", FaultKind.DEAF, control.now),))


def part_restarted(control):
    return watched(control, restarts=(Restart("live", FaultKind.SILENT, control.now),))


def messages_lost(control):
    return watched(control, losses=(MessageLoss(20, control.now),))


def falls_silent(control):
    control.map("T2", "BUS2").plays(drive(to_m=600.0), ["T1", "T2"])
    return control.plays(drive(control.now, from_m=600.0, to_m=1800.0), ["T2"])  # 200 s


def off_line(control):
    control.plays(drive(to_m=1300.0))
    start = control.now + timedelta(seconds=10)
    return control.plays([a_report((1300.0, 30.0 * n + 100.0), start + timedelta(seconds=10 * n)) for n in range(20)])


def battery_low(control):
    return control.plays(drive(to_m=600.0), battery_pct=19)


def notice_ends(control):
    control.plays(drive(to_m=600.0))
    with writing(control.engine) as connection:
        save_alert(connection, Alert("a1", {"en": "Roadworks"}, (InformedEntity(route_id="R1"),), at(6), at(7, 25)))
    return control


def ticket_waits(control):
    control.plays(drive(to_m=600.0))
    with writing(control.engine) as connection:
        save_ticket(connection, Ticket("ABCD2345", "no_bus", "S2", control.now - timedelta(hours=24)))
    return control


SCENES = {scene.__name__: scene for scene in (
    feed_empty, feed_expired, feed_expires, runs_in_spite, never_reported, no_reports, protocol_refused, topic_refused,
    topic_not_read,
    client_id_refused, payload_refused, login_refused, permission_refused, broker_turned_away, request_refused,
    unknown_topic, silent,
    no_position, unmapped,
    more_unmapped, shared_vehicle, parked, standing, jam, frozen_receiver, some_refused, field_unusable, never_on_trip,
    assignment_unknown, clock_set_back,
    assignment_not_today, assignment_overruled, departure_without_tracker, departure_unseen, departure_without_trip,
    departure_overdue, two_devices, stale_point, bearing_wrong, speed_wrong,
    accuracy_too_poor, accuracy_too_good, runs_early, runs_late, line_left,
    part_fault, part_restarted, messages_lost, client_id_clash, falls_silent, off_line, battery_low, notice_ends, ticket_waits,
)}  # fmt: skip
NOTHING_ELSE: set[Kind] = set()
COMES_WITH = {  # what else is rightly told of the same scene
    **{kind: {Kind.NEVER_REPORTED} for kind in Kind if kind.value.endswith("_refused") and kind is not Kind.SOME_REFUSED},
    **{
        kind: {Kind.NEVER_REPORTED} for kind in (Kind.PART_FAULT, Kind.PART_RESTARTED, Kind.MESSAGES_LOST, Kind.CLIENT_ID_CLASH)
    },
    Kind.BROKER_TURNED_AWAY: {Kind.NEVER_REPORTED},
    Kind.TOPIC_NOT_READ: {Kind.NEVER_REPORTED},
    Kind.FEED_EMPTY: {Kind.NEVER_REPORTED},
    Kind.FEED_EXPIRED: {Kind.NEVER_REPORTED},
    Kind.FEED_EXPIRES: {Kind.NEVER_REPORTED},
    Kind.UNMAPPED: {Kind.NEVER_HEARD},
    Kind.MORE_UNMAPPED: {Kind.NEVER_HEARD, Kind.NEVER_REPORTED, Kind.UNMAPPED, Kind.SOME_REFUSED, Kind.MOSTLY_REFUSED},
    Kind.SHARED_VEHICLE: {Kind.NEVER_HEARD},
    Kind.DEPARTURE_UNSEEN: {Kind.NEVER_HEARD},
    Kind.CLOCK_SET_BACK: {Kind.CLOCK_CORRECTED},
}


@pytest.fixture
def control(tmp_path):
    made = Control(tmp_path, a_network(first_departures=EVERY_TEN_MIN)).map("T1", "BUS1")
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("name", SCENES)
def test_the_trouble_is_told_and_nothing_else(control, name):
    kind = Kind(name)
    troubles = SCENES[name](control).troubles()
    assert kind in troubles
    assert troubles.keys() - {kind} <= COMES_WITH.get(kind, NOTHING_ELSE)


def test_of_invented_trackers_twenty_are_told_by_name_and_the_others_as_a_number(control):
    more_unmapped(control).troubles()
    rows = control.live.troubles
    assert sum(row.kind is Kind.UNMAPPED for row in rows) == 20
    assert [row.figures for row in rows if row.kind is Kind.MORE_UNMAPPED] == [{"count": 5}]


def test_every_kind_has_its_scene():
    assert {Kind(name) for name in SCENES} | BY_DOCTOR_ALONE | BY_LIVE_ALONE | ELSEWHERE == set(Kind)


@pytest.mark.parametrize("fault", FaultKind)
def test_healthz_is_503_with_the_reason_for_our_own_parts_and_the_database_is_reported_only(control, fault):
    control.troubles()
    assert control.page("/healthz").status_code == 200
    watched(control, faults=(PartFault("broker", fault, control.now),))
    health = control.page("/healthz")
    if fault is FaultKind.DATABASE:
        assert (health.status_code, health.json["status"]) == (200, "ok")
    else:
        assert (health.status_code, health.json["status"]) == (503, "broken")
        assert health.json["reason"] == f"broker: {fault.value} since {control.now.isoformat()}"
    watched(control)
    assert control.page("/healthz").status_code == 200


@pytest.mark.parametrize("fault", [kind for kind in FaultKind if kind is not FaultKind.DIED])
def test_each_fault_of_a_part_has_its_own_sentence(control, fault):
    watched(control, faults=(PartFault("ingest", fault, control.now),))
    assert control.troubles()[Kind.PART_FAULT].figures["case"] == fault.value


def test_what_was_started_again_is_told_for_an_hour(control):
    died = [Restart("live", FaultKind.DIED, control.now - timedelta(minutes=minutes)) for minutes in (70, 20, 10)]
    trouble = watched(control, restarts=tuple(died)).troubles()[Kind.PART_RESTARTED]
    assert (trouble.subject, trouble.since, trouble.figures["count"]) == ("live", died[-1].at, 2)
    control.now += timedelta(minutes=51)
    assert Kind.PART_RESTARTED not in control.troubles()
