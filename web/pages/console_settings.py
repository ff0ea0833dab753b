"""The page for settings of the inbox and the advice, with the record of changes. They are in force within seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.operations.settings import SETTINGS, Group, InForce, Objected, Setting, in_force, objections, parse
from transit.store.database import writing
from transit.store.settings import change_setting, load_setting_changes, load_settings
from web.access import WHY_LETTERS, audit, current_person
from web.words import settings as words
from web.world import world

pages = Blueprint("console_settings", __name__)


@dataclass(frozen=True)
class SettingRow:
    setting: Setting
    typed: str
    default: float | None
    error: str


@pages.get("/armada/setelan")
def settings() -> Response:
    with world().engine.connect() as connection:
        chosen = load_settings(connection)
    typed = {name: words.value_word(value) for name, value in chosen.items()}
    return _page(typed, {}, {}, 200)


@pages.post("/armada/setelan")
def change() -> Response:
    """Saves all settings at once; an empty field means the default. With one wrong field nothing is saved."""
    typed = {setting.name: request.form.get(setting.name, "").strip() for setting in SETTINGS}
    why = request.form.get("why", "").strip()[:WHY_LETTERS]
    objected = objections(_default(), typed)
    errors = {} if why else {"why": gettext("Say why, for those who come after you.")}
    if objected or errors:
        return _page(typed, objected, errors, 422)
    now, person = world().now(), current_person()
    with writing(world().engine) as connection:
        changes = load_setting_changes(connection, limit=1)
        if request.form.get("seen", "") != (str(changes[0].change_id) if changes else ""):
            text = gettext("Somebody changed these settings meanwhile; what counts now stands below. Keep yours once more.")
            return _page(typed, {}, {"meanwhile": text}, 409)
        before = load_settings(connection)
        for setting in SETTINGS:
            name, value = setting.name, parse(typed[setting.name])
            if value == before.get(name):
                continue
            change_setting(connection, name, value, person=person.name if person else "", why=why, now=now)
            audit(connection, "setting", name, before=_plain(before.get(name)), after=_plain(value), why=why)
    return redirect("/armada/setelan?ok=1", 303)  # type: ignore[return-value]


def _plain(value: float | None) -> str:
    """A value as text for the record, independent of language; empty: the default."""
    return "" if value is None else f"{value:g}"


def _default() -> InForce:
    return InForce(limits=world().settings.inbox_limits)


def _page(typed: Mapping[str, str], objected: Mapping[str, Objected], errors: Mapping[str, str], status: int) -> Response:
    default = _default()
    with world().engine.connect() as connection:
        changes, chosen = load_setting_changes(connection), load_settings(connection)
    rows = [
        SettingRow(
            setting=setting,
            typed=typed.get(setting.name, ""),
            default=default.value(setting.name),
            error=words.objection_word(setting.name, objected[setting.name]) if setting.name in objected else "",
        )
        for setting in SETTINGS
    ]
    html = render_template(
        "console_settings.html",
        groups=[(group, [row for row in rows if row.setting.group is group]) for group in Group],
        counts=in_force(default, chosen),
        changes=changes,
        errors=errors,
        wrong=len(objected) + len(errors),
        words=words,
        why=request.form.get("why", ""),
    )
    return make_response(html, status)
