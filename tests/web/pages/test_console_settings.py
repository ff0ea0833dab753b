"""What a supervisor sets: taken whole or told at its field, in force in the next step of the live process, never forgotten."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.web.pages.test_log_in import browser, office  # noqa: F401
from transit.control.facts import HoldingSettings
from transit.operations.limits import DEFAULT
from transit.operations.settings import BY_NAME, SETTINGS, InForce, Objected, Objection, in_force, objections
from transit.store.audit import load_entries
from transit.store.people import Role
from transit.store.settings import load_setting_changes, load_settings
from web.live.process import Live

OURS = {"Sec-Fetch-Site": "same-origin"}
PATH = "/armada/setelan"


def seen(city):
    return re.search(r'name="seen" value="(\d*)"', city.client().get(PATH).text)[1]


def keep(city, why="too many rows", client=None, **typed):
    with city.engine.connect() as connection:
        now = {name: f"{value:g}" for name, value in load_settings(connection).items()}
    form = {"why": why, "seen": seen(city), **now, **typed}
    return (client or city.client()).post(PATH, data=form, headers=OURS)


def chosen(city):
    with city.engine.connect() as connection:
        return dict(load_settings(connection))


def test_what_is_set_counts_in_the_next_step_and_the_default_stays_that_of_the_environment(town):
    town.live = Live(town.engine, town.folder, limits=replace(DEFAULT, silent_s=240.0))
    town.step()
    assert (town.live.inbox.limits.silent_s, town.live.control.settings.longest_hold_s) == (240.0, 300.0)
    assert keep(town, silent_s="200", longest_hold_s="120", lowest_headway_s="480", bunched_share="0,3").status_code == 303
    town.step()
    limits, advice = town.live.inbox.limits, town.live.control.settings
    assert (limits.silent_s, limits.bunched_share, limits.battery_pct) == (200.0, 0.3, 20.0)
    assert (advice.longest_hold_s, advice.lowest_headway_s) == (120.0, 480.0)
    assert keep(town, silent_s="", lowest_headway_s="").status_code == 303
    town.step()
    assert (town.live.inbox.limits.silent_s, town.live.control.settings.lowest_headway_s) == (240.0, None)
    assert town.live.control.settings.longest_hold_s == 120.0, "what was not touched stays"


def test_each_change_is_written_down_with_who_when_what_and_why(office):  # noqa: F811
    chief = browser(office, Role.SUPERVISOR)
    form = {"why": "buses rest longer on Fridays", "seen": "", "longest_hold_s": "240", "silent_s": "300"}
    assert chief.post(PATH, form).status_code == 303
    with office.engine.connect() as connection:
        (later, first) = load_setting_changes(connection)
        entries = [entry for entry in load_entries(connection, limit=9) if entry.action == "setting"]
    assert (first.name, first.value, first.person, first.why) == (
        "longest_hold_s", 240.0, "a-supervisor", "buses rest longer on Fridays",
    )  # fmt: skip
    assert (later.name, later.changed_at) == ("silent_s", office.now)
    assert {(entry.subject, entry.before, entry.after, entry.why) for entry in entries} == {
        ("longest_hold_s", "", "240", "buses rest longer on Fridays"),
        ("silent_s", "", "300", "buses rest longer on Fridays"),
    }
    page = unescape(chief.get(f"{PATH}?lang=en").text)
    assert "buses rest longer on Fridays" in page
    assert "A bus is held no longer than" in page
    assert chief.get("/armada/catatan").status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DISPATCHER])
def test_only_supervisors_set_anything(office, role):  # noqa: F811
    who = browser(office, role)
    assert who.get(PATH).status_code == 403
    assert who.post(PATH, {"why": "x", "seen": "", "silent_s": "100"}).status_code == 403
    assert "/armada/setelan" not in who.get("/armada").text
    assert chosen(office) == {}


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("silent_s", "soon", "Ini bukan angka."),
        ("silent_s", "-300", "Ini bukan angka."),
        ("silent_s", "1e3", "Ini bukan angka."),
        ("silent_s", "59", "Antara 60 dan 7200 detik."),
        ("gap_share", "5.01", "Antara 1,1 dan 5 kali."),
        ("falls_silent_s", "301", "Ini tidak boleh lebih dari “Bus disebut bisu bila tidak terdengar selama”."),
        ("battery_pct", "26", "Ini tidak boleh lebih dari “Pulih mulai”."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(town, name, typed, sentence):
    town.step()
    answer = keep(town, why="a try", longest_hold_s="240", **{name: typed})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert f'id="{name}-wrong" role="alert">{sentence}<' in page
    assert re.search(rf'name="{name}"[^>]*value="{re.escape(typed)}"[^>]*aria-invalid="true"', page)
    assert re.search(r'name="longest_hold_s"[^>]*value="240"', page)
    assert 'value="a try"' in page
    assert chosen(town) == {}, "nothing of it counts"


def test_without_a_reason_nothing_is_set(town):
    town.step()
    answer = keep(town, why=" ", silent_s="200")
    assert (answer.status_code, chosen(town)) == (422, {})
    assert 'id="why-wrong"' in answer.text


def test_two_who_set_at_once_do_not_undo_each_other(town):
    town.step()
    old = seen(town)
    keep(town, silent_s="200")
    late = town.client().post(PATH, data={"why": "y", "seen": old, "battery_pct": "10"}, headers=OURS)
    assert late.status_code == 409
    assert re.search(r'name="battery_pct"[^>]*value="10"', late.text)
    assert chosen(town) == {"silent_s": 200.0}


def test_nothing_changed_writes_nothing(town):
    town.step()
    keep(town, silent_s="200")
    keep(town, silent_s="200.0")
    with town.engine.connect() as connection:
        assert len(load_setting_changes(connection)) == 1


# --- the numbers themselves ------------------------------------------------------------------------------------------------


def test_every_number_of_the_inbox_and_of_the_advice_can_be_set():
    names = set(DEFAULT.__dataclass_fields__) | set(HoldingSettings.__dataclass_fields__)
    assert {setting.name for setting in SETTINGS} == names
    for name, setting in BY_NAME.items():
        value = InForce().value(name)
        assert value is None or setting.least <= value <= setting.most, name


def test_a_default_is_compared_with_what_is_typed_beside_it():
    """The default of silence is 300 s: who says 400 s of the first must raise the second, too."""
    assert objections(InForce(), {"falls_silent_s": "400"}) == {"falls_silent_s": Objected(Objection.ABOVE, "silent_s")}
    assert objections(InForce(), {"falls_silent_s": "400", "silent_s": "400"}) == {}
    assert objections(InForce(), {"falls_silent_s": "400", "silent_s": "x"}) == {"silent_s": Objected(Objection.NO_NUMBER)}


def test_names_that_this_version_does_not_know_count_for_nothing():
    assert in_force(InForce(), {"gone_s": 3.0}) == InForce()
    assert in_force(InForce(), {"ticket_h": 12.0}).limits == replace(DEFAULT, ticket_h=12.0)
