"""Answers for programs may be read by scripts of any site: they hold nothing that depends on who asks."""

from __future__ import annotations

from flask import Flask, Response, request

OPEN_TO_ALL = (
    "/api/v1/", "/api/where/", "/gtfs.zip", "/gtfs-expanded.zip", "/gtfs-rt/", "/catalog.jsonld", "/dmfr.json", "/archive/",
    "/healthz",
)  # fmt: skip
ASKED_AGAIN_S = 86_400  # for how long a browser remembers that it may


def init_cors(app: Flask) -> None:
    @app.after_request
    def open_to_all(response: Response) -> Response:
        """Refusals too: a script must be able to read why. Cookies are never asked for (no Allow-Credentials)."""
        if request.path.startswith(OPEN_TO_ALL) and request.method in ("GET", "HEAD", "OPTIONS"):
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Content-Disposition"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
                response.headers["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since, Content-Type"
                response.headers["Access-Control-Max-Age"] = str(ASKED_AGAIN_S)
        return response
