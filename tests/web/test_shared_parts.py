"""Parts of the console that all who look see alike are made once, and are nobody's in particular."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import perf_counter, sleep

import brotli
import pytest

from tests.builders import STRAIGHT, a_drive, at
from tests.control_cast import there_and_back
from tests.web.pages.test_log_in import OURS, PASSWORD, browser
from transit.store.database import writing
from transit.store.people import Role, add_person
from web.shared_parts import SharedParts

PARTS = ("/armada/kendali?part=kendali", "/armada/kotak?part=kotak", "/armada?part=fleet")


@pytest.fixture
def office(city):
    """At 07:12 a departure that nobody drives is a row of the inbox, and two buses are on the line."""
    city.now = at(7, 12)
    city.load(there_and_back())
    with writing(city.engine) as connection:
        for role in Role:
            add_person(connection, f"a-{role}", role, PASSWORD, now=city.now)
    first = a_drive(STRAIGHT, at(7), speed_mps=5.0, to_m=3600.0, vehicle_id="BUS1")
    second = a_drive(STRAIGHT, at(7, 1, 40), speed_mps=5.0, to_m=3000.0, vehicle_id="BUS2")
    city.hear(sorted([*first, *second], key=lambda row: row.received_at))
    for back in range(30, -1, -5):
        city.step(at(7, 12) - timedelta(seconds=back))
    return city


def comes(client, words):
    """The part of the corridors has them; it rests some times as long as it took to make."""
    until = perf_counter() + 60.0
    while words not in client.get(PARTS[0], headers={"Accept-Language": "en"}).text:
        assert perf_counter() < until
        sleep(0.05)


def test_a_part_is_made_once_for_each_state(tmp_path):
    parts, made = SharedParts(tmp_path), []

    def make():
        made.append(1)
        return f'<i>{len(made)}</i><input name="csrf_token" value="of-who-asked-first">'

    first = parts.get("list", "state 1", make)
    assert parts.get("list", "state 1", make) is first
    assert first.body == b'<i>1</i><input name="csrf_token" value="">', "the next to ask is somebody else"
    assert parts.get("list", "state 2", make).body.startswith(b"<i>2</i>")
    assert parts.get("other", "state 2", make).body.startswith(b"<i>3</i>")


def test_while_a_part_is_made_anew_the_others_have_the_one_before(tmp_path):
    parts, begun, goes_on = SharedParts(tmp_path), Event(), Event()
    parts.get("list", "old", lambda: "<i>old</i>")

    def slowly():
        begun.set()
        assert goes_on.wait(10)
        return "<i>new</i>"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(parts.get, "list", "new", slowly)
        assert begun.wait(10)
        assert parts.get("list", "new", lambda: pytest.fail("made twice")).body == b"<i>old</i>"
        goes_on.set()
        assert first.result(10).body == b"<i>new</i>"
    assert parts.get("list", "new", lambda: pytest.fail("made twice")).body == b"<i>new</i>"


def test_what_one_worker_made_the_other_does_not_make_again(tmp_path):
    one, other = SharedParts(tmp_path), SharedParts(tmp_path)
    first = one.get("list", ("v1", 7), lambda: "<i>7</i>")
    taken = other.get("list", ("v1", 7), lambda: pytest.fail("made twice"))
    assert (taken.body, taken.etag) == (first.body, first.etag) == (b"<i>7</i>", first.etag)
    assert other.get("list", ("v1", 8), lambda: "<i>8</i>").body == b"<i>8</i>"
    assert other.get("inbox", ("v1", 7), lambda: "<b>7</b>").body == b"<b>7</b>", "of another name"
    assert one.get("list", ("v1", 8), lambda: pytest.fail("made twice")).body == b"<i>8</i>"


def test_while_one_worker_makes_a_part_the_other_serves_the_one_before_and_one_that_has_none_makes_its_own(tmp_path):
    one, other, newcomer = SharedParts(tmp_path), SharedParts(tmp_path), SharedParts(tmp_path)
    one.get("list", "old", lambda: "<i>old</i>")
    other.get("list", "old", lambda: pytest.fail("made twice"))

    def meanwhile():
        assert other.get("list", "new", lambda: pytest.fail("made twice")).body == b"<i>old</i>"
        assert newcomer.get("list", "new", lambda: "<i>own</i>").body == b"<i>own</i>"
        return "<i>new</i>"

    assert one.get("list", "new", meanwhile).body == b"<i>new</i>"
    assert other.get("list", "new", lambda: pytest.fail("made twice")).body == b"<i>new</i>"


def test_where_nothing_can_be_written_each_worker_makes_its_own(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    one, other = SharedParts(tmp_path / "file"), SharedParts(tmp_path / "file")
    assert one.get("list", 1, lambda: "<i>1</i>").body == b"<i>1</i>"
    assert other.get("list", 1, lambda: "<b>1</b>").body == b"<b>1</b>"


def test_what_takes_long_to_make_is_made_the_more_rarely(tmp_path):
    parts = SharedParts(tmp_path)

    def slowly():
        sleep(0.05)
        return "<i>old</i>"

    parts.get("list", 1, slowly)
    assert parts.get("list", 2, lambda: "<i>new</i>", rests=200.0).body == b"<i>old</i>"
    assert parts.get("list", 2, lambda: "<i>new</i>").body == b"<i>new</i>"


@pytest.mark.parametrize("path", PARTS)
def test_two_screens_of_one_state_have_the_same_part_and_the_second_costs_nothing(office, path):
    app = office.app(armada_is_local=False)
    one, other = browser(office, Role.DISPATCHER, app), browser(office, Role.DISPATCHER, app)
    first = one.get(path)
    assert first.status_code == 200
    office.engine.dispose()
    rendered = []
    app.jinja_env.globals["may"] = lambda *words: rendered.append(words)  # whatever is rendered now would ask it or fail
    second = other.get(path)
    assert (second.text, second.headers["ETag"], rendered) == (first.text, first.headers["ETag"], [])


@pytest.mark.parametrize("path", PARTS[:2])
def test_who_may_do_less_has_a_part_of_his_own_and_nobody_has_the_token_of_another(office, path):
    app = office.app(armada_is_local=False)
    dispatcher, viewer = browser(office, Role.DISPATCHER, app), browser(office, Role.VIEWER, app)
    page = dispatcher.get(path).text
    assert dispatcher.token not in page
    if "kotak" in path:
        assert 'name="csrf_token" value=""' in page, "the script fills it in"
    assert "<form" not in viewer.get(path).text
    assert dispatcher.get(path).text == page


def test_each_language_has_its_own(office):
    client = office.client()
    indonesian, english = (client.get(PARTS[1], headers={"Accept-Language": tag}).text for tag in ("id", "en"))
    assert ("Kotak masuk" in indonesian, "Inbox" in english) == (True, True)


def test_what_was_packed_for_one_is_what_the_next_reads(office):
    app = office.app()
    packed = [app.test_client().get(PARTS[0], headers={"Accept-Encoding": "br"}) for _ in range(2)]
    plain = app.test_client().get(PARTS[0])
    assert {row.headers["Content-Encoding"] for row in packed} == {"br"}
    assert [brotli.decompress(row.data) for row in packed] == [plain.data, plain.data]
    other = app.test_client().get("/armada/setelan", headers={"Accept-Encoding": "br"})
    assert b"<html" in brotli.decompress(other.data), "nothing else is kept"


def test_what_somebody_does_is_in_the_part_of_the_next_who_asks(office):
    client = office.client()
    before = client.get(PARTS[1]).text
    number = before.split('<li id="m')[1].split('"')[0]
    client.post(f"/armada/kotak/{number}", data={"deed": "take"}, headers=OURS)
    after = client.get(PARTS[1]).text
    assert (f'id="m{number}-take"' in before, f'id="m{number}-take"' in after) == (True, False)


def test_a_new_state_of_the_live_process_is_seen_at_once(office):
    client = office.client()
    assert 'class="bus silent"' not in client.get(PARTS[0], headers={"Accept-Language": "en"}).text
    office.step(at(7, 15))
    comes(client, 'class="bus silent"')


def test_that_the_live_process_has_stopped_is_seen_though_nothing_new_was_written(office):
    client, words = office.client(), "the live process has stopped"
    assert words not in client.get(PARTS[0], headers={"Accept-Language": "en"}).text
    office.now += timedelta(seconds=8)
    comes(client, words)
