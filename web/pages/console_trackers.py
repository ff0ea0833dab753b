"""The page for trackers: their state, their vehicles and their passwords."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import segno
from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from transit.operations.recent_outcomes import TAKEN
from transit.operations.tracker_health import TrackerHealth
from transit.operations.trackers import REFUSED_LATELY, UNKNOWN
from transit.operations.troubles import Trouble, TroubleKind
from transit.store.database import writing
from transit.store.tracker_credentials import (
    Credential,
    CredentialRefused,
    IssuedPassword,
    add_credential,
    load_credentials,
    revoke_credential,
    rotate_credential,
)
from transit.store.trackers import load_tracker_health, load_tracker_map, map_tracker
from transit.store.vehicles import load_vehicle_ids
from transit.store.waiting_trackers import load_waiting_trackers
from transit.tracking.ages import SILENT_AGE
from web.access import audit
from web.answers import fragment, the_network
from web.words import phrasing, troubles
from web.words.languages import language
from web.world import world

pages = Blueprint("tracker_pages", __name__)
FIRST_FIX_WITHIN = timedelta(minutes=5)  # of a tracker that was just set up
JUST_SET_UP = timedelta(hours=1)
ID_AT_MOST = 120
LONG_AGO = datetime.min.replace(tzinfo=UTC)
STRANGERS_AT_MOST = 50  # on a page, of those on no bus and without a password: anybody may make up their names


@dataclass(frozen=True)
class TrackerRow:
    tracker: TrackerHealth
    sentence: str
    is_good: bool
    has_password: bool
    is_just_set_up: bool  # and was heard since
    came_in_time: bool  # its first position, of such a one


@dataclass(frozen=True)
class FormResult:
    """The result of a form: a new password, or an error at a field."""

    issued: IssuedPassword | None = None
    codes: Mapping[str, str] = field(default_factory=dict)  # app -> QR code of its settings, as a picture's address
    host: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@pages.get("/armada/pelacak")
def trackers() -> Response:
    return _page(FormResult(), {})


def _page(answer: FormResult, values: Mapping[str, str]) -> Response:
    the_network()
    with world().engine.connect() as connection:
        health = [row for row in load_tracker_health(connection) if row.tracker_id != UNKNOWN]
        credentials = load_credentials(connection)
        waiting = load_waiting_trackers(connection, world().now())
        vehicles = sorted({*load_vehicle_ids(connection), *load_tracker_map(connection).values()})
    with_password = {row.tracker_id: row for row in credentials}
    heard = {tracker.tracker_id for tracker in health if tracker.last_received_at is not None}
    first = max(request.args.get("dari", 0, type=int), 0)
    shown, more = _shown_of(health, with_password, first)
    rows = [_row(tracker, with_password.get(tracker.tracker_id)) for tracker in shown]
    of_new = {
        "awaited": [row for row in credentials if row.tracker_id not in heard],
        "fresh": [row for row in rows if row.is_just_set_up],
        "first_fix_within": FIRST_FIX_WITHIN,
    }
    if request.args.get("part") == "baru":
        return fragment(render_template("trackers_new.html", **of_new))
    html = render_template(
        "trackers.html",
        rows=rows,
        more=more,
        next_page=first + STRANGERS_AT_MOST,
        waiting=waiting,
        **of_new,
        vehicles=vehicles,
        answer=answer,
        values=values,
        errors=answer.errors,
    )
    return make_response(html, 422 if answer.errors else 200)


def _shown_of(health: Sequence[TrackerHealth], with_password: Container[str], first: int) -> tuple[list[TrackerHealth], int]:
    """All that somebody put on a bus or gave a password, and of the others a page; and how many of those come after it.

    first: how many of the others, those that were heard last, the pages before have shown.
    """
    strangers = [row for row in health if row.vehicle_id is None and row.tracker_id not in with_password]
    strangers.sort(key=lambda row: row.last_received_at or LONG_AGO, reverse=True)
    after = strangers[first + STRANGERS_AT_MOST :]
    left_out = {row.tracker_id for row in [*strangers[:first], *after]}
    return [row for row in health if row.tracker_id not in left_out], len(after)


def _row(tracker: TrackerHealth, credential: Credential | None) -> TrackerRow:
    """A tracker's row, with its gravest trouble or else how it reports."""
    now, network = world().now(), the_network()
    sentence, is_good = _sentence(tracker, now, network.timezone)
    return TrackerRow(
        tracker=tracker,
        sentence=sentence,
        is_good=is_good,
        has_password=credential is not None,
        is_just_set_up=_is_just_set_up(tracker, credential, now),
        came_in_time=_came_in_time(tracker, credential, now),
    )


