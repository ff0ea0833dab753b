"""The console's headways, ladders, advice and playback, from reports to pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.builders import STRAIGHT, Way, a_city, a_drive, a_report, at, every
from tests.control_cast import BACK, there_and_back
from transit.store.departure_orders import load_departure_orders
from transit.store.history import append_frame
from transit.store.retention import parse_keep_days
from web.live.process import Live

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def line(city):
    """At 07:12: BUS1 left the west end at 07:00 and drives east; BUS2 drove back west and waits there since 07:10."""
    city.now = at(7, 12)
    city.load(there_and_back())
    drive = a_drive(STRAIGHT, at(7), speed_mps=5.0, to_m=3600.0, vehicle_id="BUS1")
    stands = [a_report((0.0, 0.0), at(6, 58, 10 * n), vehicle_id="BUS1") for n in range(12)]
    back = a_drive(BACK, at(6, 56, 40), speed_mps=5.0, vehicle_id="BUS2")
    waits = [a_report((0.0, 0.0), at(7, 10, 10 * n), vehicle_id="BUS2") for n in range(13)]
    city.hear(sorted([*stands, *drive, *back, *waits], key=lambda row: row.received_at))
    for second in range(0, 60, 10):
        city.step(at(7, 11, second))
    city.step(at(7, 12))
    return city


def page(city, path, **options):
    answer = city.client().get(path, headers={"Accept-Language": "id"}, **options)
    return answer.status_code, answer.text


def test_the_console_says_what_the_route_promises_needs_and_has(line):
    status, html = page(line, "/armada")
    assert status == 200
    assert "menjanjikan 10 mnt: perlu 3 bus, ada 2" in html
    assert "kurang" in html


def test_no_two_parts_of_the_console_have_one_name_for_a_screen_reader(city):
    """Two routes of which the same is said: each 10 minutes, no bus."""
    ways = [
        Way(route, line, direction_id=n, headway=every(10)) for route in ("R1", "R2") for n, line in enumerate((STRAIGHT, BACK))
    ]
    city.now = at(7)
    city.load(a_city(*ways))
    city.hear([a_report((200.0, 0.0), at(7), vehicle_id="BUS1")]).step(at(7))
    html = page(city, "/armada")[1]
    sections = re.findall(r'<section[^>]* aria-label="([^"]+)"', html)
    regions = re.findall(r'role="region" aria-label="([^"]+)"', html)
    assert ("R1" in sections, "R2" in sections) == (True, True)
    assert len({*sections, *regions}) == len(sections) + len(regions)


def test_the_ladder_and_the_table_show_both_buses_and_who_follows_whom(line):
    html = page(line, "/armada/kendali")[1]
    assert html.count('<a href="/armada/bus/BUS1"') == 2
    assert '<tr id="bus-BUS2">' in html
    assert "di terminal" in html


def test_a_bus_that_waits_is_advised_with_the_reason(line):
    html = page(line, "/armada/kendali")[1]
    assert "Tahan BUS2 di Halte P0_0 sampai 07.15" in html or "BUS2 berangkat dari Halte P0_0 pukul 07.1" in html
    assert "BUS1 berangkat pukul 07.00" in html


def advice_form(city):
    from re import search

    html = page(city, "/armada/kendali")[1]
    leave_at = search(r'name="at" value="(\d+)"', html)[1]
    return {"bus": "BUS2", "stop": "P0_0", "at": leave_at}


def test_an_advice_that_is_applied_becomes_a_departure_order_and_riders_see_it(line):
    form = advice_form(line)
    answer = line.client().post("/armada/saran", data={**form, "answer": "apply"}, headers=OURS)
    assert (answer.status_code, answer.location) == (303, "/armada#bus-BUS2")
    with line.engine.connect() as connection:
        (order,) = load_departure_orders(connection, line.now)
    assert (order.vehicle_id, round(order.departs_at.timestamp())) == ("BUS2", int(form["at"]))
    rows = line.step(line.now).predictions_at("P0_0")
    (departure,) = [row for row in rows if row.vehicle_id == "BUS2" and row.is_departure]
    assert abs(departure.predicted_at.timestamp() - int(form["at"])) < 60.0, "less than a minute is no news to riders"
    assert "Saran hari ini: 1 diterapkan, 0" in page(line, "/armada/kendali")[1]


def test_an_advice_that_is_declined_is_counted_and_moves_nothing(line):
    line.client().post("/armada/saran", data={**advice_form(line), "answer": "decline", "why": "sopir istirahat"}, headers=OURS)
    with line.engine.connect() as connection:
        assert load_departure_orders(connection, line.now) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"answer": "perhaps"}, 400),
        ({"at": "1"}, 400),
        ({"at": "-5"}, 400),
        ({"at": "9" * 40}, 400),
        ({"bus": "NOBODY"}, 404),
        ({"stop": "NOWHERE"}, 404),
    ],
)
def test_an_answer_that_fits_no_advice_is_refused(line, change, status):
    form = {**advice_form(line), "answer": "apply", **change}
    assert line.client().post("/armada/saran", data=form, headers=OURS).status_code == status


def test_a_bus_has_a_page_with_its_stops_ahead_and_one_that_is_not_there_has_none(line):
    status, html = page(line, "/armada/bus/BUS1")
    assert status == 200
    assert "Halte P4000_0" in html
    assert page(line, "/armada/bus/BUS9")[0] == 404


def test_when_the_live_process_stops_the_console_says_of_when_its_state_is(line):
    line.now = at(7, 14)
    assert "Ini keadaan pukul 07.12: proses langsung berhenti" in page(line, "/armada")[1]


def test_a_part_that_has_not_changed_is_not_sent_again(line):
    client = line.client()
    tag = client.get("/armada/kendali").headers["ETag"]
    assert client.get("/armada/kendali", headers={"If-None-Match": tag}).status_code == 304


def test_a_restart_of_the_live_process_knows_the_last_departures(line):
    again = Live(line.engine, line.folder)
    again.step(line.now)
    assert "BUS1 berangkat pukul 07.00" in page(line, "/armada/kendali")[1]


# ---- the playback


def test_a_minute_is_played_back_as_it_was(line):
    line.now = at(9)
    status, html = page(line, "/armada/putar?t=2026-11-23T07:11:30")
    assert status == 200
    assert "Keadaan pada Senin 23 November 2026, 07.11.30" in html
    assert ">BUS1</text>" in html


def test_of_a_minute_that_was_not_recorded_nothing_is_claimed(line):
    line.now = at(9)
    html = page(line, "/armada/putar?t=2026-11-23T06:00")[1]
    assert "Tidak tercatat" in html
    assert "bukan berarti tidak ada bus" in html


def test_the_verdict_names_the_bus_that_passed_and_what_riders_were_shown(line):
    line.now = at(9)
    html = page(line, "/armada/putar?t=2026-11-23T07:08:20&halte=P2500_0")[1]
    assert "Saat itu ada bus lewat." in html
    assert "BUS1 pukul 07.08.1" in html
    later = page(line, "/armada/putar?t=2026-11-23T07:12:00&halte=P4000_0")[1]
    assert "pukul 07.11: 07.13" in later, "what was shown of BUS1 at the last stop"


def test_a_stop_or_a_time_that_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(line):
    status, html = page(line, "/armada/putar?t=kemarin&halte=Antah&bus=BUS1")
    assert status == 422
    assert "kemarin bukan tanggal dan jam" in html
    assert "Tidak ada halte Antah" in html
    assert 'value="Antah"' in html
    assert 'value="BUS1"' in html


def test_positions_of_a_span_are_exported_and_a_formula_is_none(line):
    line.now = at(9)
    span = "dari=2026-11-23T07:11&sampai=2026-11-23T07:12"
    rows = line.client().get(f"/armada/putar.csv?{span}").text.splitlines()
    assert rows[0] == "seen_at,vehicle_id,lat,lon,status,trip_id,reported_at"
    assert rows[1].startswith("2026-11-23T00:11:00Z,BUS1,3.6")
    ways = line.client().get(f"/armada/putar.geojson?{span}&bus=BUS2").json
    assert [feature["properties"]["vehicle_id"] for feature in ways["features"]] == ["BUS2"]
    assert line.client().get("/armada/putar.csv?dari=2026-11-20T07:11&sampai=2026-11-23T07:12").status_code == 400


@pytest.mark.parametrize(("record_days", "days", "status"), [(31, 31, 200), (31, 33, 422), (None, 1000, 200)])
def test_the_playback_reaches_as_far_back_as_the_record_is_kept(line, record_days, days, status):
    client = line.client(record_days=record_days)
    asked = client.get(f"/armada/putar?t={line.now - timedelta(days=days):%Y-%m-%dT%H:%M}")
    assert asked.status_code == status
    assert ("31 hari" in asked.text) is (status == 422)


def test_the_record_is_kept_as_long_as_keep_days_says(line):
    live = Live(line.engine, line.folder, parse_keep_days("record=2"))
    append_frame(line.folder, "shown", line.now - timedelta(days=4), b"old")
    append_frame(line.folder, "shown", line.now - timedelta(days=2), b"kept")
    live.step(line.now)
    days = {path.name for path in (line.folder / "history").iterdir()}
    assert f"{line.now - timedelta(days=4):%Y-%m-%d}" not in days
    assert f"{line.now - timedelta(days=2):%Y-%m-%d}" in days


def test_what_was_shown_outlives_a_restart_and_ninety_days(line):
    from transit.store.history import forget_history

    assert forget_history(line.folder, (line.now + timedelta(days=92)).date()) == 0
    assert forget_history(line.folder, (line.now + timedelta(days=94)).date()) == 1
