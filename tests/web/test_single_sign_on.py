"""People log in with an account of another house: a real OpenID Connect provider on a port of this machine."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from oidc_provider_mock import User, run_server_in_thread

from tests.conftest import free_port
from tests.web.pages.test_log_in import OURS, PASSWORD, TOKEN, Browser
from transit.store.audit import load_entries
from transit.store.database import writing
from transit.store.people import Role, add_person, disable_person, get_person
from web.settings import SingleSignOn
from web.single_sign_on import role_of

ROLES = {"petugas": Role.DISPATCHER, "kepala": Role.SUPERVISOR}
USERS = (
    User(sub="u-1", claims={"preferred_username": "Siti Aminah", "groups": ["petugas", "koperasi"]}),
    User(sub="u-2", claims={"preferred_username": "siti-aminah", "groups": ["kepala", "petugas"]}),
    User(sub="u-3", claims={"preferred_username": "tamu", "groups": ["koperasi"]}),
)


@pytest.fixture(scope="module")
def provider():
    with run_server_in_thread(user_claims=USERS, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def settings(provider, **changes):
    values = {"issuer": provider, "client_id": "armada", "client_secret": "secret", "roles": ROLES, "role_claim": "groups"}
    return SingleSignOn(**{**values, **changes})


class Office:
    """A city whose people have their accounts elsewhere; and one browser."""

    def __init__(self, city, sso):
        self.city = city
        self.app = city.app(armada_is_local=False, single_sign_on=sso)
        self.client = self.app.test_client()

    def log_in(self, subject, path="/masuk/akun?lanjut=/armada/pengumuman"):
        """As a browser does: there, the account is chosen, and back."""
        there = self.client.get(path)
        assert there.status_code == 302, there.text
        chosen = requests.post(there.location, data={"sub": subject}, allow_redirects=False, timeout=20)
        return self.client.get(chosen.headers["Location"])


@pytest.fixture
def office(town, provider):
    town.step()
    return Office(town, settings(provider))


def person(town, name):
    with town.engine.connect() as connection:
        return get_person(connection, name)


def test_the_page_offers_it_only_where_there_is_one(town, office):
    assert "Masuk dengan akun kantor" in office.client.get("/masuk").text
    assert "akun kantor" not in town.app(armada_is_local=False).test_client().get("/masuk").text
    assert town.app(armada_is_local=False).test_client().get("/masuk/akun").status_code == 404
    labelled = Office(town, settings("https://akun.example.org", label="Akun Binjai"))
    assert "Log in with Akun Binjai" in labelled.client.get("/masuk?lang=en").text


def test_it_asks_with_a_state_a_nonce_and_a_challenge(office):
    asked = parse_qs(urlsplit(office.client.get("/masuk/akun").location).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == ["http://localhost/masuk/akun/kembali"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


def test_who_is_vouched_for_goes_on_where_they_wanted_to_with_the_role_of_the_claim(town, office, provider):
    answer = office.log_in("u-1")
    assert (answer.status_code, answer.location) == (303, "/armada/pengumuman")
    assert person(town, "siti-aminah").role is Role.DISPATCHER
    assert office.client.get("/armada/pengumuman").status_code == 200
    assert office.client.get("/armada/orang").status_code == 403
    with town.engine.connect() as connection:
        entry = load_entries(connection)[0]
    assert (entry.person, entry.action, entry.why) == ("siti-aminah", "log_in", provider)


def test_two_accounts_of_one_name_are_two_people_and_the_highest_role_counts(town, office, provider):
    office.log_in("u-1")
    Office(town, settings(provider)).log_in("u-2")
    assert person(town, "siti-aminah").role is Role.DISPATCHER
    assert person(town, "siti-aminah-2").role is Role.SUPERVISOR


def test_a_role_that_changed_there_has_changed_here_at_the_next_log_in(town, office, provider):
    office.log_in("u-1")
    promoted = Office(town, settings(provider, roles={"petugas": Role.ADMIN}))
    promoted.log_in("u-1")
    assert person(town, "siti-aminah").role is Role.ADMIN


def test_who_has_no_role_or_was_closed_here_stays_outside(town, office):
    answer = office.log_in("u-3")
    assert (answer.status_code, "belum punya peran" in answer.text) == (403, True)
    office.log_in("u-1")
    with writing(town.engine) as connection:
        disable_person(connection, "siti-aminah", now=town.now)
    answer = office.log_in("u-1")
    assert (answer.status_code, "sudah ditutup" in answer.text) == (403, True)
    assert office.client.get("/armada").status_code == 303


def test_a_local_person_is_never_taken_over_by_a_name_there(town, office):
    with writing(town.engine) as connection:
        add_person(connection, "siti-aminah", Role.ADMIN, PASSWORD, now=town.now)
    office.log_in("u-1")
    assert person(town, "siti-aminah").role is Role.ADMIN
    assert person(town, "siti-aminah-2").role is Role.DISPATCHER


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied&state=y"])
def test_an_answer_that_nobody_asked_for_lets_nobody_in(office, query):
    answer = office.client.get(f"/masuk/akun/kembali{query}")
    assert (answer.status_code, "tidak dikonfirmasi" in answer.text) == (401, True)
    assert office.client.get("/armada").status_code == 303


def test_the_answer_to_another_browsers_question_lets_nobody_in(town, office):
    there = office.client.get("/masuk/akun")
    chosen = requests.post(there.location, data={"sub": "u-1"}, allow_redirects=False, timeout=20)
    stranger = office.app.test_client()
    assert stranger.get(chosen.headers["Location"]).status_code == 401


def test_an_answer_counts_once(office):
    there = office.client.get("/masuk/akun")
    back = requests.post(there.location, data={"sub": "u-1"}, allow_redirects=False, timeout=20).headers["Location"]
    assert office.client.get(back).status_code == 303
    office.client.get("/masuk")
    assert office.app.test_client().get(back).status_code == 401


def test_a_house_that_calls_itself_otherwise_than_we_were_told_is_not_believed(town, provider):
    other = Office(town, settings(provider.replace("localhost", "LOCALHOST")))
    answer = other.log_in("u-1")
    assert (answer.status_code, "tidak dikonfirmasi" in answer.text) == (401, True)


def test_while_the_other_house_is_away_a_local_admin_gets_in(town):
    with writing(town.engine) as connection:
        add_person(connection, "a-admin", Role.ADMIN, PASSWORD, now=town.now)
    town.step()
    office = Office(town, settings(f"http://localhost:{free_port()}"))
    answer = office.client.get("/masuk/akun")
    assert (answer.status_code, "tidak menjawab" in answer.text) == (502, True)
    assert Browser(town, office.app).log_in("a-admin").status_code == 303


def logs_out(office):
    """The page after the form, and where it leads."""
    token = TOKEN.search(office.client.get("/armada/sandi").text)[1]
    answer = office.client.post("/keluar", data={"csrf_token": token}, headers=OURS)
    refresh = re.search(r'<meta http-equiv="refresh" content="1;url=([^"]+)">', answer.text)
    return answer, unescape(refresh[1]) if refresh else None


def test_who_logs_out_here_logs_out_there_too_and_comes_back(town, office, provider):
    office.log_in("u-1")
    answer, there = logs_out(office)
    assert (answer.status_code, "Anda sudah keluar di sini" in answer.text) == (200, True)
    assert office.client.get("/armada").status_code == 303, "the log-in here has ended, whatever that house does"
    assert there.startswith(f"{provider}/oauth2/end_session?")
    asked = parse_qs(urlsplit(there).query)
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == (["armada"], ["http://localhost/masuk"])
    assert asked["id_token_hint"][0].count(".") == 2, "a signed token, whole"
    page = requests.get(there, timeout=20)
    assert page.status_code == 200
    back = re.search(r'name="redirect_uri"[^>]*value="([^"]+)"', page.text)
    sent = requests.post(
        f"{provider}/oauth2/end_session/confirm", {"redirect_uri": unescape(back[1])}, allow_redirects=False, timeout=20
    )
    assert sent.headers["Location"] == f"http://localhost/masuk?state={asked['state'][0]}"
    assert office.client.get(sent.headers["Location"]).status_code == 200


def test_who_came_with_a_password_of_ours_logs_out_here_alone(town, office):
    with writing(town.engine) as connection:
        add_person(connection, "a-admin", Role.ADMIN, PASSWORD, now=town.now)
    who = Browser(town, office.app)
    who.log_in("a-admin")
    answer = who.post("/keluar")
    assert (answer.status_code, answer.location) == (303, "/masuk")


@pytest.mark.parametrize("document", [{}, {"end_session_endpoint": "javascript:alert(1)"}, None])
def test_where_the_other_house_cannot_be_asked_the_log_out_is_of_this_house(town, provider, document):
    """It names no place for it, one that is none, or does not answer any more."""
    office = Office(town, settings(provider))
    office.log_in("u-1")
    with a_house_that_says(document) as issuer:
        moved = town.app(armada_is_local=False, single_sign_on=settings(issuer)).test_client()
        moved.set_cookie("armada", office.client.get_cookie("armada").value)
        token = TOKEN.search(moved.get("/armada/sandi").text)[1]
        answer = moved.post("/keluar", data={"csrf_token": token}, headers=OURS)
    assert (answer.status_code, answer.location) == (303, "/masuk")
    assert moved.get("/armada").status_code == 303


@contextmanager
def a_house_that_says(document):
    """A provider of which only the discovery document matters; None: nobody answers there."""
    port = free_port()
    if document is None:
        yield f"http://localhost:{port}"
        return

    class House(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"issuer": f"http://localhost:{port}", **document}).encode())

    server = ThreadingHTTPServer(("localhost", port), House)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("claims", "path", "role"),
    [
        ({"groups": ["petugas"]}, "groups", Role.DISPATCHER),
        ({"groups": "petugas kepala"}, "groups", Role.SUPERVISOR),
        ({"realm_access": {"roles": ["kepala"]}}, "realm_access.roles", Role.SUPERVISOR),
        ({"https://binjai.example/roles": ["petugas"]}, "https://binjai.example/roles", Role.DISPATCHER),
        ({"groups": ["Petugas"]}, "groups", None),
        ({"groups": 7}, "groups", None),
        ({"realm_access": ["kepala"]}, "realm_access.roles", None),
        ({}, "groups", None),
    ],
)
def test_the_role_is_the_highest_that_the_claim_stands_for(claims, path, role):
    assert role_of(claims, settings("https://akun.example.org", role_claim=path)) is role