def _sentence(tracker: TrackerHealth, now: datetime, timezone: str) -> tuple[str, bool]:
    """The sentence about a tracker, and whether it is good news."""
    own = [trouble for trouble in world().view.troubles if _is_about(trouble, tracker)]
    if own:
        return troubles.wrong(own[0], language(), timezone, now), False
    at = tracker.last_received_at
    if at is None:
        return gettext("Has never been heard."), False
    age = phrasing.age(at, now)
    if now - at > SILENT_AGE:
        return gettext("Silent: heard last %(age)s.", age=age), False
    if tracker.vehicle_id is None:
        return gettext("Reports (%(age)s), but is on no bus.", age=age), False
    if TAKEN.isdisjoint(tracker.recent.since(now - REFUSED_LATELY)):
        return gettext("Heard (%(age)s), but no position of it can be used.", age=age), False
    return gettext("Reports well (%(age)s).", age=age), True


def _is_about(trouble: Trouble, tracker: TrackerHealth) -> bool:
    if trouble.kind is TroubleKind.SHARED_VEHICLE and trouble.subject in tracker.shared_with:
        return True
    return trouble.subject == tracker.tracker_id


def _is_just_set_up(tracker: TrackerHealth, credential: Credential | None, now: datetime) -> bool:
    """Whether it got a password within the last hour and a position has come since."""
    heard = tracker.last_received_at
    if credential is None or heard is None:
        return False
    return now - credential.issued_at <= JUST_SET_UP and heard >= credential.issued_at


def _came_in_time(tracker: TrackerHealth, credential: Credential | None, now: datetime) -> bool:
    """Whether it got a password within the last hour and a position came within FIRST_FIX_WITHIN of that."""
    heard = tracker.last_received_at
    if credential is None or heard is None or not _is_just_set_up(tracker, credential, now):
        return False
    first = tracker.first_received_at
    since = max(first, credential.issued_at) if first is not None else heard
    return since - credential.issued_at <= FIRST_FIX_WITHIN


@pages.post("/armada/pelacak")
def change() -> Response:
    deed, tracker = request.form.get("deed", ""), request.form.get("tracker", "").strip()[:ID_AT_MOST]
    deeds = {"map": _map, "unmap": _unmap, "add": _add, "rotate": _rotate, "revoke": _revoke}
    if deed not in deeds or not tracker:
        return _page(FormResult(errors={"tracker": gettext("Name a tracker.")}), request.form)
    try:
        return _page(deeds[deed](tracker), {})
    except CredentialRefused:
        sentence = gettext(
            "“%(id)s” has a password already or none yet, or is no id: letters, digits, - and _ (a phone: user/device).",
            id=tracker,
        )
        return _page(FormResult(errors={"tracker": sentence}), request.form)


def _map(tracker: str) -> FormResult:
    """Puts a tracker on a vehicle; if asked for, takes the vehicle's other trackers off in the same step."""
    vehicle, now = request.form.get("vehicle", "").strip()[:60], world().now()
    if not vehicle:
        return FormResult(errors={"vehicle": gettext("Name a bus.")})
    with writing(world().engine) as connection:
        on = load_tracker_map(connection)
        if request.form.get("swap"):
            for other, its_vehicle in on.items():
                if its_vehicle == vehicle and other != tracker:
                    map_tracker(connection, other, None, now=now)
                    audit(connection, "tracker_mapped", other, before=vehicle)
        map_tracker(connection, tracker, vehicle, now=now)
        audit(connection, "tracker_mapped", tracker, before=on.get(tracker, ""), after=vehicle)
    return FormResult()


def _unmap(tracker: str) -> FormResult:
    with writing(world().engine) as connection:
        before = load_tracker_map(connection).get(tracker, "")
        map_tracker(connection, tracker, None, now=world().now())
        audit(connection, "tracker_mapped", tracker, before=before)
    return FormResult()


def _add(tracker: str) -> FormResult:
    """Issues a password for a new tracker or one without, and puts it on a vehicle if one is named."""
    vehicle, now = request.form.get("vehicle", "").strip()[:60], world().now()
    with writing(world().engine) as connection:
        issued = add_credential(connection, tracker, now=now)
        audit(connection, "tracker_password", tracker)
        if vehicle:
            map_tracker(connection, tracker, vehicle, now=now)
            audit(connection, "tracker_mapped", tracker, after=vehicle)
    return _shown(issued)


def _rotate(tracker: str) -> FormResult:
    with writing(world().engine) as connection:
        issued = rotate_credential(connection, tracker, now=world().now())
        audit(connection, "tracker_password", tracker)
    return _shown(issued)


def _revoke(tracker: str) -> FormResult:
    with writing(world().engine) as connection:
        revoke_credential(connection, tracker, now=world().now())
        audit(connection, "tracker_revoked", tracker)
    return FormResult()


def _shown(issued: IssuedPassword) -> FormResult:
    """The password and, for phones, a QR code of the settings for each app. Shown once and not stored."""
    host, settings = request.host.rsplit(":", 1)[0], world().settings
    links = {} if settings.phone_links is None else settings.phone_links(issued, host)
    address = host if settings.broker_at is None else settings.broker_at(host)
    return FormResult(issued, {app: _code(link) for app, link in links.items()}, address)


def _code(link: str) -> str:
    return str(segno.make(link, micro=False).svg_data_uri(scale=4, border=4))
