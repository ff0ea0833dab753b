"""Who may do what, address by address; log-ins, their end, and forms that are not of this log-in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.builders import at
from tests.conftest import HOUSE
from transit.store.audit import load_entries
from transit.store.database import writing
from transit.store.log_ins import FREE_PAIR
from transit.store.people import Role, add_person, disable_person
from web.access import MAY
from web.words.cells import plain

OURS = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "kuda-besi-77"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def office(town):
    """A city in which four people may log in, and nobody is let in otherwise."""
    with writing(town.engine) as connection:
        for role in Role:
            add_person(connection, f"a-{role}", role, PASSWORD, now=town.now)
    town.step()
    return town


class Browser:
    """A browser of one person, that fills in forms with the token of their page."""

    def __init__(self, city, app=None):
        self.client = (app or city.app(armada_is_local=False)).test_client()
        self.token = ""

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, data=None, headers=OURS, **options):
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, headers=headers, **options)

    def log_in(self, name, password=PASSWORD, **options):
        self.token = TOKEN.search(self.client.get("/masuk").text)[1]
        answer = self.post("/masuk", {"name": name, "password": password, **options})
        if answer.status_code == 303:
            found = TOKEN.search(self.client.get("/armada/sandi").text)
            self.token = found[1] if found else ""
        return answer


def browser(city, role, app=None):
    made = Browser(city, app)
    assert made.log_in(f"a-{role}").status_code == 303
    return made


@pytest.mark.parametrize("path", ["/armada", "/armada/pengumuman", "/armada/laporan", "/armada/catatan.csv"])
def test_whoever_is_not_logged_in_is_asked_to(office, path):
    answer = Browser(office).get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/masuk?lanjut={path.replace('/', '%2F')}"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_form_and_a_part_of_a_page_are_refused_without_a_log_in(office):
    assert Browser(office).post("/armada/pengumuman").status_code == 401
    assert Browser(office).get("/armada?part=fleet").status_code == 401


def test_after_the_log_in_the_page_that_was_wanted_opens(office):
    answer = Browser(office).log_in("A-viewer ", lanjut="/armada/laporan?x=1")
    assert answer.headers["Location"] == "/armada/laporan?x=1"


@pytest.mark.parametrize("elsewhere", ["https://example.org/armada", "//example.org", "/", "/armada\\..", "armada"])
def test_a_log_in_leads_nowhere_else(office, elsewhere):
    location = Browser(office).log_in("a-viewer", lanjut=elsewhere).headers["Location"]
    assert location == "/armada"


def rules_of(app):
    """Every address below /armada, with each method that changes or shows something."""
    return sorted(
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.rule == "/armada" or rule.rule.startswith("/armada/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    )


def test_the_table_of_who_may_do_what_has_every_address(office):
    assert rules_of(office.app()) == sorted((rule, method) for rule, methods in MAY.items() for method in methods)


def test_the_paper_says_the_same_as_the_table():
    rows = re.findall(r"^\| `(GET|POST) (/armada[^`]*)` \| [^|]+ \| (\w+) \|$", (HOUSE / "docs/PEOPLE.md").read_text(), re.M)
    assert {(rule, method): role for method, rule, role in rows} == {
        (rule, method): str(role) for rule, methods in MAY.items() for method, role in methods.items()
    }


def test_each_role_may_do_what_its_table_says_address_by_address(office):
    app = office.app(armada_is_local=False)
    for role in Role:
        who = browser(office, role, app)
        for rule, method in rules_of(app):
            path = re.sub(r"<[^>]+>", "nothing", re.sub(r"<int:[^>]+>", "1", rule))
            answer = who.get(path) if method == "GET" else who.post(path)
            allowed = role.includes(MAY[rule][method])
            assert (answer.status_code == 403) is not allowed, (role, method, rule, answer.status_code)
            if not allowed:
                assert f"peran Anda {role}" in answer.text


def test_an_address_outside_the_table_is_closed_to_everybody(office):
    app = office.app(armada_is_local=False)
    app.add_url_rule("/armada/new", "new", lambda: "secret")
    assert browser(office, Role.ADMIN, app).get("/armada/new").status_code == 403


def test_the_local_flag_lets_in_this_machine_and_nobody_else(office):
    client = office.client(armada_is_local=True)
    assert client.get("/armada", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200
    assert client.get("/armada", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 303
    for header in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"):
        assert client.get("/armada", headers={header: "192.0.2.7"}).status_code == 303
    assert Browser(office).get("/armada").status_code == 303, "without the flag not even this machine"


def test_a_name_that_nobody_has_and_a_wrong_password_get_the_same_answer(office):
    answers = [Browser(office).log_in(name, "wrong-password") for name in ("a-viewer", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [TOKEN.sub("", answer.text).replace("a-viewer", "nobody") for answer in answers]
    assert texts[0] == texts[1]


def test_wrong_passwords_cost_time_and_a_known_browser_keeps_coming_in(office):
    app = office.app(armada_is_local=False)
    known, stranger = browser(office, Role.VIEWER, app), Browser(office, app)
    for _ in range(FREE_PAIR):
        assert stranger.log_in("a-viewer", "wrong-password").status_code == 401
    waiting = stranger.log_in("a-viewer")
    assert waiting.status_code == 429
    assert waiting.headers["Retry-After"] == "2"
    assert "Tunggu 2 detik" in waiting.text
    known.post("/keluar")
    assert known.log_in("a-viewer").status_code == 303
    office.now += timedelta(seconds=2)
    assert stranger.log_in("a-viewer").status_code == 303


def test_a_log_out_ends_the_log_in_also_for_a_copy_of_the_cookie(office):
    app = office.app(armada_is_local=False)
    who = browser(office, Role.VIEWER, app)
    copy = app.test_client()
    copy.set_cookie("armada", who.client.get_cookie("armada").value)
    assert copy.get("/armada").status_code == 200
    assert who.post("/keluar").status_code == 303
    assert copy.get("/armada").status_code == 303


def test_whoever_is_disabled_is_out_at_the_next_request(office):
    who = browser(office, Role.ADMIN)
    with writing(office.engine) as connection:
        disable_person(connection, "a-admin", now=office.now)
    assert who.get("/armada").status_code == 303
    assert Browser(office).log_in("a-admin").status_code == 401


def test_an_admin_who_does_nothing_is_out_after_half_an_hour_and_polls_are_no_activity(office):
    app = office.app(armada_is_local=False)
    idle, busy, viewer = browser(office, Role.ADMIN, app), browser(office, Role.ADMIN, app), browser(office, Role.VIEWER, app)
    for minutes in (10, 20, 29):
        office.step(at(7, 5) + timedelta(minutes=minutes))
        assert idle.get("/armada?part=fleet").status_code == 200
        assert busy.get("/armada").status_code == 200
    office.step(at(7, 35))
    assert [who.get("/armada").status_code for who in (idle, busy, viewer)] == [303, 200, 200]
    office.step(at(19, 5))
    assert viewer.get("/armada").status_code == 303, "twelve hours"


def test_the_cookie_is_for_us_only(office):
    who = Browser(office)
    who.token = TOKEN.search(who.get("/masuk").text)[1]
    form = {"name": "a-viewer", "password": PASSWORD}
    plain_http = who.post("/masuk", form).headers.getlist("Set-Cookie")
    secure = who.post("/masuk", form, base_url="https://localhost", headers={**OURS}).headers.getlist("Set-Cookie")
    cookie = next(line for line in plain_http if line.startswith("armada="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert all("Secure" in line for line in secure)


def test_riders_pages_get_no_cookie_of_it(office):
    answer = Browser(office).get("/halte/S5")
    assert "armada" not in str(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        (None, OURS, 303),
        ("", OURS, 403),
        ("made up", OURS, 403),
        (None, {}, 403),
        (None, {"Origin": "https://elsewhere.example"}, 403),
        (None, {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_form_needs_its_token_and_its_origin(office, token, headers, status):
    who = browser(office, Role.DISPATCHER)
    form = {"header_id": "Banjir", "effect": "DETOUR", "route": "R1"}
    if token is not None:
        form["csrf_token"] = token
    assert who.post("/armada/pengumuman", form, headers=headers).status_code == status


def test_a_log_in_from_another_site_is_refused(office):
    who = Browser(office)
    who.token = "made up"
    assert who.post("/masuk", {"name": "a-viewer", "password": PASSWORD}).status_code == 403


def test_a_one_time_password_opens_only_the_page_that_asks_for_another(office):
    app = office.app(armada_is_local=False)
    admin = browser(office, Role.ADMIN, app)
    page = admin.post("/armada/orang", {"name": "Baru", "role": "dispatcher"})
    password = re.search(r"baru  ([a-z0-9-]+)<", page.text)[1]
    who = Browser(office, app)
    assert who.log_in("baru", password).status_code == 303
    assert who.get("/armada").headers["Location"] == "/armada/sandi"
    assert who.post("/armada/pengumuman").headers["Location"] == "/armada/sandi"
    form = {"old": password, "new": "sepeda-tua-1", "again": "sepeda-tua-1"}
    assert who.post("/armada/sandi", {**form, "again": "x"}).status_code == 422
    assert who.post("/armada/sandi", {**form, "old": "x"}).status_code == 422
    assert who.post("/armada/sandi", {**form, "new": "pendek", "again": "pendek"}).status_code == 422
    assert who.post("/armada/sandi", {**form, "new": password, "again": password}).status_code == 422
    assert who.post("/armada/sandi", form).status_code == 303
    assert who.get("/armada").status_code == 200
    assert Browser(office, app).log_in("baru", password).status_code == 401


def test_an_admin_closes_an_account_and_changes_a_role_but_not_their_own(office):
    app = office.app(armada_is_local=False)
    admin, viewer = browser(office, Role.ADMIN, app), browser(office, Role.VIEWER, app)
    assert viewer.get("/armada/catatan").status_code == 403
    assert admin.post("/armada/orang/a-viewer/peran", {"role": "supervisor"}).status_code == 303
    assert viewer.get("/armada/catatan").status_code == 200
    assert admin.post("/armada/orang/a-viewer/keluarkan").status_code == 303
    assert viewer.get("/armada").status_code == 303
    assert admin.post("/armada/orang/a-viewer/tutup").status_code == 303
    assert "ditutup sejak" in admin.get("/armada/orang").text
    assert admin.post("/armada/orang/a-admin/tutup").status_code == 422
    assert admin.post("/armada/orang/a-viewer/nothing").status_code == 404
    assert admin.post("/armada/orang", {"name": "a-viewer", "role": "viewer"}).status_code == 422
    assert admin.post("/armada/orang", {"name": "x y", "role": "viewer"}).status_code == 422
    assert admin.post("/armada/orang", {"name": "xy", "role": "king"}).status_code == 422


def test_what_was_done_stands_in_the_record(office):
    app = office.app(armada_is_local=False)
    dispatcher = browser(office, Role.DISPATCHER, app)
    dispatcher.post("/armada/pengumuman", {"header_id": "Banjir", "effect": "DETOUR", "route": "R1"})
    with office.engine.connect() as connection:
        newest = load_entries(connection)[0]
    assert (newest.person, newest.action, newest.after) == ("a-dispatcher", "notice_begun", "DETOUR: Banjir")
    assert newest.network == "127.0.0.0/24"
    supervisor = browser(office, Role.SUPERVISOR, app)
    page = supervisor.get("/armada/catatan?bulan=2026-11").text
    assert "memberi tahu penumpang" in page
    assert newest.digest not in page, "the newest is the supervisor's own log-in"
    assert "a-dispatcher,notice_begun" in supervisor.get("/armada/catatan.csv").text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("@x", "'@x"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\n=1", "'\n=1"),
        ("BUS-1", "BUS-1"),
        (-5, -5),
    ],
)
def test_a_cell_that_a_spreadsheet_would_compute_is_plain(value, cell):
    assert plain(value) == cell
