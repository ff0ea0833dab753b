"""Answers gzipped for those who take it: riders pay by the byte."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

SMALL = 300  # bytes: below this gzip adds as much as it saves
PACKABLE = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/x-protobuf",
    "application/javascript",
    "image/svg",
)
LEVEL = 6


def init_compression(app: Flask) -> None:
    """Call before whatever changes the body afterwards: Flask runs the last registered first."""

    @app.after_request
    def pack(response: Response) -> Response:
        if not response.mimetype.startswith(PACKABLE):
            return response
        response.vary.add("Accept-Encoding")
        accepted = "gzip" in request.accept_encodings
        if not accepted or response.status_code in (204, 304) or "Content-Encoding" in response.headers:
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < SMALL:
            return response
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, weak = response.get_etag()
        if tag and not weak:
            response.set_etag(tag, weak=True)
        return response
