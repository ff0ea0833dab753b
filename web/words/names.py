"""What the feed calls its stops and routes, in the reader's language (GTFS translations.txt), and how it colours them."""

from __future__ import annotations

from transit.plan import stop_codes
from transit.plan.network import Network, Route, Stop
from transit.plan.once_per_network import once_per_network
from web.words.colours import colours
from web.words.languages import language
from web.world import world

Key = tuple[str, str, str, str]  # table, field, language, record_id or field_value


@once_per_network
def _translations(network: Network) -> dict[Key, str]:
    """By the primary language: en-US and EN serve readers of English, unless the feed says a word in plain en too."""
    translation_of: dict[Key, str] = {}
    for row in sorted(network.translations, key=lambda row: len(row.language)):
        tag = row.language.replace("_", "-").partition("-")[0].casefold()
        translation_of.setdefault((row.table_name, row.field_name, tag, row.record_id or row.field_value), row.translation)
    return translation_of


def translate(table: str, field: str, record_id: str, value: str) -> str:
    network = world().network
    if network is None or not network.translations:
        return value
    table_rows, tag = _translations(network), language()
    return table_rows.get((table, field, tag, record_id)) or table_rows.get((table, field, tag, value)) or value


def stop_name(stop: Stop) -> str:
    return translate("stops", "stop_name", stop.stop_id, stop.name)


def stop_code(stop: Stop) -> str:
    return stop_codes.stop_code(stop)


def stop_desc(stop: Stop) -> str:
    return translate("stops", "stop_desc", stop.stop_id, stop.desc)


def route_name(route: Route) -> str:
    return translate("routes", "route_short_name", route.route_id, route.short_name) or route.name


def route_long_name(route: Route) -> str:
    return translate("routes", "route_long_name", route.route_id, route.long_name)


def headsign(text: str, trip_id: str = "") -> str:
    """What stands on the bus; for a trip without a headsign, where it ends."""
    network = world().network
    trip = network.trips.get(trip_id) if network is not None else None
    if network is not None and trip is not None and not trip.headsign:
        last = network.stops[trip.stop_times[-1].stop_id]
        if text in ("", last.name):
            return stop_name(last)
    return translate("trips", "trip_headsign", trip_id, text)


def platform(stop: Stop) -> str:
    """Of a stop in a station: its platform, or what it is called where the feed numbers none."""
    return stop.platform_code or stop_name(stop)


def badge_class(route: Route) -> str:
    ground, ink = colours(route)
    return f"b-{ground}-{ink}"


def line_class(route: Route) -> str:
    return f"c-{colours(route)[0]}"
