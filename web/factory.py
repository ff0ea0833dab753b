"""create_app(): the web as one WSGI application, put together from its blueprints."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask_compress import Compress

from web.access import init_access
from web.cors import init_cors
from web.crowding_token import TAPS_PER_NETWORK
from web.errors import init_errors
from web.hosts import init_hosts
from web.map_files import STREET_MAPS_A_MINUTE
from web.metrics import Requests
from web.rates import Rate
from web.security import init_security
from web.settings import WebSettings
from web.shared_parts import init_shared_parts
from web.templating import init_templates
from web.ticket_keeping import A_MINUTE, PER_NETWORK
from web.words.languages import feed_language, init_languages
from web.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ASCII = "".join(map(chr, range(128)))
BLUEPRINTS = (  # modules, each with a Blueprint named pages
    "web.api.feeds",
    "web.api.v1",
    "web.api.onebusaway.methods",
    "web.api.onebusaway.sidecar",
    "web.api.catalogue",
    "web.api.archive",
    "web.pages.riders",
    "web.pages.planner",
    "web.pages.reach",
    "web.pages.suggestions",
    "web.pages.fleet",
    "web.pages.control",
    "web.pages.inbox",
    "web.pages.hand_over",
    "web.pages.playback",
    "web.pages.performance",
    "web.pages.public",
    "web.pages.crowding",
    "web.pages.text_answers",
    "web.pages.alerts",
    "web.pages.tickets",
    "web.pages.phone_app",
    "web.pages.map",
    "web.pages.diagram",
    "web.pages.visitors",
    "web.pages.services",
    "web.pages.log_in",
    "web.pages.people",
    "web.pages.console_settings",
    "web.pages.console_assignments",
    "web.pages.console_adjustments",
    "web.pages.console_trackers",
    "web.pages.developers",
)

COMPRESSION = {  # of Flask-Compress. Riders pay by the byte: python -m benchmarks.page_bytes
    "COMPRESS_ALGORITHM": ["br", "zstd", "gzip"],  # where a phone takes several alike, the first
    "COMPRESS_ALGORITHM_STREAMING": ["br", "zstd", "gzip"],  # of static files
    "COMPRESS_BR_LEVEL": 9,  # 4 is as large as gzip; 10 saves 5 % more and takes 7 ms a page instead of 0.3
    "COMPRESS_BR_WINDOW": 16,  # 64 KB: no page is larger, and with more its tables take longer to clear than a page to pack
    "COMPRESS_ZSTD_LEVEL": 9,  # below it is larger than gzip
    "COMPRESS_MIN_SIZE": 300,  # bytes: below this an encoding adds as much as it saves
    "COMPRESS_MIMETYPES": [
        "text/html", "text/plain", "text/css", "text/javascript", "text/csv", "application/json", "application/geo+json",
        "application/manifest+json", "application/ld+json", "application/xml",
        "application/x-protobuf", "application/javascript", "image/svg+xml",
    ],
}  # fmt: skip


def create_app(settings: WebSettings) -> Flask:
    """Made once per worker process. Opens the database, starts nothing."""
    app = Flask("web", static_folder="static", static_url_path="/static")
    app.wsgi_app = _with_escaped_query(app.wsgi_app)  # type: ignore[assignment]
    app.config.update(SETTINGS=settings, MAX_CONTENT_LENGTH=64 * 1024, SEND_FILE_MAX_AGE_DEFAULT=3600)
    world = World(settings)
    app.extensions["world"] = world
    init_languages(app)
    init_templates(app)
    app.config.update(COMPRESSION)
    init_shared_parts(app, settings.data_dir)
    Compress(app)  # before whatever changes the body: Flask runs the last registered first
    init_security(app)
    init_hosts(app)
    init_errors(app)
    init_cors(app)
    app.extensions["requests"] = Requests()
    app.extensions["crowding"] = Rate(TAPS_PER_NETWORK, A_MINUTE)
    app.extensions["street_maps"] = Rate(STREET_MAPS_A_MINUTE, A_MINUTE)
    app.extensions["feedback"] = Rate(PER_NETWORK, A_MINUTE)
    _count_requests(app, app.extensions["requests"])

    @app.before_request
    def look_at_the_world() -> None:
        if request.endpoint == "static":
            return
        world.refresh()
        since = request.if_modified_since
        if since is not None and since > world.now():  # nobody can have seen it then: the live data would stay away until then
            request.environ.pop("HTTP_IF_MODIFIED_SINCE")
        g.timezone = world.network.timezone if world.network else None
        g.feed_language = feed_language(world.network)

    @app.after_request
    def keep_for_good(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args:  # the address changes with the content
            response.cache_control.max_age = 365 * 24 * 3600
            response.cache_control.public = response.cache_control.immutable = True
        return response

    init_access(app, settings.data_dir)  # after the world was looked at
    if settings.single_sign_on is not None:
        from web.single_sign_on import init_single_sign_on  # with Authlib: 20 MB that other systems do not need

        init_single_sign_on(app, settings.single_sign_on)
    for module in BLUEPRINTS:
        app.register_blueprint(import_module(module).pages)
    return app


def _with_escaped_query(application: WSGIApplication) -> WSGIApplication:
    """What a client should have escaped in the address: Werkzeug reads a query as UTF-8 and knows no way out of other bytes."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1", "replace"), safe=ASCII)
        return application(environ, start_response)

    return answer


def _count_requests(app: Flask, requests: Requests) -> None:
    @app.before_request
    def start_the_clock() -> None:
        g.started_s = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        requests.count(request.endpoint or "none", response.status_code, perf_counter() - g.get("started_s", perf_counter()))
        return response
