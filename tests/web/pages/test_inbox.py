"""The dispatcher's inbox: what becomes a row, what people do about it, and what the playback shows of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.builders import STRAIGHT, a_drive, a_network, a_report, at
from tests.control_cast import BACK, there_and_back
from tests.control_room import Control
from tests.web.pages.test_every_trouble import BY_LIVE_ALONE, ELSEWHERE, SCENES, falls_silent
from transit.operations.matters import Handling, Matter, matter_state
from transit.operations.troubles import Trouble
from transit.operations.troubles import TroubleKind as Kind
from transit.store.assignments import Duty, give
from transit.store.audit import load_entries
from transit.store.database import writing
from transit.store.matters import load_matters, load_open, open_matter
from transit.store.tickets import Ticket, save_ticket
from web.access import MAY
from web.boards.inbox import MatterRow
from web.live.process import Live
from web.words.matters import OF_NOBODY, first_step

OURS = {"Sec-Fetch-Site": "same-origin"}
OF_THE_ISSUE = {  # what the console must tell -> the kinds that tell it; each is brought about here or in test_every_trouble
    "silent > 150/300 s": {Kind.FALLS_SILENT, Kind.SILENT},
    "off route > 120 s": {Kind.OFF_LINE},
    "bunched": {Kind.BUNCHED},
    "gap": {Kind.GAP},
    "ghost": {Kind.GHOST},
    "standing": {Kind.STANDING, Kind.PARKED, Kind.JAM},
    "moving unassigned": {Kind.LOOSE, Kind.NEVER_ON_TRIP},
    "two trackers": {Kind.SHARED_VEHICLE},
    "two places at once": {Kind.TWO_DEVICES},
    "battery < 20 %": {Kind.BATTERY_LOW},
    "clock": {
        Kind.LOCAL_TIME, Kind.CLOCK_TOO_WRONG, Kind.CLOCK_CORRECTED, Kind.CLOCK_SET_BACK, Kind.WEEK_ROLLOVER,
        Kind.OUR_CLOCK_WRONG,
    },
    "frozen GPS": {Kind.FROZEN_RECEIVER, Kind.STALE_POINT},
    "distrusted field": {
        Kind.BEARING_WRONG, Kind.SPEED_WRONG, Kind.ACCURACY_TOO_POOR, Kind.ACCURACY_TOO_GOOD, Kind.FIELD_UNUSABLE,
    },
    "feed ends within 14 days": {Kind.FEED_EXPIRES},
    "tracker unknown": {Kind.UNMAPPED, Kind.UNKNOWN_TOPIC},
    "assignment overruled": {Kind.ASSIGNMENT_OVERRULED},
    "ticket > 24 h": {Kind.TICKET_WAITS},
    "notice ends in 30 min": {Kind.NOTICE_ENDS},
}  # fmt: skip


def hear_and_look(city, reports, until, every_s=5):
    """Reports are heard as their time comes; the live process looks each few seconds until a moment, the last half minute."""
    city.hear([row for row in reports if row.received_at <= until])
    for back in range(30, -1, -every_s):
        city.step(until - timedelta(seconds=back))


def drive(vehicle_id, start, *, line=STRAIGHT, to_m=None, from_m=0.0):
    return a_drive(line, start, speed_mps=5.0, to_m=to_m, from_m=from_m, vehicle_id=vehicle_id)


def bunched(city):
    hear_and_look(city, [*drive("BUS1", at(7)), *drive("BUS2", at(7, 1, 40))], at(7, 8))


def gap(city):
    """BUS2 left the west end at 06:46, the east end at 07:03; BUS1 the west end only at 07:11."""
    west = [a_report((0.0, 0.0), at(7, 10, second), vehicle_id="BUS1") for second in range(0, 60, 10)]
    before = [*drive("BUS2", at(6, 46)), *drive("BUS2", at(7, 3), line=BACK)]
    hear_and_look(city, [*west, *drive("BUS1", at(7, 11)), *before], at(7, 12))


def ghost(city):
    hear_and_look(city, drive("BUS1", at(7)), at(7, 12))


def loose(city):
    way = [a_report((20.0 * n, 900.0), at(7) + timedelta(seconds=10 * n)) for n in range(45)]
    for minute in range(8):
        city.hear([row for row in way if at(7, minute - 1) < row.received_at <= at(7, minute)])
        for second in (0, 30):
            city.step(at(7, minute, second))


LIVE_SCENES = {Kind(scene.__name__): scene for scene in (bunched, gap, ghost, loose)}


@pytest.fixture
def line(city):
    return city.load(there_and_back())


def open_kinds(city):
    with city.engine.connect() as connection:
        return {matter.trouble.kind: matter for matter in load_open(connection)}


@pytest.mark.parametrize("kind", LIVE_SCENES)
def test_what_the_live_process_alone_sees_becomes_a_row(line, kind):
    LIVE_SCENES[kind](line)
    assert kind in open_kinds(line)
    page = unescape(line.client().get("/armada?lang=id").text)
    assert re.search(rf'<li id="m\d+" class="matter {kind} new">', page)


def test_every_kind_of_the_issue_is_brought_about_somewhere():
    told = set().union(*OF_THE_ISSUE.values())
    assert told <= {Kind(name) for name in SCENES} | ELSEWHERE | LIVE_SCENES.keys()
    assert set(LIVE_SCENES) == BY_LIVE_ALONE


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in OF_NOBODY])
def test_the_first_step_of_every_kind_is_a_page_of_the_console(city, kind):
    with city.app().test_request_context():
        step = first_step(Trouble(kind, "X1", figures={"vehicle": "X1", "ahead": "X2", "route_id": "R1"}))
    rule, _ = city.app().url_map.bind("localhost").match(re.split(r"[?#]", step.address)[0], return_rule=True)
    assert "GET" in MAY[rule.rule]


# --- what people do ------------------------------------------------------------------------------------------------------


@pytest.fixture
def one(line):
    """An inbox with a ghost in it."""
    ghost(line)
    return line


def number_of(city, kind=Kind.GHOST):
    return open_kinds(city)[kind].matter_id


def do(city, deed, client=None, **form):
    path = f"/armada/kotak/{number_of(city)}"
    return (client or city.client()).post(path, data={"deed": deed, **form}, headers=OURS)


def stands(city):
    return matter_state(open_kinds(city)[Kind.GHOST], city.now)


def waiting(city):
    return int(re.search(r'id="inbox-count">(\d+) perkara', city.client().get("/armada/kotak?lang=id").text)[1])


def test_a_matter_is_taken_put_off_closed_and_each_is_taken_back(one):
    assert do(one, "take").location == "/armada#kotak"
    assert (stands(one).handling, stands(one).deed.person) == (Handling.TAKEN, "local")
    assert "diambil local pukul 07.12" in one.client().get("/armada?lang=id").text
    do(one, "snooze", minutes="30")
    assert (stands(one).handling, stands(one).deed.until) == (Handling.SNOOZED, at(7, 42))
    count = waiting(one)
    do(one, "undo")
    assert waiting(one) == count + 1
    do(one, "close", why="sopir sakit")
    assert stands(one).handling is Handling.CLOSED
    page = one.client().get("/armada?lang=id").text
    assert "ditutup local pukul 07.12: sopir sakit" in page
    assert waiting(one) == count
    for handling in (Handling.TAKEN, Handling.NEW):
        assert do(one, "undo").status_code == 303
        assert stands(one).handling is handling
    with one.engine.connect() as connection:
        actions = [(entry.action, entry.why) for entry in reversed(load_entries(connection))]
    undo = ("matter_undo", "")
    assert actions == [("matter_take", ""), ("matter_snooze", ""), undo, ("matter_close", "sopir sakit"), undo, undo]


def test_a_matter_is_not_closed_without_a_reason_and_the_field_says_so(one):
    answer = do(one, "close", why="  ")
    assert answer.status_code == 422
    number = number_of(one)
    assert f'aria-describedby="m{number}-wrong"' in answer.text
    assert "Tulis mengapa ditutup" in answer.text
    assert stands(one).handling is Handling.NEW


def test_what_somebody_else_did_meanwhile_is_said_and_nothing_is_done_twice(one):
    assert do(one, "undo").status_code == 409
    do(one, "take")
    assert "Sudah diambil local" in do(one, "take").text
    do(one, "close", why="selesai")
    assert do(one, "snooze", minutes="10").status_code == 409
    number = number_of(one)
    hear_and_look(one, drive("BUS2", at(7, 12, 30)), at(7, 14))
    hear_and_look(one, [], at(7, 15, 30))
    answer = one.client().post(f"/armada/kotak/{number}", data={"deed": "undo"}, headers=OURS)
    assert (answer.status_code, "selesai dengan sendirinya" in answer.text) == (409, True)


@pytest.mark.parametrize("form", [{"deed": "burn"}, {"deed": "snooze", "minutes": "9999"}, {"deed": "snooze"}, {}])
def test_a_form_that_is_none_of_ours_does_nothing(one, form):
    assert one.client().post(f"/armada/kotak/{number_of(one)}", data=form, headers=OURS).status_code == 400
    assert one.client().post("/armada/kotak/999", data={"deed": "take"}, headers=OURS).status_code == 404
    assert stands(one).handling is Handling.NEW


def test_with_the_script_the_answer_is_the_part_with_what_is_wrong_at_its_field(one):
    client, number = one.client(), number_of(one)
    part = client.post(f"/armada/kotak/{number}?part=kotak", data={"deed": "close", "why": ""}, headers=OURS)
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="inbox-part">')
    assert 'aria-invalid="true"' in part.text
    tag = client.get("/armada/kotak").headers["ETag"]
    assert client.get("/armada/kotak", headers={"If-None-Match": tag}).status_code == 304


def test_one_matter_has_a_page_with_all_that_was_done_about_it(one):
    do(one, "take")
    do(one, "close", why="bus cadangan")
    page = one.client().get(f"/armada/kotak/{number_of(one)}?lang=id").text
    assert "local mengambilnya" in page
    assert "local menutupnya: bus cadangan" in page


def test_the_sixty_most_urgent_are_shown_and_the_others_are_counted(line):
    line.step(at(7))
    with writing(line.engine) as connection:
        for n in range(62):
            open_matter(connection, Trouble(Kind.TWO_DEVICES, f"tracker-{n}", figures={"vehicle": "BUS1"}), now=at(7))
    html = line.client().get("/armada/kotak?lang=en").text
    assert html.count('<li id="m') == 60
    assert "62 matters" in html
    assert "2 more, less urgent: they are shown when some above are done." in html


# --- what it lives on ----------------------------------------------------------------------------------------------------


def test_a_matter_outlives_a_restart_and_ends_by_itself(one):
    number = number_of(one)
    one.live = Live(one.engine, one.folder)
    hear_and_look(one, drive("BUS1", at(7)), at(7, 13))
    assert number_of(one) == number
    hear_and_look(one, drive("BUS2", at(7, 12, 30)), at(7, 14))
    hear_and_look(one, [], at(7, 15, 30))
    assert Kind.GHOST not in open_kinds(one)


def test_a_matter_that_was_closed_and_is_still_so_is_not_opened_anew(one):
    do(one, "close", why="tidak ada bus")
    number = number_of(one)
    hear_and_look(one, drive("BUS1", at(7)), at(7, 13))
    assert number_of(one) == number
    with one.engine.connect() as connection:
        ghosts = [row for row in load_matters(connection, at(7), at(8)) if row.trouble.kind is Kind.GHOST]
    assert len(ghosts) == 1


def test_the_playback_shows_the_inbox_of_then(one):
    do(one, "take")
    hear_and_look(one, drive("BUS2", at(7, 12, 30)), at(7, 14))
    hear_and_look(one, [], at(7, 15, 30))
    one.now = at(9)
    page = one.client().get("/armada/putar?t=2026-11-23T07:12:10&lang=id").text
    inbox = page.split('id="inbox-then"')[1].split("</details>")[0]
    assert "mestinya ada keberangkatan pukul 07.10" in inbox
    assert "diambil local pukul 07.12" in inbox
    later = one.client().get("/armada/putar?t=2026-11-23T07:15:25&lang=id").text
    assert "keberangkatan pukul 07.10" not in later


def test_when_the_live_process_stops_the_inbox_claims_nothing(line):
    assert "Proses langsung tidak berjalan" in line.client().get("/armada/kotak?lang=id").text
    line.step(at(7, 5))
    assert "Sekarang tidak ada yang menunggu Anda." in line.client().get("/armada/kotak?lang=id").text
    line.now = at(7, 6)
    page = line.client().get("/armada/kotak?lang=id").text
    assert "Proses langsung tidak berjalan" in page
    assert "Sekarang tidak ada" not in page


@pytest.fixture
def room(tmp_path):
    """Ingest, the live process and the pages; a bus every ten minutes."""
    made = Control(tmp_path, a_network(first_departures=tuple(range(7 * 3600, 12 * 3600, 600))))
    yield made
    made.engine.dispose()


def test_a_matter_began_no_later_than_it_was_first_seen():
    def since(began_at):
        matter = Matter(1, Trouble(Kind.CLOCK_CORRECTED, "T1", began_at), opened_at=at(7, 10))
        stand = matter_state(matter, at(8))
        row = MatterRow(matter=matter, trouble=matter.trouble, stand=stand, wrong="", remedy="", step=None, vehicle_id="")
        return row.since

    assert (since(at(7, 5)), since(at(7, 30)), since(None)) == (at(7, 5), at(7, 10), at(7, 10))


def test_a_bus_that_falls_silent_is_watched_apart_and_is_no_row_yet(room):
    falls_silent(room.map("T1", "BUS1")).live.step(room.now)
    assert Kind.FALLS_SILENT in open_kinds(room)
    part = room.page("/armada/kotak", "id").text
    assert "1 diamati" in part
    assert '<span class="num" id="inbox-count">0 perkara</span>' in part


def test_an_outage_is_one_row_instead_of_one_for_each_bus(room):
    names = [f"T{n}" for n in range(1, 6)]
    for name in names:
        room.map(name, f"BUS-{name}")
    room.plays(a_drive(to_m=1200.0), names)
    silent = set()
    for _ in range(12):
        room.waits(minutes=1)
        silent |= set(open_kinds(room))
    assert silent - {Kind.FALLS_SILENT} == {Kind.OUTAGE}
    assert set(open_kinds(room)) == {Kind.OUTAGE}
    assert open_kinds(room)[Kind.OUTAGE].trouble.figures["silent"] >= 1, "those on no trip are silent with the others"


def test_a_rider_who_waits_for_a_day_is_a_row_until_the_answer_is_sent(town):
    with writing(town.engine) as connection:
        save_ticket(connection, Ticket("ABCD2345", "no_bus", "S2", town.now - timedelta(hours=24)))
    hear_and_look(town, [], at(7, 6))
    part = unescape(town.client().get("/armada/kotak?lang=id").text)
    assert "laporan ABCD2345, halte Halte S2" in part
    assert 'href="/armada/laporan#tABCD2345"' in part
    town.client().post("/armada/laporan/ABCD2345", data={"answer": "Maaf."}, headers=OURS)
    hear_and_look(town, [], at(7, 7))
    hear_and_look(town, [], at(7, 8, 30))
    assert Kind.TICKET_WAITS not in open_kinds(town)


def test_a_bus_that_is_said_to_be_off_is_not_looked_for(line):
    with writing(line.engine) as connection:
        give(connection, "BUS1", Duty.OFF, None, None, starts_at=at(6), ends_at=None, by="siti", now=at(6))
    loose(line)
    assert Kind.LOOSE not in open_kinds(line)
