"""create_app(): the web as one WSGI application, put together from its blueprints."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from time import perf_counter

from flask import Flask, Response, g, request

from web.compress import init_compression
from web.errors import init_errors
from web.security import init_security
from web.settings import WebSettings
from web.stats import Requests
from web.templating import init_templates
from web.words.languages import init_languages
from web.world import World

BLUEPRINTS = (  # modules, each with a Blueprint named pages; the first are always there
    "web.api.feeds",
    "web.api.v1",
    "web.api.onebusaway.methods",
    "web.pages.riders",
    "web.pages.planner",
    "web.pages.fleet",
    "web.pages.public",
    "web.pages.text_answers",
    "web.pages.alerts",
    "web.pages.tickets",
    "web.pages.phone_app",
    "web.pages.map",
    "web.pages.visitors",
    "web.pages.services",
)


def create_app(settings: WebSettings) -> Flask:
    """Made once per worker process. Opens the database, starts nothing."""
    app = Flask("web", static_folder="static", static_url_path="/static")
    app.config.update(SETTINGS=settings, MAX_CONTENT_LENGTH=64 * 1024, SEND_FILE_MAX_AGE_DEFAULT=3600)
    world = World(settings)
    app.extensions["world"] = world
    init_languages(app)
    init_templates(app)
    init_compression(app)
    init_security(app)
    init_errors(app)
    app.extensions["requests"] = Requests(settings.data_dir)
    _count_requests(app, app.extensions["requests"])

    @app.before_request
    def look_at_the_world() -> None:
        if request.endpoint == "static":
            return
        world.refresh()
        g.timezone = world.network.timezone if world.network else None

    @app.after_request
    def keep_for_good(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args:  # the address changes with the content
            response.cache_control.max_age = 365 * 24 * 3600
            response.cache_control.public = response.cache_control.immutable = True
        return response

    for module in BLUEPRINTS:
        if find_spec(module):
            app.register_blueprint(import_module(module).pages)
    return app


def _count_requests(app: Flask, requests: Requests) -> None:
    @app.before_request
    def start_the_clock() -> None:
        g.started_s = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        requests.count(request.endpoint or "none", response.status_code, perf_counter() - g.get("started_s", perf_counter()))
        return response
