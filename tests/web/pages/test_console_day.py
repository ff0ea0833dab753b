"""A dispatcher's day on its pages: assign, change what runs, tell riders, trackers; riders' pages and feeds follow."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from gps_ingest.operations.phone_settings import WaysIn, phone_links
from tests.builders import a_drive, a_network, a_report, at, every
from transit.forecasting.departure_orders import DepartureOrder
from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.store.alerts import load_alerts
from transit.store.assignments import Duty, assignments_in_force, give, load_assignments, load_history
from transit.store.audit import load_entries
from transit.store.broker_refusals import add_broker_refusals
from transit.store.database import writing
from transit.store.departure_orders import load_departure_orders, say
from transit.store.trackers import load_tracker_map, map_tracker, save_tracker_health
from transit.tracking.trip_choice import AssignmentHint

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    with writing(town.engine) as connection:
        map_tracker(connection, "t2", "BUS2", now=town.now)
    return town.client()


def post(client, path, **form):
    return client.post(path, data=form, headers=OURS)


def in_force(town, now=None):
    with town.engine.connect() as connection:
        return load_assignments(connection, now or town.now)


def newest(town):
    with town.engine.connect() as connection:
        entry = load_entries(connection)[0]
    return entry.person, entry.action, entry.subject, entry.before, entry.after, entry.why


# --- assign --------------------------------------------------------------------------------------------------------------


def assign(client, **form):
    """what_BUS1 is the select of BUS1, trip_BUS1 its field."""
    fields = {name.replace("_", "-", 1) if "BUS" in name else name: value for name, value in form.items()}
    return post(client, "/armada/penugasan", **fields)


def test_buses_are_assigned_at_once_until_the_service_day_ends(town, client):
    assert assign(client, what_BUS1="R1", what_BUS2="off").status_code == 303
    assert in_force(town) == {"BUS1": AssignmentHint("R1")}
    with town.engine.connect() as connection:
        rows = assignments_in_force(connection, town.now)
    assert (rows["BUS2"].duty, rows["BUS2"].assigned_by) == (Duty.OFF, "local")
    assert {row.ends_at for row in rows.values()} == {at(27)}
    assert newest(town) == ("local", "assigned", "BUS2", "", "off", "")
    page = client.get("/armada/penugasan").text
    assert "libur hari ini" in page
    assert "sampai Selasa 03.00" in page


def test_after_midnight_the_service_day_is_still_that_of_the_evening(town, client):
    town.now = at(25)
    assert assign(client, what_BUS1="R1").status_code == 303
    with town.engine.connect() as connection:
        assert assignments_in_force(connection, at(25))["BUS1"].ends_at == at(27)


def test_only_what_was_changed_is_changed(town, client):
    assign(client, what_BUS1="R1", what_BUS2="")
    assign(client, what_BUS1="R1", what_BUS2="R1")
    with town.engine.connect() as connection:
        history = load_history(connection, at(0), at(23))
    assert [(row.vehicle_id, row.reason) for row in history] == [("BUS1", None), ("BUS2", None)]
    assign(client, what_BUS1="", what_BUS2="R1")
    assert in_force(town) == {"BUS2": AssignmentHint("R1")}


def test_a_trip_is_assigned_and_the_select_wins_over_the_trip_of_before(town, client):
    assign(client, what_BUS2="", trip_BUS2="T2")
    assert in_force(town) == {"BUS2": AssignmentHint("R1", "T2")}
    assign(client, what_BUS2="R1", trip_BUS2="T2")
    assert in_force(town) == {"BUS2": AssignmentHint("R1")}


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"what_BUS9": "R1"}, "BUS9", ""),
        ({"what_BUS1": "R9"}, "BUS1", "Koridor “R9” sudah tidak ada"),
        ({"what_BUS1": "", "trip_BUS1": "T9"}, "BUS1", "Perjalanan “T9” tidak ada"),
        ({"what_BUS1": "R1", "ends_at": "soon"}, "ends_at", "“soon” bukan waktu"),
        ({"what_BUS1": "R1", "starts_at": "2020-01-01T00:00"}, "starts_at", "Waktu itu sudah lewat"),
        ({"what_BUS1": "R1", "starts_at": "2026-11-23T12:00", "ends_at": "2026-11-23T11:00"}, "ends_at", "Akhirnya sebelum"),
    ],
)
def test_what_is_wrong_with_an_assignment_stands_at_its_field(town, client, form, field, words):
    answer = assign(client, what_BUS2="off", **form)
    assert answer.status_code == 422
    if words:
        assert f'id="{field}-wrong" role="alert">{words}' in answer.text
    assert '<option value="off" selected>' in answer.text, "nothing typed is lost"
    assert in_force(town) == {}


def test_a_bus_in_repair_an_overlap_and_a_trip_that_is_taken_are_said(town, client):
    with writing(town.engine) as connection:
        give(connection, "BUS1", Duty.REPAIR, None, None, starts_at=at(6), ends_at=None, by="siti", now=at(6))
        give(connection, "BUS2", Duty.TRIP, "R1", "T2", starts_at=at(8), ends_at=at(10), by="siti", now=at(6))
        map_tracker(connection, "t3", "BUS3", now=town.now)
    assert "BUS1 sedang diperbaiki" in assign(client, what_BUS1="R1").text
    assert "BUS2 punya penugasan lain mulai 08.00" in assign(client, what_BUS2="R1").text
    assert "BUS2 sudah menjalankan perjalanan ini" in assign(client, what_BUS3="", trip_BUS3="T2").text
    assert assign(client, what_BUS2="R1", ends_at="2026-11-23T08:00").status_code == 303


def test_evidence_that_contradicts_hides_nothing(town, client):
    assign(client, what_BUS1="off")
    town.step()
    page = client.get("/armada/penugasan").text
    assert "tetap berjalan" in page
    assert [row["vehicle_id"] for row in client.get("/api/v1/stops/S5/arrivals").json["arrivals"] if row["vehicle_id"]] == [
        "BUS1"
    ]


def test_yesterday_and_what_is_likely_fill_the_form_and_keep_nothing(town, client):
    with writing(town.engine) as connection:
        yesterday = at(7) - timedelta(days=1)
        give(connection, "BUS2", Duty.ROUTE, "R1", None, starts_at=yesterday, ends_at=at(3), by="siti", now=yesterday)
    page = client.get("/armada/penugasan?isi=kemarin").text
    row = re.search(r'<select id="what-BUS2".*?</select>', page, re.S)[0]
    assert '<option value="R1" selected>' in row
    assert client.get("/armada/penugasan?isi=saran").status_code == 200
    assert in_force(town) == {}


def test_an_assignment_ends_with_a_reason(town, client):
    assign(client, what_BUS1="R1")
    with town.engine.connect() as connection:
        number = assignments_in_force(connection, town.now)["BUS1"].assignment_id
    wrong = post(client, f"/armada/penugasan/{number}/akhiri", reason="")
    assert wrong.status_code == 422
    assert re.search(rf'id="why-{number}" name="reason" aria-invalid="true".*id="reason-wrong" role="alert"', wrong.text)
    assert post(client, f"/armada/penugasan/{number}/akhiri", reason="because").status_code == 422
    assert post(client, f"/armada/penugasan/{number}/akhiri", reason="breakdown").status_code == 303
    assert post(client, f"/armada/penugasan/{number}/akhiri", reason="breakdown").status_code == 404
    assert in_force(town) == {}
    assert newest(town) == ("local", "assignment_ended", "BUS1", "1", "", "breakdown")


def test_another_bus_takes_over_with_the_order(town, client):
    assign(client, what_BUS1="R1")
    with writing(town.engine) as connection:
        say(connection, DepartureOrder("BUS1", at(8), town.now))
    assert post(client, "/armada/penugasan/ganti", vehicle="BUS1", other="BUS1").status_code == 422
    assert post(client, "/armada/penugasan/ganti", vehicle="BUS1", other="BUS2").status_code == 303
    assert in_force(town) == {"BUS2": AssignmentHint("R1")}
    with town.engine.connect() as connection:
        assert [order.vehicle_id for order in load_departure_orders(connection, town.now)] == ["BUS2"]
    assert post(client, "/armada/penugasan/ganti", vehicle="BUS1", other="BUS2").status_code == 422


# --- change what runs ----------------------------------------------------------------------------------------------------


def change(client, kind, **form):
    return post(client, "/armada/gangguan", kind=kind, **form)


def updates(client):
    message = pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb").data)
    return {entity.trip_update.trip.trip_id: entity.trip_update for entity in message.entity}


def statuses(client, stop_id):
    rows = client.get(f"/api/v1/stops/{stop_id}/arrivals").json["arrivals"]
    return {row["trip"]["trip_id"] if row["trip"] else None: row["status"] for row in rows}


def first_change(town):
    with town.engine.connect() as connection:
        return load_alerts(connection, town.now)[0]


def test_a_trip_of_the_timetable_is_cancelled_and_taken_back(town, client):
    assert '<option value="T2|20261123|">08.00' in client.get("/armada/gangguan").text
    assert change(client, "trip", trip="T2|20261123|", words="Bus mogok").status_code == 303
    town.step()
    assert updates(client)["T2"].trip.schedule_relationship == pb.TripDescriptor.CANCELED
    assert statuses(client, "S5")["T2"] == "cancelled"
    alert = first_change(town)
    assert alert.header["id"] == "1 → Ujung pukul 08.00 tidak berjalan"
    assert alert.header["en"] == "1 → Ujung at 08:00 does not run"
    assert newest(town)[1] == "adjusted_trip"
    assert post(client, f"/armada/gangguan/{alert.alert_id}/akhiri").status_code == 303
    town.step(town.now + timedelta(seconds=1))
    assert statuses(client, "S5")["T2"] == "scheduled"
    assert "T2" not in updates(client)
    assert post(client, "/armada/gangguan/nothing/akhiri").status_code == 404


def test_a_stop_is_closed(town, client):
    assert change(client, "stop", stop="S6", until="2026-11-23T09:00").status_code == 303
    town.step()
    skipped = [row.stop_id for row in updates(client)["T1"].stop_time_update if row.schedule_relationship == 1]
    assert skipped == ["S6"]
    assert set(statuses(client, "S6")) == {None}
    assert "Tidak ada bus berhenti di Halte S6" in client.get("/halte/S6").text


def test_a_trip_ends_before_its_last_stop(town, client):
    assert change(client, "short", trip="T1|20261123|", stop="S5").status_code == 303
    town.step()
    rows = {row.stop_id: row.schedule_relationship for row in updates(client)["T1"].stop_time_update}
    assert [stop_id for stop_id, relationship in rows.items() if relationship == 1] == ["S6", "S7", "S8"]
    assert "T1" in statuses(client, "S5")
    assert statuses(client, "S6") == {"T1": "cancelled", "T2": "scheduled"}, "the others go on"
    assert change(client, "short", trip="T1|20261123|", stop="S8").status_code == 422


def test_a_planned_trip_that_is_shortened_skips_in_the_feed(town, client):
    change(client, "short", trip="T2|20261123|", stop="S5")
    town.step()
    update = updates(client)["T2"]
    assert [row.stop_id for row in update.stop_time_update if row.schedule_relationship == 1] == ["S6", "S7", "S8"]
    assert update.trip.schedule_relationship == pb.TripDescriptor.SCHEDULED
    assert statuses(client, "S6")["T2"] == "cancelled"


def test_a_route_is_suspended_and_a_bus_that_is_seen_stays(town, client):
    assert change(client, "suspend", direction="R1|").status_code == 303
    town.step()
    assert statuses(client, "S5") == {"T1": "live", None: "disrupted"}
    positions = pb.FeedMessage.FromString(client.get("/gtfs-rt/vehicle_positions.pb").data)
    assert [entity.vehicle.vehicle.id for entity in positions.entity] == ["BUS1"]


def test_a_day_is_taken_out_of_service(town, client):
    assert change(client, "day", day="2026-11-24").status_code == 303
    alert = first_change(town)
    assert (alert.starts_at, alert.ends_at) == (at(27), at(51))
    assert "tidak ada layanan pada Selasa 24 November" in client.get("/armada/gangguan").text
    town.step(at(31, 30))
    assert "tidak ada layanan" in client.get("/halte/S5").text
    town.step(at(55, 30))
    assert "tidak ada layanan" not in client.get("/halte/S5").text


def test_a_detour_closes_the_stops_that_are_passed_by_and_reminds_before_its_end(town, client):
    assert 'value="S6"' in client.get("/armada/gangguan?rute=R1").text
    form = {"route": "R1", "missed": ["S6", "S7"], "words": "Jl. Sudirman ditutup"}
    assert change(client, "detour", **form).status_code == 422, "it needs an end"
    assert change(client, "detour", **form, until="2026-11-23T08:00").status_code == 303
    town.step()
    assert [row.stop_id for row in updates(client)["T1"].stop_time_update if row.schedule_relationship == 1] == ["S6", "S7"]
    page = client.get("/halte/S5").text
    assert "1 lewat jalan lain" in page
    assert "Jl. Sudirman ditutup" in page
    assert "berakhir dalam setengah jam" not in client.get("/armada/gangguan").text
    town.step(at(7, 30))
    assert "berakhir dalam setengah jam" in client.get("/armada/gangguan").text
    with town.engine.connect() as connection:
        detour = next(alert for alert in load_alerts(connection, town.now) if not alert.alert_id.endswith("-halte"))
    post(client, f"/armada/gangguan/{detour.alert_id}/akhiri")
    with town.engine.connect() as connection:
        assert load_alerts(connection, town.now) == []


def test_a_bus_is_held_and_let_go(town, client):
    assert change(client, "hold", vehicle="BUS1", at="07:20").status_code == 303
    with town.engine.connect() as connection:
        (order,) = load_departure_orders(connection, town.now)
    assert (order.vehicle_id, order.departs_at) == ("BUS1", at(7, 20))
    assert "BUS1 berangkat pukul 07.20" in client.get("/armada/gangguan").text
    assert post(client, "/armada/gangguan/hold-BUS1/akhiri").status_code == 303
    with town.engine.connect() as connection:
        assert load_departure_orders(connection, town.now) == []


@pytest.mark.parametrize(
    ("kind", "form", "field"),
    [
        ("trip", {"trip": "T9|20261123|"}, "trip"),
        ("trip", {"trip": "nonsense"}, "trip"),
        ("departure", {"departure": "T1|20261123|25200"}, "departure"),
        ("suspend", {"direction": "R9|"}, "direction"),
        ("suspend", {"direction": "R1|", "until": "2020-01-01T00:00"}, "until"),
        ("day", {"day": "2020-01-01"}, "day"),
        ("day", {"day": "2026-11-24", "route": "R9"}, "route"),
        ("stop", {"stop": "S99"}, "stop"),
        ("detour", {"route": "R1"}, "missed"),
        ("hold", {"vehicle": "BUS1", "at": "noon"}, "at"),
        ("hold", {"vehicle": "BUS9", "at": "07:20"}, "vehicle"),
        ("stop", {"stop": "S5", "words": "x" * 401}, "words"),
    ],
)
def test_what_is_wrong_with_a_change_stands_at_its_field_and_nothing_is_changed(town, client, kind, form, field):
    answer = change(client, kind, **form)
    assert answer.status_code == 422
    assert f'id="{kind}-{field}-wrong" role="alert"' in answer.text or kind in ("trip", "departure")
    assert re.search(r'<details( id="\w+")? open>', answer.text)
    with town.engine.connect() as connection:
        assert load_alerts(connection, town.now) == []


@pytest.mark.parametrize(
    ("kind", "field"), [("suspend", "direction"), ("stop", "stop"), ("short", "trip"), ("hold", "vehicle"), ("trip", "trip")]
)
def test_a_button_that_is_pressed_by_mistake_changes_nothing(town, client, kind, field):
    answer = change(client, kind, **{field: ""}, at="07:20")
    assert answer.status_code == 422
    with town.engine.connect() as connection:
        assert (load_alerts(connection, town.now), load_departure_orders(connection, town.now)) == ([], [])


def test_no_list_has_something_chosen_that_nobody_chose(town, client):
    assign(client, what_BUS1="R1")
    selects = re.findall(
        r'<select id="([\w-]+)"[^>]*>(<option[^>]*>)',
        client.get("/armada/gangguan").text + client.get("/armada/penugasan").text,
    )
    chosen = {name for name, first in selects if 'value=""' not in first}
    assert {"suspend-direction", "stop-stop", "hold-vehicle", "vehicle", "other"} <= {name for name, _ in selects}
    assert chosen == set()


def test_a_departure_by_headway_is_called_off_and_no_trip_is_invented(city):
    city.load(a_network(headway=every(10)))
    city.hear([a_report((0.0, 0.0), at(7) + timedelta(seconds=10 * n)) for n in range(7)]).step(at(7, 1))
    client = city.client()
    found = re.search(r'<option value="(T1\|20261123\|\d+)">', client.get("/armada/gangguan").text)
    before = statuses(client, "S5")
    assert found, "the departure of the bus that waits is offered"
    assert change(client, "departure", departure=found[1]).status_code == 303
    city.step(at(7, 1, 2))
    assert "at_terminal" in before.values()
    assert found[1] not in client.get("/armada/gangguan").text
    assert "at_terminal" not in statuses(client, "S5").values()
    assert updates(client) == {}
    positions = pb.FeedMessage.FromString(client.get("/gtfs-rt/vehicle_positions.pb").data)
    assert len(positions.entity) == 1


def unrolled(client):
    message = pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb?expanded=1").data)
    return {entity.trip_update.trip.trip_id: entity.trip_update.trip.schedule_relationship for entity in message.entity}


CANCELED = pb.TripDescriptor.CANCELED


def test_a_departure_by_headway_that_is_called_off_is_canceled_in_the_expanded_feed(city):
    """There each departure has a name; the bus that waits is promised for the next one."""
    city.load(a_network(headway=every(10)))
    city.hear([a_report((0.0, 0.0), at(7) + timedelta(seconds=10 * n)) for n in range(7)]).step(at(7, 1))
    client = city.client()
    chosen = re.search(r'<option value="(T1\|20261123\|\d+)">', client.get("/armada/gangguan").text)[1]
    nearest = round((int(chosen.rsplit("|")[-1]) - 7 * 3600) / 600)
    assert CANCELED not in unrolled(client).values()
    assert change(client, "departure", departure=chosen).status_code == 303
    city.step(at(7, 1, 2))
    assert [trip for trip, said in unrolled(client).items() if said == CANCELED] == [f"T1~07{10 * nearest:02d}00"]
    assert updates(client) == {}, "where departures have no names no trip is invented"


def test_a_route_by_headway_that_is_suspended_has_its_departures_canceled_in_the_expanded_feed(city):
    city.load(a_network(headway=every(10, 7 * 3600, 9 * 3600))).step(at(7, 1))
    client = city.client()
    assert change(client, "suspend", direction="R1|", until="2026-11-23T07:35").status_code == 303
    city.step(at(7, 1, 2))
    canceled = sorted(trip for trip, said in unrolled(client).items() if said == CANCELED)
    assert canceled == ["T1~071000", "T1~072000", "T1~073000"]


# --- notices -------------------------------------------------------------------------------------------------------------

NOTICE = {"header_id": "Banjir", "header_en": "Flood", "effect": "DETOUR", "cause": "WEATHER"}


def test_a_template_fills_the_form_in_both_languages(client):
    page = client.get("/armada/pengumuman?contoh=flood").text
    assert 'value="Banjir: bus lewat jalan lain"' in page
    assert 'value="Flood: buses take another way"' in page
    assert '<option value="WEATHER" selected>' in page


def test_a_strike_is_told_as_a_strike(town, client):
    page = client.get("/armada/pengumuman?contoh=strike").text
    assert 'value="Mogok kerja: bus sedikit atau tidak ada"' in page
    assert '<option value="STRIKE" selected>' in page
    assert '<option value="REDUCED_SERVICE" selected>' in page


def test_a_notice_is_seen_before_it_is_told(town, client):
    answer = post(client, "/armada/pengumuman", **NOTICE, preview="1", stop="S5, S6")
    assert answer.status_code == 200
    assert "Begini penumpang melihatnya" in answer.text
    assert 'value="S5, S6"' in answer.text
    with town.engine.connect() as connection:
        assert load_alerts(connection, town.now) == []


def test_a_notice_on_several_routes_and_stops_begins_later_and_is_changed(town, client):
    form = {**NOTICE, "route": ["R1"], "stop": "S5, S6", "starts_at": "2026-11-23T08:00", "ends_at": "2026-11-23T09:00"}
    assert post(client, "/armada/pengumuman", **form).status_code == 303
    alert = first_change(town)
    assert [(entity.route_id, entity.stop_id) for entity in alert.informed] == [("R1", "S5"), ("R1", "S6")]
    assert (alert.starts_at, alert.ends_at, alert.cause) == (at(8), at(9), "WEATHER")
    page = client.get(f"/armada/pengumuman/{alert.alert_id}").text
    assert 'value="2026-11-23T08:00"' in page
    assert 'value="S5, S6"' in page
    town.step(at(8, 10))
    assert "Banjir" in client.get("/halte/S5").text
    changed = {**form, "header_id": "Air surut", "stop": "S5"}
    assert post(client, f"/armada/pengumuman/{alert.alert_id}", **changed).status_code == 303
    after = first_change(town)
    assert (after.alert_id, after.starts_at, after.header["id"]) == (alert.alert_id, at(8), "Air surut")
    assert newest(town)[1:5] == ("notice_changed", alert.alert_id, "DETOUR: Banjir", "DETOUR: Air surut")
    assert post(client, "/armada/pengumuman/nothing", **form).status_code == 404


def test_ended_notices_stay_as_history(town, client):
    post(client, "/armada/pengumuman", **NOTICE)
    alert = first_change(town)
    post(client, f"/armada/pengumuman/{alert.alert_id}/akhiri")
    page = client.get("/armada/pengumuman").text
    assert "Banjir</b>" in page.partition("Berakhir dalam 92 hari")[2]
    town.now += timedelta(days=93)
    assert "Banjir</b>" not in client.get("/armada/pengumuman").text


def test_an_end_before_the_beginning_is_said(client):
    form = {**NOTICE, "starts_at": "2026-11-23T09:00", "ends_at": "2026-11-23T08:00"}
    answer = post(client, "/armada/pengumuman", **form)
    assert 'id="ends_at-wrong" role="alert">Akhirnya sebelum' in answer.text


# --- trackers ------------------------------------------------------------------------------------------------------------


def tracker(client, deed, name, **form):
    return post(client, "/armada/pelacak", deed=deed, tracker=name, **form)


def test_the_health_of_a_tracker_is_a_sentence(town, client):
    page = client.get("/armada/pelacak").text
    assert "Belum pernah terdengar." in page
    assert "tracker-BUS1" in page


def test_a_tracker_is_swapped_in_one_step(town, client):
    assert tracker(client, "map", "new", vehicle="BUS1", swap="1").status_code == 200
    with town.engine.connect() as connection:
        assert load_tracker_map(connection) == {"new": "BUS1", "t2": "BUS2"}
    assert tracker(client, "map", "other", vehicle="BUS1").status_code == 200
    with town.engine.connect() as connection:
        assert sorted(load_tracker_map(connection)) == ["new", "other", "t2"]
    assert tracker(client, "unmap", "other").status_code == 200
    assert tracker(client, "map", "new", vehicle=" ").status_code == 422
    assert tracker(client, "explode", "new").status_code == 422


def test_a_phone_gets_a_password_and_a_picture_that_are_shown_once(town):
    town.step()
    client = town.client(phone_links=lambda issued, host: {"OwnTracks": f"owntracks:///{host}/{issued.user}"})
    answer = tracker(client, "add", "driver7/phone", vehicle="BUS7")
    assert answer.status_code == 200
    password = re.findall(r'<b class="num">([^<]+)</b>', answer.text)[2]
    assert len(password) == 20
    assert 'src="data:image/svg+xml' in answer.text
    later = client.get("/armada/pelacak").text
    assert password not in later
    with town.engine.connect() as connection:
        assert load_tracker_map(connection) == {"driver7/phone": "BUS7"}
        assert password not in str(load_entries(connection))
    assert tracker(client, "add", "driver7/phone").status_code == 422, "it has one"
    assert tracker(client, "rotate", "driver7/phone").status_code == 200
    assert tracker(client, "revoke", "driver7/phone").status_code == 200
    assert tracker(client, "revoke", "driver7/phone").status_code == 422


def test_a_tracker_that_was_set_up_is_awaited_for_five_minutes(town):
    town.step()
    client = town.client()
    tracker(client, "add", "box")
    assert "Menunggu posisi pertamanya." in client.get("/armada/pelacak").text
    town.now += timedelta(minutes=5, seconds=1)
    assert "Tidak ada posisi sejak 07.05" in client.get("/armada/pelacak").text


def test_a_tracker_that_knocks_waits_to_be_let_in_and_is_approved_with_its_bus(town):
    town.step()
    last_at = town.now - timedelta(minutes=2)
    knocks = BrokerRefusals(cause=RefusalCause.LOGIN, client="knocker", count=3, first_at=last_at, last_at=last_at)
    with writing(town.engine) as connection:
        add_broker_refusals(connection, [knocks])
    client = town.client()
    page = client.get("/armada/pelacak").text
    assert "Menunggu diizinkan" in page
    assert "ditolak saat masuk 3 kali" in page
    assert tracker(client, "add", "knocker", vehicle="BUS9").status_code == 200
    assert "Menunggu diizinkan" not in client.get("/armada/pelacak").text
    with town.engine.connect() as connection:
        assert load_tracker_map(connection)["knocker"] == "BUS9"


def test_each_app_of_a_phone_has_its_own_picture(town):
    """What OwnTracks and Traccar Client are told is tested with phone_settings."""
    town.step()
    ways = WaysIn("bus.example.org", 8883, tls=True, receive_port=5055)
    client = town.client(phone_links=partial(phone_links, ways=ways), broker_at=ways.broker_at)
    phone = tracker(client, "add", "driver7/phone").text
    assert re.findall(r'alt="Kode QR berisi pengaturan ini, untuk ([^"]+)"', phone) == ["OwnTracks"]
    assert '<b class="num">bus.example.org:8883 (TLS)</b>' in phone
    box = tracker(client, "add", "box7").text
    assert re.findall(r'alt="Kode QR berisi pengaturan ini, untuk ([^"]+)"', box) == ["Traccar Client"]
    assert "RECEIVE_PORT" in tracker(town.client(phone_links=lambda issued, host: {}), "add", "box8").text


def test_of_trackers_that_nobody_knows_the_fifty_heard_last_are_shown_and_all_that_somebody_knows(town):
    town.step()
    client = town.client()
    tracker(client, "add", "Z-known")
    ids = [f"X{n:03}" for n in range(60)]
    heard = [{"tracker_id": "Z-known", "last_received_at": town.now - timedelta(hours=2), "accepted": 1}]
    heard += [{"tracker_id": name, "last_received_at": town.now - timedelta(minutes=n)} for n, name in enumerate(ids)]
    with writing(town.engine) as connection:
        before = len(load_tracker_map(connection))
        for row in heard:
            save_tracker_health(connection, [row])
    page = client.get("/armada/pelacak").text
    shown = re.findall(r'<h2 id="t-\d+">([^<]+)</h2>', page)
    assert [name for name in shown if name.startswith("X")] == ids[:50]
    assert "Z-known" in shown
    assert len(shown) == before + 51
    assert page.count('<p class="sub">dan 10 lagi</p>') == 1, "of those who wait"
    link = re.search(r'href="([^"]+)">dan 10 lagi</a>', page)[1]
    rest = re.findall(r'<h2 id="t-\d+">([^<]+)</h2>', client.get(link).text)
    assert [name for name in rest if name.startswith("X")] == ids[50:]
    assert "lagi</a>" not in client.get(link).text
    for odd in ("-7", "x"):
        assert 'id="t-50"' in client.get(f"/armada/pelacak?dari={odd}").text


@pytest.mark.parametrize(("minutes", "green"), [(4, True), (6, False)])
def test_a_tracker_whose_first_position_came_within_five_minutes_is_green(town, minutes, green):
    town.step()
    client = town.client()
    tracker(client, "add", "tracker-BUS5", vehicle="BUS5")
    town.now += timedelta(minutes=minutes)
    with writing(town.engine) as connection:
        heard = {"tracker_id": "tracker-BUS5", "first_received_at": town.now, "last_received_at": town.now, "accepted": 1}
        save_tracker_health(connection, [heard])
    town.step()
    page = client.get("/armada/pelacak").text
    assert ("posisi pertamanya datang dalam lima menit" in page) == green
    part = client.get("/armada/pelacak?part=baru").text
    assert ("posisi pertamanya datang dalam lima menit" in part, "lebih dari lima menit" in part) == (green, not green)


def test_what_was_just_set_up_is_a_part_that_the_page_asks_for_again(town):
    """A phone that was put on its bus at once is awaited, too; an unchanged part is not sent again."""
    town.step()
    client = town.client()
    tracker(client, "add", "driver7/phone", vehicle="BUS7")
    page = client.get("/armada/pelacak").text
    assert '<div id="new" data-part="/armada/pelacak?part=baru" data-every="5">' in page
    assert "static/live.js" in page
    part = client.get("/armada/pelacak?part=baru")
    assert "Menunggu posisi pertamanya." in part.text
    assert "<html" not in part.text
    town.now += timedelta(minutes=5, seconds=1)
    town.step()
    later = client.get("/armada/pelacak?part=baru", headers={"If-None-Match": part.headers["ETag"]})
    assert (later.status_code, "Tidak ada posisi sejak" in later.text) == (200, True)
    assert client.get("/armada/pelacak?part=baru", headers={"If-None-Match": later.headers["ETag"]}).status_code == 304


def test_the_buses_with_their_trackers_are_on_a_picture_and_silent_ones_are_hatched(town, client):
    picture = client.get("/armada/peta.svg")
    assert picture.mimetype == "image/svg+xml"
    assert ">BUS1</text>" in picture.text
    assert 'class="bus silent"' not in picture.text
    town.step(town.now + timedelta(minutes=3))
    assert 'class="bus silent"' in client.get("/armada/peta.svg").text
