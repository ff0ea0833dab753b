"""What the feed calls its stops and routes, in the reader's language (GTFS translations.txt), and how it colours them."""

from __future__ import annotations

from dataclasses import dataclass, field

from transit.plan import stop_codes
from transit.plan.network import Agency, Network, Route, Stop, Translation, Trip
from transit.plan.once_per_network import once_per_network
from web.words.colours import colours
from web.words.languages import language
from web.world import world

Key = tuple[str, str, str, str]  # table, field, language, and the id of the record or the text that is translated


@dataclass(frozen=True)
class _Words:
    """The rows of translations.txt by what they translate."""

    of_record: dict[Key, str] = field(default_factory=dict)
    of_text: dict[Key, str] = field(default_factory=dict)  # by field_value: wherever the text stands in that field
    of_call: dict[tuple[str, str, int], str] = field(default_factory=dict)  # language, trip_id, stop_sequence
    of_sign: dict[tuple[str, str], str] = field(default_factory=dict)  # language, text: where no trip is meant


@once_per_network
def _words(network: Network) -> _Words:
    """The translations by primary language: en-US and EN count as en, unless the feed has the word in plain en."""
    words = _Words()
    for row in sorted(network.translations, key=lambda row: (len(row.language), row.record_id != "")):
        tag = row.language.replace("_", "-").partition("-")[0].casefold()
        if row.record_sub_id:
            if row.table_name == "stop_times" and row.record_sub_id.isdecimal():
                words.of_call.setdefault((tag, row.record_id, int(row.record_sub_id)), row.translation)
        elif row.record_id:
            words.of_record.setdefault((row.table_name, row.field_name, tag, row.record_id), row.translation)
        else:
            words.of_text.setdefault((row.table_name, row.field_name, tag, row.field_value), row.translation)
        text = _text_of_sign(network, row)
        if text:
            words.of_sign.setdefault((tag, text), row.translation)
    return words


def _text_of_sign(network: Network, row: Translation) -> str:
    """The words on a bus that a row translates; empty where it translates others."""
    match row.table_name, row.field_name:
        case ("trips", "trip_headsign") if row.record_id in network.trips:
            return network.trips[row.record_id].headsign
        case ("stop_times", "stop_headsign") if row.record_id in network.trips:
            calls = network.trips[row.record_id].stop_times
            return next((call.stop_headsign for call in calls if str(call.stop_sequence) == row.record_sub_id), "")
        case ("stops", "stop_name") if row.record_id in network.stops:
            return network.stops[row.record_id].name
        case ("trips", "trip_headsign") | ("stop_times", "stop_headsign") | ("stops", "stop_name"):
            return row.field_value
    return ""


def translate(table: str, field_name: str, record_id: str, value: str) -> str:
    """The translation of a field's value; a row by record_id goes before one by field_value."""
    network = world().network
    if network is None or not network.translations:
        return value
    words, key = _words(network), (table, field_name, language())
    return words.of_record.get((*key, record_id)) or (value and words.of_text.get((*key, value))) or value


def agency_name(agency: Agency) -> str:
    return translate("agency", "agency_name", agency.agency_id, agency.name)


def stop_name(stop: Stop) -> str:
    return translate("stops", "stop_name", stop.stop_id, stop.name)


def place_name(name: str) -> str:
    """What a place of the guide is called: a stop of the same name lends it the feed's translation."""
    network = world().network
    stop = None if network is None or not network.translations else _stop_called(network).get(name.casefold())
    return name if stop is None else stop_name(stop)


@once_per_network
def _stop_called(network: Network) -> dict[str, Stop]:
    return {stop.name.casefold(): stop for stop in network.stops.values()}


def stop_code(stop: Stop) -> str:
    return stop_codes.stop_code(stop)


def stop_desc(stop: Stop) -> str:
    return translate("stops", "stop_desc", stop.stop_id, stop.desc)


def route_name(route: Route) -> str:
    return translate("routes", "route_short_name", route.route_id, route.short_name) or route_long_name(route) or route.name


def route_long_name(route: Route) -> str:
    return translate("routes", "route_long_name", route.route_id, route.long_name)


def route_desc(route: Route) -> str:
    return translate("routes", "route_desc", route.route_id, route.desc)


def headsign(text: str, trip_id: str = "") -> str:
    """What stands on the bus; for a trip without a headsign, where it ends."""
    network = world().network
    if network is None:
        return text
    trip = network.trips.get(trip_id)
    if trip is not None and not trip.headsign:
        last = network.stops[trip.stop_times[-1].stop_id]
        if text in ("", last.name):
            return stop_name(last)
    if not network.translations or not text:
        return text
    own = _sign_of_trip(_words(network), trip, text) if trip is not None else ""
    return own or _words(network).of_sign.get((language(), text)) or text


def _sign_of_trip(words: _Words, trip: Trip, text: str) -> str:
    """What the feed says in this language of this very trip; empty where it says nothing."""
    tag = language()
    if text == trip.headsign:
        key = ("trips", "trip_headsign", tag)
        return words.of_record.get((*key, trip.trip_id)) or words.of_text.get((*key, text), "")
    calls = (call.stop_sequence for call in trip.stop_times if call.stop_headsign == text)
    own = (words.of_call.get((tag, trip.trip_id, sequence)) for sequence in calls)
    return next(filter(None, own), "") or words.of_text.get(("stop_times", "stop_headsign", tag, text), "")


def platform(stop: Stop) -> str:
    """The platform_code of a stop in a station, else its name."""
    return translate("stops", "platform_code", stop.stop_id, stop.platform_code) or stop_name(stop)


def badge_class(route: Route) -> str:
    ground, ink = colours(route)
    return f"b-{ground}-{ink}"


def line_class(route: Route) -> str:
    return f"c-{colours(route)[0]}"
