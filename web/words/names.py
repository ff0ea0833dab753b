"""What the feed calls its stops and routes, in the reader's language (GTFS translations.txt), and how it colours them."""

from __future__ import annotations

from transit.plan.network import Network, Route, Stop
from transit.plan.once_per_network import once_per_network
from web.words.colours import colours
from web.words.languages import language
from web.world import world

Key = tuple[str, str, str, str]  # table, field, language, record_id or field_value


@once_per_network
def _translations(network: Network) -> dict[Key, str]:
    return {
        (row.table_name, row.field_name, row.language, row.record_id or row.field_value): row.translation
        for row in network.translations
    }


def translated(table: str, field: str, record_id: str, value: str) -> str:
    network = world().network
    if network is None or not network.translations:
        return value
    table_rows, tag = _translations(network), language()
    return table_rows.get((table, field, tag, record_id)) or table_rows.get((table, field, tag, value)) or value


def stop_name(stop: Stop) -> str:
    return translated("stops", "stop_name", stop.stop_id, stop.name)


def stop_desc(stop: Stop) -> str:
    return translated("stops", "stop_desc", stop.stop_id, stop.desc)


def route_name(route: Route) -> str:
    return translated("routes", "route_short_name", route.route_id, route.short_name) or route.name


def route_long_name(route: Route) -> str:
    return translated("routes", "route_long_name", route.route_id, route.long_name)


def headsign(text: str, trip_id: str = "") -> str:
    return translated("trips", "trip_headsign", trip_id, text)


def badge_class(route: Route) -> str:
    ground, ink = colours(route)
    return f"b-{ground}-{ink}"


def line_class(route: Route) -> str:
    return f"c-{colours(route)[0]}"
