"""Each trouble goes in as messages, and is read on /armada and from doctor, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gps_ingest.ingest.facts import Ingest
from tests.builders import a_drive
from tests.control_room import Control
from transit.operations.troubles import TroubleKind as Kind
from transit.store.assignments import assign
from transit.store.database import writing
from transit.store.tables import tracker_health
from transit.store.trackers import map_tracker
from transit.tracking.trip_choice import AssignmentHint
from web.words.troubles import wrong

SEVEN_HOURS_S = 7 * 3600.0
TOPIC = "transbinjai/v1/trackers/T1/position"


@pytest.fixture
def control(tmp_path):
    made = Control(tmp_path)
    yield made
    made.engine.dispose()


def test_a_fleet_that_reports_well_has_no_trouble(control):
    assert control.map("T1", "BUS1").plays(a_drive(to_m=1800)).troubles() == {}


@pytest.mark.parametrize(
    ("clock_s", "kind"),
    [
        (SEVEN_HOURS_S, Kind.LOCAL_TIME),
        (-SEVEN_HOURS_S, Kind.LOCAL_TIME),  # its zone taken off a time that is UTC already
        (-3 * 3600.0, Kind.LOCAL_TIME),
        (-13 * 3600.0, Kind.CLOCK_TOO_WRONG),  # no zone is so far west
        (-6.5 * 3600.0, Kind.CLOCK_TOO_WRONG),
        (3 * 3600.0 + 1200.0, Kind.CLOCK_TOO_WRONG),
        (7 * 3600.0 + 660.0, Kind.CLOCK_TOO_WRONG),  # further off than a clock drifts unnoticed
        (6 * 3600.0 + 3360.0, Kind.LOCAL_TIME),  # 6 h 56 min
        (-7 * 3600.0 - 540.0, Kind.LOCAL_TIME),
        (-14 * 3600.0 + 300.0, Kind.LOCAL_TIME),  # its zone taken off twice
        (-1024 * 7 * 86400.0, Kind.WEEK_ROLLOVER),
        (-2048 * 7 * 86400.0, Kind.WEEK_ROLLOVER),
        (1024 * 7 * 86400.0, Kind.WEEK_ROLLOVER),  # in the future
        (-1021 * 7 * 86400.0, Kind.WEEK_ROLLOVER),  # and some weeks besides
        (-1000 * 7 * 86400.0, Kind.CLOCK_TOO_WRONG),
        (8 * 3600.0, Kind.LOCAL_TIME),  # a device that was set up for Makassar
        (9 * 3600.0, Kind.LOCAL_TIME),
        (7.5 * 3600.0, Kind.CLOCK_TOO_WRONG),
        (150.0, Kind.CLOCK_CORRECTED),
    ],
)
def test_a_clock_is_told_by_what_is_wrong_with_it(control, clock_s, kind):
    found = control.map("T1", "BUS1").map("T2", "BUS2")
    found.plays(a_drive(to_m=1800), ["T2"]).plays(a_drive(to_m=1800), clock_s=clock_s)
    assert control.troubles().keys() == {kind}


def test_of_a_clock_that_is_off_by_its_zone_and_some_minutes_both_are_told_in_both_languages(control):
    control.map("T1", "BUS1").map("T2", "BUS2")
    control.plays(a_drive(to_m=1800), ["T2"]).plays(a_drive(to_m=1800), clock_s=6 * 3600.0 + 3360.0)
    said = control.troubles()[Kind.LOCAL_TIME]  # the same on /armada and by doctor: tests/control_room.py
    assert wrong(said, "en", "Asia/Jakarta", control.now) == (
        "Tracker T1 sends local time as if it were UTC: its clock is 7 h ahead, as its time zone is, and 4 min behind besides."
    )
    assert wrong(said, "id", "Asia/Jakarta", control.now) == (
        "Pelacak T1 mengirim waktu setempat seolah-olah UTC: jamnya 7 jam lebih cepat, yaitu selisih zona waktunya, "
        "dan di luar itu 4 menit lebih lambat."
    )


def test_a_receiver_that_repeats_a_point_while_its_bus_drives_is_told_once_and_not_as_a_parked_bus(control):
    driven = a_drive(to_m=1800)
    whole = [replace(driven[-1], reported_at=at, received_at=at) for at in minutes_after(driven[-1].reported_at, 90)]
    control.map("T1", "BUS1").plays(driven, speed=6.0)
    assert control.plays(whole[:45], speed=6.0).troubles().keys() == {Kind.FROZEN_RECEIVER}
    trembles = [replace(row, lat=row.lat + 1e-5 * (n % 2)) for n, row in enumerate(whole[45:])]  # then it works, and stands
    assert control.plays(trembles, speed=0.0).troubles().keys() >= {Kind.FROZEN_RECEIVER, Kind.PARKED}


def minutes_after(moment, count):
    return [moment + timedelta(minutes=n) for n in range(1, count + 1)]


def test_a_machine_that_is_seven_hours_wrong_is_told_as_this_machine_and_not_as_its_trackers(control):
    names = ["T1", "T2", "T3"]
    for name in names:
        control.map(name, f"BUS-{name}")
    found = control.plays(a_drive(to_m=1800), names, clock_s=SEVEN_HOURS_S).troubles()
    assert found.keys() == {Kind.OUR_CLOCK_WRONG}
    assert found[Kind.OUR_CLOCK_WRONG].figures["case"] == "behind"


def test_a_machine_that_is_set_right_by_five_minutes_loses_no_report_and_says_so(control):
    names = ["T1", "T2", "T3"]
    for name in names:
        control.map(name, f"BUS-{name}")
    drive = a_drive(to_m=3000)
    half = len(drive) // 2
    for report in drive[:half]:
        control.plays(
            [report.__class__(**{**fields_of(report), "received_at": report.received_at + timedelta(minutes=5)})], names
        )
    assert control.troubles().keys() == {Kind.OUR_CLOCK_WRONG}
    control.now = drive[half].received_at
    control.ingest = Ingest(control.engine, lambda: control.now)
    found = control.plays(drive[half:], names).troubles()
    assert found.keys() == {Kind.OUR_CLOCK_STEPPED}
    assert control.ingest.network.pipeline.states["BUS-T1"].report.reported_at == drive[-1].reported_at


def fields_of(report):
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


REFUSED = [
    ("inaccurate", {"accuracy_m": 500, "off_m": 300.0}),
    ("duplicate", {"frozen": True}),
    ("unreadable", {"timestamp": "2026-11-23T07:00:00"}),
]


@pytest.mark.parametrize(("case", "how"), REFUSED)
def test_a_tracker_of_which_most_is_refused_is_told_with_the_reason_until_it_is_over(control, case, how):
    drive = a_drive(to_m=1800)
    found = control.map("T1", "BUS1").plays(drive[: len(drive) // 2], **how).troubles()
    assert found[Kind.MOSTLY_REFUSED].figures["case"] == case
    assert Kind.MOSTLY_REFUSED not in control.plays(drive[len(drive) // 2 :]).troubles()


def test_a_tracker_that_is_mapped_and_never_heard_is_told_and_its_clock_is_not_called_right(control):
    control.map("T1", "BUS1").map("T2", "BUS2").plays(a_drive(to_m=1800))
    assert control.troubles()[Kind.NEVER_HEARD].subject == "T2"
    assert "not known" in control.page("/armada").text
    assert "belum diketahui" in control.page("/armada", "id").text


def test_a_silent_fleet_is_told_to_operators_and_riders_and_is_over_when_it_is_heard_again(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[: len(drive) // 2]).waits(seconds=140)
    assert control.page("/healthz").json["status"] == "ok"
    control.waits(seconds=90)
    health = control.page("/healthz")
    assert (health.status_code, health.json["status"]) == (200, "degraded")
    assert "1 of 1" in health.json["reason"]
    assert "Trackers silent since" in control.page("/").text
    for path in ("/koridor/R1", "/peta", "/halte/S5", "/armada"):
        assert "No bus can be seen since" in control.page(path).text, path
    assert control.troubles()[Kind.OUTAGE].figures["vehicles"] == "BUS1"
    late = [move(report, control.now - drive[0].received_at) for report in drive[len(drive) // 2 :][:6]]
    control.plays(late).waits(seconds=80)
    assert control.page("/healthz").json["status"] == "ok"


def move(report, by):
    fields = fields_of(report)
    return report.__class__(**{**fields, "reported_at": report.reported_at + by, "received_at": report.received_at + by})


def test_a_tracker_that_is_put_on_another_vehicle_takes_the_trip_along_at_once(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[: len(drive) // 2])
    trip = control.ingest.network.pipeline.states["BUS1"].matched.trip
    assert trip is not None
    control.map("T1", "BUS2")
    control.live.step(control.now)
    assert list(control.live.states) == ["BUS2"]
    assert control.live.states["BUS2"].matched.trip == trip
    control.plays(drive[len(drive) // 2 :][:1])
    assert control.ingest.network.pipeline.states["BUS2"].matched.trip == trip
    with writing(control.engine) as connection:
        map_tracker(connection, "T1", None, now=control.now)
    control.live.step(control.now)
    assert control.live.states == {}, "who has no tracker is not live, however young its last fix"


def test_an_assignment_of_a_vehicle_without_tracker_is_told(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800))
    with writing(control.engine) as connection:
        assign(connection, "BUS9", AssignmentHint("R1"), now=control.now)
    assert control.troubles()[Kind.ASSIGNED_WITHOUT_TRACKER].subject == "BUS9"


def test_a_fix_that_is_still_to_come_is_not_live(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800))
    control.now -= timedelta(seconds=40)
    control.live.step(control.now)
    assert "still to come" in control.page("/armada").text
    assert "masih akan datang" in control.page("/armada", "id").text
    assert control.live.forecaster is not None
    assert not control.page("/api/v1/vehicles").json["vehicles"]


def test_a_tracker_that_is_heard_and_wholly_refused_is_not_called_never_heard(control):
    control.map("T1", "BUS1").map("T2", "BUS2").plays(a_drive(to_m=600), ["T2"], accuracy_m=500)
    control.live.step(control.now)
    for language, heard, never in (
        ("en", "heard, but no position could be used", "never heard"),
        ("id", "terdengar, tetapi tidak ada posisi yang dapat dipakai", "belum pernah terdengar"),
    ):
        rows = {vehicle_id: control.row(vehicle_id, language) for vehicle_id in ("BUS1", "BUS2")}
        assert (never in rows["BUS1"], heard in rows["BUS1"]) == (True, False)
        assert (never in rows["BUS2"], heard in rows["BUS2"]) == (False, True)


def test_what_a_tracker_sends_wrong_is_told_in_the_readers_language(control):
    control.map("T1", "BUS1").publish(TOPIC, b'{"latitude": 98.5, "longitude": 3.6, "timestamp": 1795400000}')
    control.live.step(control.now)
    assert "latitude is out of range, it must be &lt;= 90.0; latitude and longitude may be swapped" in control.row("BUS1")
    assert "latitude di luar batas, seharusnya &lt;= 90.0; lintang dan bujur mungkin tertukar" in control.row("BUS1", "id")


def test_what_an_earlier_version_stored_as_a_sentence_is_still_told(control):
    control.map("T1", "BUS1").publish(TOPIC, b"{}")
    with writing(control.engine) as connection:
        connection.execute(tracker_health.update().values(last_error="latitude is missing"))
    assert control.troubles()[Kind.SOME_REFUSED].figures["said"].figures == {"said": "latitude is missing"}


def test_of_a_silent_fleet_riders_and_operators_read_one_sentence_and_not_two(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[: len(drive) // 2]).waits(minutes=6)
    page = control.page("/halte/S5").text
    assert page.count("trackers are silent") == 1
    assert "No bus can be seen since" in page
    assert control.troubles().keys() == {Kind.OUTAGE}


def test_an_alarm_of_a_clock_is_over_when_the_clock_is_right(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[:12], clock_s=SEVEN_HOURS_S)
    assert control.troubles().keys() == {Kind.LOCAL_TIME}
    control.plays(drive[12:18])
    assert control.troubles() == {}
