"""The addresses of the drawn map and of Leaflet, which change with what they hold."""

from __future__ import annotations

import hashlib

from flask import g

from web.ground import ground_of
from web.guide import guide_of
from web.world import World, world

LEAFLET = {"leaflet.js": "text/javascript", "leaflet.css": "text/css"}
STREET_MAPS_A_MINUTE = 6  # drawn by one worker: each takes a second or, of a dense city, ten; whoever makes up names waits
DRAWING = 3  # one more whenever maps/page.py draws otherwise: kept drawings are told apart by it
LEAFLET_ADDRESSES = tuple(f"/vendor/leaflet/{name}?v=1.9.3" for name in LEAFLET)


def script_address(name: str) -> str:
    """The address of the drawn map, which changes with everything that is drawn; the page may then load its tiles."""
    g.tile_url = world().settings.tile_url
    return f"/peta/{name}.js?v={drawn_key(world())}"


def ground_address() -> str:
    return f"/peta/dasar.json?v={ground_of(world()).key}"


def drawn_key(current: World) -> str:
    guide, settings = guide_of(current), current.settings
    return hashlib.sha256(repr((DRAWING, current.version, guide, settings.tile_url)).encode()).hexdigest()[:12]
