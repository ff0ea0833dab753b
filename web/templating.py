"""What every template can use: the feed's names in the reader's language, phrases, static addresses, colours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Flask, request

from transit.plan.network import Agency, Stop, TripInstance
from transit.plan.service_day import format_time
from transit.plan.stop_codes import code_of, is_own_code
from web.crowding_token import crowding_token
from web.map_files import ground_address, script_address
from web.words import names, phrasing, refusals
from web.words.boarding import boarding
from web.words.languages import LANGUAGES, language
from web.world import world

STATIC = Path(__file__).parent / "static"
BOLD_LETTER_CH = 1.3  # a bold letter is at most so much wider than the digit that ch is
BADGE_LETTERS = (2, 8)  # a badge is at least, and on behalf of others at most, so wide


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """The address of one of our files, which changes with its content, so that phones may keep it for good."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]}"


def badge_rule() -> str:
    """Badges are as wide as the longest name of a route, so that what stands beside them is in line."""
    network = world().network
    longest = max((len(names.route_name(route)) for route in network.routes.values()), default=0) if network else 0
    letters = min(max(longest, BADGE_LETTERS[0]), BADGE_LETTERS[1])
    return f".badge{{min-width:calc({letters * BOLD_LETTER_CH:.1f}ch + 20px)}}"


def in_language(tag: str) -> str:
    """The address of this very page in another language."""
    arguments = {**request.args.to_dict(), "lang": tag}
    arguments.pop("part", None)
    return f"{quote(request.path)}?{urlencode(arguments)}"


def stop_url(stop_id: str) -> str:
    return f"/halte/{quote(stop_id, safe='')}"


def route_url(route_id: str) -> str:
    return f"/koridor/{quote(route_id, safe='')}"


def timetable_url(route_id: str) -> str:
    return f"/jadwal/{quote(route_id, safe='')}"


def trip_url(trip: TripInstance, stop_id: str = "") -> str:
    start = f"/{format_time(trip.start_s)}" if trip.start_s is not None else ""
    mine = f"?{urlencode({'halte': stop_id})}" if stop_id else ""
    return f"/perjalanan/{quote(trip.trip_id, safe='')}/{trip.start_date:%Y%m%d}{start}{mine}"


def agencies_of(route_ids: Iterable[str]) -> list[Agency]:
    """Who runs some routes, each once; where none is meant, all that the feed has."""
    network = world().network
    if network is None:
        return []
    agencies = {agency.agency_id: agency for agency in map(network.agency_of, route_ids)}
    return list(agencies.values()) or list(network.agencies)


def settled(stop: Stop) -> str:
    """What is added to a code address so that it means this stop, where its code means others too."""
    network = world().network
    return "" if network is None or is_own_code(network, stop) else f"?{urlencode({'id': stop.stop_id})}"


def init_templates(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        static_url=static_url,
        stop_url=stop_url,
        route_url=route_url,
        trip_url=trip_url,
        say=phrasing,
        called=names,
        refused=refusals,
        boarding=boarding,
        agencies_of=agencies_of,
        code_of=code_of,
        settled=settled,
        map_script=script_address,
        ground_address=ground_address,
        crowding_token=crowding_token,
        badge_rule=badge_rule,
    )

    @app.context_processor
    def words() -> dict[str, object]:
        network = world().network
        return {
            "world": world(),
            "network": network,
            "agency": network.agencies[0] if network and network.agencies else None,
            "is_sample": network.is_sample if network else False,
            "place_name": names.agency_name(network.agencies[0]) if network and network.agencies else "",
            "language": language(),
            "languages": LANGUAGES,
            "in_language": in_language,
            "now": world().now(),
        }
