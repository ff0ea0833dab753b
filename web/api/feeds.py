"""Files for machines: GTFS, GTFS-Realtime, and how this system itself is doing."""

from __future__ import annotations

import hashlib
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, jsonify, request

from gtfs.expanded import TooManyDepartures
from gtfs.realtime import json_of_pb
from transit.operations.watch import NO_WATCH
from transit.operations.watch_report import FaultKind
from transit.plan.network import Network
from transit.store.watch_reports import read_report
from web import metrics
from web.world import world

pages = Blueprint("feeds", __name__)
NAMES = ("vehicle_positions", "trip_updates", "alerts")
NO_NETWORK = "No network is loaded yet. Import one with: python app.py gtfs import FEED.zip"
NO_SNAPSHOT = "The live process has not written anything yet."


def conditional(content: bytes, mimetype: str, modified: datetime | None, max_age_s: int) -> Response:
    """An answer that costs nothing when the client has it already (ETag, and Last-Modified where it is known)."""
    response = Response(content, mimetype=mimetype)
    response.set_etag(hashlib.sha256(content).hexdigest()[:24], weak=True)  # the same for each content encoding
    if modified is not None:  # Werkzeug writes None as now
        response.last_modified = modified
    response.cache_control.public = True
    response.cache_control.max_age = max_age_s
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response


def loaded_network() -> Network:
    """The current network; 503, with what to do, where none is loaded."""
    network = world().network
    if network is None:
        abort(503, NO_NETWORK)
    return network


@pages.get("/gtfs.zip")
def gtfs_zip() -> Response:
    loaded_network()
    response = conditional(world().zip(), "application/zip", world().imported_at, 300)
    response.headers["Content-Disposition"] = 'attachment; filename="gtfs.zip"'
    return response


@pages.get("/gtfs-expanded.zip")
def gtfs_expanded_zip() -> Response:
    """For programs that do not read frequencies.txt."""
    loaded_network()
    try:
        content = world().zip(unrolled=True)
    except TooManyDepartures as error:
        abort(404, str(error))
    response = conditional(content, "application/zip", world().imported_at, 300)
    response.headers["Content-Disposition"] = 'attachment; filename="gtfs-expanded.zip"'
    return response


@pages.get("/gtfs-rt/<name>.<any(pb, json):kind>")
def gtfs_realtime(name: str, kind: str) -> Response:
    """With `expanded=1` told of the trips of gtfs-expanded.zip."""
    if name not in NAMES:
        abort(404, f"There is no feed {name}. There are: {', '.join(NAMES)}")
    made = world().view.snapshot
    loaded_network()
    if made is None:
        abort(503, NO_SNAPSHOT)
    unrolled = request.args.get("expanded") == "1"
    try:
        packed = world().expanded_feed(name) if unrolled else world().feed(name)
    except TooManyDepartures as error:
        abort(404, str(error))
    if kind == "pb":
        return conditional(packed, "application/x-protobuf", made.made_at, 1)
    kept, key = world().view.feeds_as_json, f"{name} expanded" if unrolled else name
    if key not in kept or kept[key][0] != packed:
        kept[key] = (packed, json_of_pb(packed))
    return conditional(kept[key][1], "application/json", made.made_at, 1)


@pages.get("/healthz")
def healthz() -> tuple[Response, int]:
    """503 where the database or one of our processes does not work. A silent fleet is no fault of ours: degraded, but 200."""
    now, made = world().now(), world().view.snapshot
    faults = [row for row in read_report(world().settings.data_dir).faults if row.kind is not FaultKind.DATABASE]
    newest = made.newest_received_at if made else None
    answer = {
        "status": "database_error" if world().database_error else "broken" if faults else "degraded" if _is_silent() else "ok",
        "live": world().is_live,
        "live_age_s": world().live_age_s,
        "last_report_age_s": (now - newest).total_seconds() if newest else None,
        "network_version": world().version or None,
        "vehicles": int(made.figures.get("vehicles", 0)) if made else 0,
        "predictions": int(made.figures.get("predictions", 0)) if made else 0,
        "now": now.isoformat(),
    }
    if _is_silent():
        watch = made.watch if made else NO_WATCH
        since = watch.missing_since
        answer["reason"] = f"the fleet is silent: {len(watch.silent)} of {len(watch.expected)} vehicles since {since}"
    if faults:
        answer["reason"] = "; ".join(f"{row.part}: {row.kind.value} since {row.since.isoformat()}" for row in faults)
    if world().database_error:
        answer["error"] = "The database does not answer. The log of the web and `app.py doctor` say why."
    return jsonify(answer), 503 if world().database_error or faults else 200


def _is_silent() -> bool:
    return world().view.is_silent


@pages.get("/metrics")
def prometheus() -> Response:
    requests = current_app.extensions["requests"]
    return Response(metrics.exposition(world(), requests), content_type="text/plain; version=0.0.4; charset=utf-8")
