"""Each trouble goes in as messages, and is read on /armada and from doctor, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from gps_ingest.broker_log import BrokerLog
from gps_ingest.ingest.facts import Ingest
from gps_ingest.operations.doctor import LiveLook, examine
from tests.builders import SEVEN, a_drive, a_guide, a_network, a_report, at, every
from tests.control_room import Control
from transit.operations.troubles import TroubleKind as Kind
from transit.store.assignments import Duty, assign, give
from transit.store.database import writing
from transit.store.tables import tracker_health
from transit.store.trackers import map_tracker
from transit.tracking.trip_choice import AssignmentHint
from web.factory import create_app
from web.settings import WebSettings
from web.words.troubles import sentence, wrong

SEVEN_HOURS_S = 7 * 3600.0
TOPIC = "transbinjai/v1/trackers/T1/position"
OF_JUMPS = {Kind.TWO_DEVICES, Kind.STALE_POINT, Kind.MOSTLY_REFUSED}


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
        (-315_964_782.0, Kind.CLOCK_TOO_WRONG),  # GPS seconds: from 1980 on, without leap seconds
        (-946_684_800.0, Kind.CLOCK_TOO_WRONG),  # from 2000 on
        (8 * 3600.0, Kind.LOCAL_TIME),  # a device that was set up for Makassar
        (9 * 3600.0, Kind.LOCAL_TIME),
        (7.5 * 3600.0, Kind.CLOCK_TOO_WRONG),  # no zone is so
        (5.5 * 3600.0, Kind.LOCAL_TIME),  # India's
        (-3.5 * 3600.0, Kind.LOCAL_TIME),  # Newfoundland's
        (5.25 * 3600.0, Kind.CLOCK_TOO_WRONG),
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
    told = sentence(found[Kind.OUR_CLOCK_WRONG], "en", "Asia/Jakarta", control.now)
    assert told.startswith("The clock of this machine is wrong: it is 7 h behind most trackers' clocks.")
    assert "If it is right after all, the trackers send local time" in told  # nobody but a watch can tell these apart


def test_a_machine_that_is_wrong_by_no_time_zone_is_told_to_be_set_and_nothing_else(control):
    control.map("T1", "BUS1").map("T2", "BUS2").plays(a_drive(to_m=1800), ["T1", "T2"], clock_s=1200.0)
    told = sentence(control.troubles()[Kind.OUR_CLOCK_WRONG], "en", "Asia/Jakarta", control.now)
    assert ("20 min behind" in told, "local time" in told) == (True, False)


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


@pytest.mark.parametrize("moment", [at(0, 30), at(5, 50), at(18, 45), at(23)])
def test_outside_of_service_hours_silence_is_no_failure_to_anybody(tmp_path, moment):
    control = Control(tmp_path, a_network(headway=every(10.0)), now=moment - timedelta(minutes=20))
    control.map("T1", "BUS1").plays(a_drive(to_m=1800, start=control.now)).waits(minutes=20)
    assert control.troubles() == {}
    for path in ("/", "/koridor/R1", "/peta", "/halte/S5", "/armada"):
        for language, words in (
            ("en", ("can be seen", "cannot be seen", "silent since")),
            ("id", ("terlihat sejak", "diam sejak")),
        ):
            page = control.page(path, language).text
            assert not [word for word in words if word in page], (path, language)
    assert control.page("/healthz").json["status"] == "ok"
    assert control.page("/api/v1/stops/S5/arrivals").json["silent_since"] is None
    control.engine.dispose()


def test_what_the_live_process_knew_when_it_stopped_is_no_news_of_doctor(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800)).waits(minutes=4)
    for age_s, is_told in ((30, True), (31, False)):
        look = LiveLook(control.now - timedelta(seconds=age_s), control.live.watch)
        found = examine(control.engine, "mqtt://127.0.0.1:1", control.folder, control.now, live=look)
        assert (Kind.OUTAGE in {row.kind for row in found.troubles}) == is_told


def test_while_the_fleet_is_silent_the_pages_of_places_and_the_api_say_so_and_end_it_with_the_first_report(tmp_path):
    control = Control(tmp_path)
    drive, half = a_drive(to_m=3000), 25
    control.map("T1", "BUS1").plays(drive[:half]).waits(minutes=4)
    silent_since = control.now.astimezone(ZoneInfo("Asia/Jakarta")) - timedelta(minutes=4)
    settings = {"clock": lambda: control.now, "sample_guide": a_guide(tmp_path)}
    visitor = create_app(WebSettings(tmp_path, control.url, **settings)).test_client()
    for path in ("/wisata", "/wisata/tugu", "/rute?dari=halte:S0&ke=halte:S5"):
        words = "Tidak ada bus yang terlihat sejak"
        assert words in visitor.get(path).text, path
    for path in ("/api/v1/stops/S5/arrivals", "/api/v1/vehicles"):
        assert control.page(path).json["silent_since"] == silent_since.isoformat()
    control.plays([move(drive[half], control.now - drive[half].received_at + timedelta(seconds=1))])
    control.live.step(control.now)
    for path in ("/wisata", "/wisata/tugu", "/", "/halte/S5", "/peta", "/koridor/R1"):
        assert "terlihat sejak" not in visitor.get(path).text, path
    assert control.page("/api/v1/vehicles").json["silent_since"] is None
    assert control.page("/healthz").json["status"] == "ok"
    assert Kind.OUTAGE not in control.troubles()
    control.engine.dispose()


def test_of_a_fleet_that_reports_without_a_fix_it_is_said_that_its_positions_are_refused(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[:25])
    for report in drive[25:]:
        control.plays([report], accuracy_m=500, off_m=300.0).live.step(control.now)
    found = control.troubles()
    assert found.keys() == {Kind.OUTAGE, Kind.MOSTLY_REFUSED}
    assert said(control, Kind.OUTAGE) == (
        "No bus can be seen since 07:04, because no position of their trackers can be used: BUS1."
    )
    assert "No bus can be seen since 07:04" in control.page("/halte/S5").text


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
    assert control.troubles().keys() == {Kind.CLOCKS_APART}
    control.plays(drive[12:18])
    assert control.troubles() == {}


def said(control, kind, language="en"):
    return wrong(control.troubles()[kind], language, "Asia/Jakarta", control.now)


@pytest.mark.parametrize(
    ("clock_s", "sentence"),
    [
        (SEVEN_HOURS_S, "The clock of tracker T1 is 7 h ahead of the clock of this machine. "),
        (-20 * 60.0, "The clock of tracker T1 is 20 min behind the clock of this machine. "),
        (-298.0, "The clock of tracker T1 is 5 min behind the clock of this machine (corrected). "),
        (5.5 * 3600.0, "The clock of tracker T1 is 5 h 30 min ahead of the clock of this machine. "),
    ],
)
def test_where_one_tracker_and_this_machine_disagree_neither_is_blamed(control, clock_s, sentence):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800), clock_s=clock_s)
    assert said(control, Kind.CLOCKS_APART) == sentence + "One of the two is wrong; no other tracker shows which."
    assert "jam komputer ini" in said(control, Kind.CLOCKS_APART, "id")


@pytest.mark.parametrize(("clock_s", "is_by_zone"), [(SEVEN_HOURS_S, True), (6 * 3600.0, False), (-SEVEN_HOURS_S, False)])
def test_of_one_tracker_that_is_ahead_by_the_citys_zone_it_is_said_that_it_may_send_local_time(control, clock_s, is_by_zone):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800), clock_s=clock_s)
    told = sentence(control.troubles()[Kind.CLOCKS_APART], "en", "Asia/Jakarta", control.now)
    assert ("the tracker sends local time as if it were UTC" in told) == is_by_zone


def test_a_week_rollover_shows_whose_clock_is_wrong_without_another_tracker(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800), clock_s=-1024 * 7 * 86400.0 + 5 * 3600.0)
    assert said(control, Kind.WEEK_ROLLOVER) == (
        "Tracker T1 sends dates that are 20 years too early: its receiver has lost 1024 weeks (GPS week rollover)."
    )


@pytest.mark.parametrize(
    ("weeks", "off", "lost", "besides"),
    [
        (-1021, "20 years too early", "has lost 1024 weeks", "21 days ahead"),
        (-1028, "20 years too early", "has lost 1024 weeks", "28 days behind"),
        (1025, "20 years too late", "counts 1024 weeks too many", "7 days ahead"),
        (2047, "39 years too late", "counts 2048 weeks too many", "7 days behind"),
    ],
)
def test_a_week_rollover_with_other_weeks_besides_is_told_with_both(control, weeks, off, lost, besides):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800), clock_s=weeks * 7 * 86400.0)
    assert said(control, Kind.WEEK_ROLLOVER) == (
        f"Tracker T1 sends dates that are {off}: its receiver {lost} (GPS week rollover), and its date is {besides} besides."
    )


@pytest.mark.parametrize(
    ("clock_s", "sentence"),
    [
        (-315_964_782.0, "Tracker T1 counts the seconds from 1980 on (GPS time): its times are 10 years too early."),
        (-946_684_800.0 + SEVEN_HOURS_S, "Tracker T1 counts the seconds from 2000 on: its times are 30 years too early."),
        (-1000 * 7 * 86400.0, "The clock of tracker T1 is 19 years behind: too much to be corrected."),
    ],
)
def test_a_tracker_that_counts_its_seconds_from_another_year_on_is_told_so(control, clock_s, sentence):
    control.map("T1", "BUS1").map("T2", "BUS2").plays(a_drive(to_m=1800), ["T2"]).plays(a_drive(to_m=1800), clock_s=clock_s)
    assert said(control, Kind.CLOCK_TOO_WRONG) == sentence


@pytest.mark.parametrize(
    ("gain", "sentence"),
    [
        (1 / 60, "The clock of tracker T1 runs fast: it gains 60 s in an hour and is 39 s off (corrected)."),
        (-1 / 60, "The clock of tracker T1 runs slow: it loses 60 s in an hour and is 41 s off (corrected)."),
        (1 / 300, ""),  # 12 s in an hour: nobody need care
        (0.0, ""),
    ],
)
def test_a_clock_that_runs_fast_or_slow_is_told_with_how_much(control, gain, sentence):
    control.map("T1", "BUS1").map("T2", "BUS2")
    for n, report in enumerate(a_drive(speed_mps=1.2, every_s=10.0, to_m=3000.0)):
        control.plays([report], ["T2"]).plays([report], clock_s=gain * 10.0 * n)
    found = control.troubles()
    assert (Kind.CLOCK_DRIFTS in found) == bool(sentence)
    if sentence:
        assert said(control, Kind.CLOCK_DRIFTS) == sentence


def test_a_clock_that_was_set_once_is_not_said_to_run_fast(control):
    control.map("T1", "BUS1").map("T2", "BUS2")
    for n, report in enumerate(a_drive(speed_mps=1.2, every_s=10.0, to_m=3000.0)):
        control.plays([report], ["T2"]).plays([report], clock_s=0.0 if n < 120 else 45.0)
    clocks = {Kind.CLOCK_CORRECTED, Kind.CLOCK_DRIFTS}
    assert control.troubles().keys() & clocks == {Kind.CLOCK_CORRECTED}


@pytest.mark.parametrize(
    ("clock_s", "sentence"),
    [
        (SEVEN_HOURS_S, "Tracker T1 sends local time as if it were UTC: its clock is 7 h ahead, as a time zone is."),
        (2 * 3600.0, "The clock of tracker T1 is 2 h ahead: most likely its time zone is set wrongly."),
        (5.5 * 3600.0, "The clock of tracker T1 is 5 h 30 min ahead: most likely its time zone is set wrongly."),
        (-3 * 3600.0, "The clock of tracker T1 is 3 h behind: most likely its time zone is set wrongly."),
    ],
)
def test_only_a_clock_that_is_off_by_the_citys_zone_is_said_to_send_its_local_time(control, clock_s, sentence):
    control.map("T1", "BUS1").map("T2", "BUS2").plays(a_drive(to_m=1800), ["T2"]).plays(a_drive(to_m=1800), clock_s=clock_s)
    assert said(control, Kind.LOCAL_TIME) == sentence


def test_while_this_machine_is_wrong_no_trackers_clock_is_called_so_and_none_is_said_to_report_well(control):
    control.map("T1", "BUS1").map("T2", "BUS2")
    control.plays(a_drive(to_m=1800), ["T1", "T2"], clock_s=SEVEN_HOURS_S)
    assert control.troubles().keys() == {Kind.OUR_CLOCK_WRONG}
    assert ("right" in control.row("BUS1"), "7 h ahead" in control.row("BUS1")) == (True, False)
    page = control.page("/armada/pelacak").text
    assert ("Reports well" in page, page.count("no position of it can be used")) == (False, 2)


def test_a_clock_is_not_called_right_of_a_tracker_that_has_been_silent_for_hours(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800))
    control.live.step(control.now)
    assert "right" in control.row("BUS1")
    control.now += timedelta(hours=2)
    control.live.step(control.now)
    assert ("right" in control.row("BUS1"), "not known" in control.row("BUS1")) == (False, True)


def test_a_clock_that_was_set_back_and_is_behind_is_told_once(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").map("T2", "BUS2")
    for n, report in enumerate(drive):
        control.plays([report], ["T2"]).plays([report], clock_s=0.0 if n < 20 else -300.0)
    assert control.troubles().keys() == {Kind.CLOCK_CORRECTED}


def test_two_devices_under_one_name_are_told_once_and_so_is_a_point_that_is_repeated(control):
    here, there = a_drive(every_s=20.0, to_m=3000.0), a_drive([(4000.0, 3000.0), (0.0, 3000.0)], every_s=20.0)
    control.map("T1", "BUS1").plays([there[n] if n % 2 else report for n, report in enumerate(here)])
    assert control.troubles().keys() & OF_JUMPS == {Kind.TWO_DEVICES}
    whole = a_drive(start=control.now + timedelta(minutes=1), every_s=20.0, to_m=3000.0)
    stale = [a_report((3000.0, 2000.0), report.reported_at) if n % 3 else report for n, report in enumerate(whole)]
    control.map("T2", "BUS2").plays(stale, ["T2"])
    found = control.live.step(control.now).troubles
    assert [row.kind for row in found if row.subject == "T2" and row.kind in OF_JUMPS] == [Kind.STALE_POINT]


def test_two_trackers_on_one_bus_are_told_once_and_on_the_row_of_each(control):
    control.map("T1", "BUS1").map("T2", "BUS1").plays(a_drive(to_m=1800), ["T1", "T2"])
    shared = [row for row in control.live.step(control.now).troubles if row.kind is Kind.SHARED_VEHICLE]
    assert [(row.subject, row.figures["others"]) for row in shared] == [("T1", "T2")]
    assert control.page("/armada/pelacak").text.count("are both on vehicle BUS1") == 2


def test_of_two_trackers_on_one_bus_none_is_blamed_for_what_the_other_sends(control):
    control.map("T1", "BUS1").map("T2", "BUS1").plays(a_drive(to_m=1800), ["T1", "T2"])
    assert control.troubles().keys() == {Kind.SHARED_VEHICLE}
    assert "another tracker of its bus was first" in control.row("BUS1")
    control.map("T2", None)
    control.now += timedelta(seconds=10)
    control.live.step(control.now)
    assert control.troubles().keys() == {Kind.UNMAPPED}


def test_messages_on_an_unknown_topic_are_told_and_are_no_row_of_a_tracker(control):
    control.map("T1", "BUS1").publish("owntracks/a\tb/phone", b"{}")
    assert "Messages come in that nobody reads, last at 07:00:" in said(control, Kind.UNKNOWN_TOPIC)
    assert "(unknown)" not in control.page("/armada/pelacak").text
    assert "(unknown)" not in control.page("/armada").text


def test_a_bus_that_is_marked_as_in_repair_is_not_asked_for_its_trip_or_its_silence(control):
    control.map("T1", "BUS1")
    parked = [a_report((500.0, 4000.0), SEVEN + timedelta(seconds=60 * n)) for n in range(70)]
    control.plays(parked)
    assert Kind.NEVER_ON_TRIP in control.troubles()
    with writing(control.engine) as connection:
        give(connection, "BUS1", Duty.REPAIR, None, None, starts_at=control.now, ends_at=None, by="ani", now=control.now)
    assert Kind.NEVER_ON_TRIP not in control.troubles()
    control.waits(minutes=20)
    assert control.troubles().keys().isdisjoint({Kind.SILENT, Kind.NEVER_ON_TRIP})


def test_doctor_says_since_when_a_trouble_is_found_as_armada_does(control):
    control.map("T1", "BUS1")
    for minute in range(20):
        control.now = SEVEN + timedelta(minutes=minute)
        control.publish(TOPIC, b"{}")
        control.live.step(control.now)
    found = examine(control.engine, "mqtt://127.0.0.1:1", control.folder, control.now, live=LiveLook(control.now))
    (trouble,) = [row for row in found.troubles if row.kind is Kind.MOSTLY_REFUSED]
    told = sentence(trouble, "en", "Asia/Jakarta", control.now, found.began_at[trouble.key])
    assert told.startswith("Most reports of tracker T1 are refused (100 % of the last 20): latitude is missing;")
    assert "time of the fix. Since 07:05. Ask whoever" in told
    assert "Sejak 07.05." in sentence(trouble, "id", "Asia/Jakarta", control.now, found.began_at[trouble.key])


def test_while_one_bus_of_three_is_still_heard_nobody_is_told_that_none_can_be_seen(control):
    drive, names = a_drive(to_m=3300), ["T1", "T2", "T3"]
    for name in names:
        control.map(name, f"BUS-{name}")
    half = len(drive) // 2
    control.plays(drive[:half], names)
    with writing(control.engine) as connection:
        for name in names:
            assign(connection, f"BUS-{name}", AssignmentHint("R1"), now=control.now)
    for report in drive[half:]:
        control.plays([report], ["T1"])
        control.live.step(control.now)
    assert said(control, Kind.OUTAGE) == "2 of 3 buses in service are silent since 07:04: BUS-T2, BUS-T3."
    for path in ("/", "/peta", "/halte/S5"):
        page = control.page(path).text
        assert ("Some buses cannot be seen since" in page, "No bus can be seen since" in page) == (True, False), path
    assert control.page("/healthz").json["status"] == "degraded"


def test_while_the_fleet_is_silent_no_bus_is_said_to_be_running(control):
    drive = a_drive(to_m=3000)
    control.map("T1", "BUS1").plays(drive[: len(drive) // 2]).waits(minutes=4)
    page = control.page("/").text
    assert ("Trackers silent since" in page, "1 bus is running now" in page) == (True, False)


def test_a_tracker_that_is_heard_and_whose_positions_are_all_old_is_told_until_one_is_new(control):
    control.map("T1", "BUS1").map("T2", "BUS2")
    drive = a_drive(speed_mps=2.0, to_m=4000.0)
    for n, report in enumerate(drive[:150]):
        control.plays([report], ["T2"]).plays([report], clock_s=-6.0 * n)  # loses more than half of the time
    assert said(control, Kind.FIXES_OLD) == (
        "Tracker T1 on vehicle BUS1 reports, but its newest position is 15 min old: riders do not see it."
    )
    assert Kind.FIXES_OLD not in {row.kind for row in control.live.step(control.now).troubles if row.subject == "T2"}
    control.plays(drive[150:170], ["T1", "T2"])
    assert Kind.FIXES_OLD not in control.troubles()


def test_a_tracker_that_reports_under_nearly_the_name_that_was_mapped_is_told_once_with_both_names(control):
    control.map("bus-7", "BUS7").plays(a_drive(to_m=1800), ["BUS7"])
    assert control.troubles().keys() == {Kind.NEVER_HEARD}
    assert said(control, Kind.NEVER_HEARD) == (
        "Tracker bus-7 on vehicle BUS7 has never been heard, but BUS7 reports and is on no vehicle: "
        "the names differ in capitals or signs."
    )
    control.plays(a_drive(start=control.now, to_m=600), ["bus8"])
    assert control.troubles().keys() == {Kind.NEVER_HEARD, Kind.UNMAPPED}


REFUSAL = '[1] 2026/11/25 19:29:28.6 [ERR] 127.0.0.1:1 - mid:6 - "{client}" - {said}\n'


@pytest.mark.parametrize(
    ("client", "refusal"),
    [
        ("x", 'Publish Violation - Subject "transbinjai.v1.trackers.T1.Position"'),
        ("x", 'Publish Violation - Subject "Transbinjai.v1.trackers.T1.position./"'),
        ("T1", 'older protocol "MQIsdp" not supported'),
        ("x", 'authentication error - User "T1"'),
    ],
)
def test_a_tracker_that_the_broker_refuses_by_its_name_is_not_told_as_never_heard_too(control, client, refusal):
    control.map("T1", "BUS1").map("T2", "BUS2")
    control.now += timedelta(minutes=2)
    (control.folder / "broker").mkdir()
    (control.folder / "broker" / "broker.log").write_text(REFUSAL.format(client=client, said=refusal))
    control.ingest.note_broker_refusals(BrokerLog(control.folder / "broker", lambda: control.now))
    control.live.step(control.now)
    never = [row.subject for row in control.live.troubles if row.kind is Kind.NEVER_HEARD]
    assert never == ["T2"]
    control.now += timedelta(minutes=20)
    control.live.step(control.now)
    assert [row.subject for row in control.live.troubles if row.kind is Kind.NEVER_HEARD] == ["T1", "T2"]


def test_a_server_of_trackers_that_names_no_device_is_not_to_be_put_on_a_bus(control):
    for _ in range(8):
        control.publish("traccar/city", b'{"position": {"latitude": 3.6, "longitude": 98.5}}')
    assert Kind.UNMAPPED not in control.troubles()
    assert control.troubles()[Kind.MOSTLY_REFUSED].subject == "traccar/city"


def test_whatever_is_refused_most_of_an_unreadable_tracker_is_told_in_words(control):
    control.map("T1", "BUS1")
    for _ in range(8):
        control.publish(TOPIC, b'{"latitude": 98.5, "longitude": 3.6, "timestamp": 1795400000}')
    control.publish(TOPIC, b" " * 300_000)
    assert "for the reason" not in said(control, Kind.MOSTLY_REFUSED)


def test_a_tracker_that_is_heard_without_positions_is_told_until_one_comes(control):
    control.map("T1", "BUS1").map("T2", "BUS2")
    fix = b'{"device": {"uniqueId": "T1"}, "position": {"latitude": 3.6, "longitude": 98.5, "valid": false}}'
    for n, report in enumerate(a_drive(speed_mps=4.0, every_s=20.0, to_m=2000.0)):
        control.plays([report], ["T2"])
        if n % 3 == 0:
            control.publish("traccar/city", fix)
    assert control.troubles().keys() == {Kind.NO_POSITION}
    assert said(control, Kind.NO_POSITION) == "Tracker T1 on vehicle BUS1 is heard, but has sent no position since 07:00."
    control.plays([a_report((2000.0, 0.0), control.now + timedelta(seconds=10))], ["T1"])
    assert control.troubles() == {}


def test_of_a_fleet_that_is_heard_without_positions_each_tracker_is_told_beside_the_outage(tmp_path):
    control = Control(tmp_path, a_network(headway=every(10.0))).map("T1", "BUS1").plays(a_drive(to_m=1800))
    for _ in range(22):
        control.publish(TOPIC.replace("position", "status"), b"online").waits(minutes=1)
    assert control.troubles().keys() == {Kind.OUTAGE, Kind.NO_POSITION}
    assert said(control, Kind.OUTAGE).startswith("No bus can be seen since ")
    outage = sentence(control.troubles()[Kind.OUTAGE], "en", "Asia/Jakarta", control.now)
    assert "They are heard all the same: see what is said of each of them." in outage
    control.engine.dispose()


def test_a_second_tracker_of_nearly_the_same_name_is_told_by_itself(control):
    control.map("bus-7", "BUS7").plays(a_drive(to_m=900), ["BUS7", "Bus.7"])
    assert control.troubles().keys() == {Kind.NEVER_HEARD, Kind.UNMAPPED}
    named = {control.troubles()[Kind.NEVER_HEARD].figures["alike"], control.troubles()[Kind.UNMAPPED].subject}
    assert named == {"BUS7", "Bus.7"}


def test_while_the_broker_refuses_a_tracker_by_its_name_who_reports_under_nearly_that_name_is_told(control):
    control.map("bus-7", "BUS7").plays(a_drive(to_m=900), ["BUS7"])
    (control.folder / "broker").mkdir()
    refusal = REFUSAL.format(client="bus-7", said='authentication error - User "bus-7"')
    (control.folder / "broker" / "broker.log").write_text(refusal)
    control.ingest.note_broker_refusals(BrokerLog(control.folder / "broker", lambda: control.now))
    assert control.troubles().keys() == {Kind.LOGIN_REFUSED, Kind.UNMAPPED}


def test_a_bus_that_drives_about_without_a_trip_is_told_by_doctor_as_on_armada(tmp_path):
    control = Control(tmp_path, a_network(headway=every(10.0)))
    control.map("T1", "BUS1")
    for n in range(140):  # an hour and more, three kilometres beside the line
        control.plays([a_report((100.0 * (n % 30), 3000.0), SEVEN + timedelta(seconds=30 * n))])
        control.live.step(control.now)
    assert control.troubles().keys() == {Kind.LOOSE}
    control.engine.dispose()
