"""The playback: any minute of the last months as the console and the riders saw it, and the verdict for a ticket."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import gettext

from transit.plan.network import Network, Stop
from transit.plan.stop_codes import stops_of_code
from transit.store.record import SeenVehicle, console_frames
from web.answers import the_network
from web.boards.corridors import ladder_values
from web.boards.inbox import inbox_at
from web.boards.playback import playback, stop_verdict
from web.words import control, matters
from web.words.cells import plain
from web.world import world

pages = Blueprint("playback", __name__)
STEPS = (-10, -1, 1, 10)  # minutes, of the links
SPEEDS = (1, 10, 30, 60)
LONGEST = timedelta(hours=24)  # of one export
FOR_EVER_DAYS = 36_500  # how far back one may ask where nothing is ever forgotten


@pages.get("/armada/putar")
def playback_page() -> Response:
    network, now = the_network(), world().now()
    wrong: dict[str, str] = {}
    at = _moment(network, now, wrong)
    stop = _stop(network, wrong)
    board = playback(world(), at)
    shown = {
        "board": board,
        "wrong": wrong,
        "t": request.args.get("t", "") or _local(network, at),
        "stop_text": request.args.get("halte", "")[:80],
        "bus": request.args.get("bus", "")[:60],
        "verdict": None if stop is None or "t" in wrong else stop_verdict(world(), stop, at),
        "steps": [(minutes, _local(network, at + timedelta(minutes=minutes))) for minutes in STEPS],
        "speeds": SPEEDS,
        "control": control,
        **ladder_values(),
        "inbox": inbox_at(world(), at, board.troubles if board else []),
        "matters": matters,
        "every_stop": sorted(network.stops.values(), key=lambda row: row.name)[:1000],
        "first_day": (now - timedelta(days=_kept_days())).astimezone(ZoneInfo(network.timezone)).date(),
    }
    if request.args.get("part") == "putar":
        response = make_response(render_template("playback_part.html", **shown))
        response.headers["X-Now"] = _local(network, at)
        return response
    return make_response(render_template("playback.html", **shown), HTTPStatus.UNPROCESSABLE_ENTITY if wrong else 200)


def _local(network: Network, at: datetime) -> str:
    return at.astimezone(ZoneInfo(network.timezone)).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(network: Network, now: datetime, wrong: dict[str, str], name: str = "t") -> datetime:
    """The requested moment in the agency's time zone; by default five minutes ago. Adds errors to `wrong`."""
    text = request.args.get(name, "").strip()
    if not text:
        return now - timedelta(minutes=5)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        wrong[name] = gettext("%(text)s is no date and time like 2026-11-28T07:15.", text=text[:40])
        return now - timedelta(minutes=5)
    at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(network.timezone))).astimezone(UTC)
    if not now - timedelta(days=_kept_days() + 1) <= at <= now + timedelta(minutes=1):
        wrong[name] = gettext("Only the last %(count)s days are kept, and nothing of the future.", count=_kept_days())
        return now - timedelta(minutes=5)
    return at


def _kept_days() -> int:
    days = world().settings.record_days
    return FOR_EVER_DAYS if days is None else days


def _stop(network: Network, wrong: dict[str, str]) -> Stop | None:
    text = request.args.get("halte", "").strip()
    if not text:
        return None
    by_name = [stop for stop in network.stops.values() if stop.name.casefold() == text.casefold()]
    stops = [network.stops[text]] if text in network.stops else stops_of_code(network, text) or by_name
    if not stops:
        wrong["halte"] = gettext("There is no stop %(text)s. Choose one from the list.", text=text[:60])
        return None
    return stops[0]


@pages.get("/armada/putar.csv")
def playback_csv() -> Response:
    """The recorded positions of vehicles, a row every ten seconds, times in UTC."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["seen_at", "vehicle_id", "lat", "lon", "status", "trip_id", "reported_at"])
    for at, vehicle in _exported():
        reported_at = datetime.fromtimestamp(vehicle.reported_at, UTC)
        place = (vehicle.lat, vehicle.lon, vehicle.status, plain(vehicle.trip_id))
        rows.writerow([f"{at:%Y-%m-%dT%H:%M:%SZ}", plain(vehicle.vehicle_id), *place, f"{reported_at:%Y-%m-%dT%H:%M:%SZ}"])
    return Response(out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=putar.csv"})


@pages.get("/armada/putar.geojson")
def playback_geojson() -> Response:
    """The way of each vehicle: a line with the time of each point."""
    ways: dict[str, list[tuple[float, float, str]]] = {}
    for at, vehicle in _exported():
        ways.setdefault(vehicle.vehicle_id, []).append((vehicle.lon, vehicle.lat, f"{at:%Y-%m-%dT%H:%M:%SZ}"))
    features = [
        {
            "type": "Feature",
            "properties": {"vehicle_id": vehicle_id, "times": [row[2] for row in rows]},
            "geometry": {
                "type": "LineString",
                "coordinates": [[row[0], row[1]] for row in (rows if len(rows) > 1 else rows * 2)],
            },
        }
        for vehicle_id, rows in sorted(ways.items())
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features})
    return Response(
        content, mimetype="application/geo+json", headers={"Content-Disposition": "attachment; filename=putar.geojson"}
    )


def _exported() -> list[tuple[datetime, SeenVehicle]]:
    network, now = the_network(), world().now()
    wrong: dict[str, str] = {}
    since, until = (_moment(network, now, wrong, name) for name in ("dari", "sampai"))
    if wrong or "dari" not in request.args or "sampai" not in request.args:
        abort(400, "; ".join(f"{name}: {text}" for name, text in wrong.items()) or gettext("Give dari and sampai."))
    if not timedelta(0) <= until - since <= LONGEST:
        abort(400, gettext("From the first to the second moment are at most 24 hours."))
    bus = request.args.get("bus", "")
    frames = console_frames(world().settings.data_dir, since, until)
    return [(at, row) for at, frame in frames for row in frame.vehicles if not bus or row.vehicle_id == bus]
