"""create_app(): the web as one WSGI application, put together from its blueprints."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask, g

from web.i18n import init_languages
from web.security import init_security
from web.settings import WebSettings
from web.templating import init_templates
from web.world import World

BLUEPRINTS = (  # modules, each with a Blueprint named pages
    "web.map_pages",
    "web.visitor_pages",
    "web.service_pages",
)


def create_app(settings: WebSettings) -> Flask:
    app = Flask("web", static_folder="static", static_url_path="/static")
    app.config["SETTINGS"] = settings
    world = World(settings)
    app.extensions["world"] = world
    init_languages(app)
    init_templates(app)
    init_security(app)

    @app.before_request
    def look_at_the_world() -> None:
        world.refresh()
        g.timezone = world.network.timezone if world.network else None

    for module in BLUEPRINTS:
        if find_spec(module):
            app.register_blueprint(import_module(module).pages)
    return app
