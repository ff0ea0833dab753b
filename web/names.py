"""What the feed calls its stops and routes, in the reader's language (GTFS translations.txt), and how it colours them."""

from __future__ import annotations

from transit.network import Network, Route, Stop
from web.i18n import language
from web.world import world

Key = tuple[str, str, str, str]  # table, field, language, record_id or field_value


def _translations(network: Network) -> dict[Key, str]:
    kept = world().view.kept
    if "translations" not in kept:
        kept["translations"] = {
            (row.table_name, row.field_name, row.language, row.record_id or row.field_value): row.translation
            for row in network.translations
        }
    found: dict[Key, str] = kept["translations"]
    return found


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


def colours(route: Route) -> tuple[str, str]:
    """Ground and ink of a route's badge. An ink that cannot be read on it (WCAG AA, 4.5:1) is replaced."""
    ground = (route.color or "455A64").upper()
    ink = (route.text_color or "FFFFFF").upper()
    if contrast(ground, ink) < 4.5:
        ink = max(("FFFFFF", "000000"), key=lambda one: contrast(ground, one))
    return ground, ink


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def badge_class(route: Route) -> str:
    ground, ink = colours(route)
    return f"b-{ground}-{ink}"


def line_class(route: Route) -> str:
    return f"c-{colours(route)[0]}"
