"""What is answered when nothing else can be: JSON to programs, a page with ways on to people."""

from __future__ import annotations

import logging

import msgspec
from flask import Flask, Response, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from transit.plan.network import UnknownRoute, UnknownStop, UnknownTrip
from transit.store.database import DatabaseError, DatabaseTimeout

log = logging.getLogger(__name__)
FOR_PROGRAMS = ("/api/", "/archive/", "/catalog.jsonld", "/dmfr.json", "/gtfs", "/healthz", "/metrics")


def error_json(status: int, code: str, message: str) -> tuple[Response, int]:
    return jsonify({"error": {"code": code, "message": message}}), status


def answer_503(sentence: str) -> tuple[Response | str, int]:
    if request.path.startswith(FOR_PROGRAMS):
        return error_json(503, "service_unavailable", sentence)
    return render_template("error.html", status=503, kind="", name="", description=sentence), 503


def init_errors(app: Flask) -> None:
    def unknown(kind: str):  # type: ignore[no-untyped-def]
        def answer(error: LookupError) -> tuple[Response | str, int]:
            name = str(error.args[0]) if error.args else ""
            if request.path.startswith(FOR_PROGRAMS):
                return error_json(404, f"unknown_{kind}", f"There is no {kind} {name!r}.")
            return render_template("error.html", status=404, kind=kind, name=name), 404

        return answer

    app.register_error_handler(UnknownStop, unknown("stop"))
    app.register_error_handler(UnknownRoute, unknown("route"))
    app.register_error_handler(UnknownTrip, unknown("trip"))

    def without_snapshot(error: Exception) -> tuple[Response | str, int]:
        """A part of the snapshot that is unpacked late is none: the live process writes the next one within a second."""
        log.error("the snapshot cannot be read: %s", error)
        return answer_503(gettext("The live data cannot be read at the moment. The timetable is right all the same."))

    def without_database(error: Exception) -> tuple[Response | str, int]:
        log.error("the database does not answer: %s", error)
        return answer_503(gettext("The database does not answer at the moment. Arrivals and timetables do without it."))

    app.register_error_handler(msgspec.MsgspecError, without_snapshot)
    app.register_error_handler(DatabaseError, without_database)
    app.register_error_handler(DatabaseTimeout, without_database)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException):  # type: ignore[no-untyped-def]
        if error.response is not None or (error.code or 500) < 400:
            return error
        status = error.code or 500
        if request.path.startswith(FOR_PROGRAMS):
            return error_json(status, error.name.lower().replace(" ", "_"), error.description or error.name)
        page = render_template("error.html", status=status, kind="", name="", description=error.description), status
        headers = [(k, v) for k, v in error.get_headers() if k.lower() == "www-authenticate"]
        return (*page, headers)
