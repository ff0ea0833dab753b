"""Visitors' pages: places, how to get there by bus and back, ready itineraries, a map to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from maps.guide import Guide, Itinerary, Place
from transit.arrivals.rows import Arrival
from transit.plan.direct import BusLeg, DirectJourney, journeys, near, walk_s
from transit.plan.network import Network, UnknownStop
from transit.plan.once_per_network import once_per_network
from transit.plan.service_day import local_date, moment
from transit.plan.timetable import RouteDirection, timetable_of
from transit.tracking.report import distance_m
from web.answers import the_network
from web.boards.stop_board import find_stop, rows_of
from web.cache import Cache
from web.guide import guide_of
from web.map_files import script_address
from web.words.languages import language
from web.world import World, world

pages = Blueprint("visitors", __name__)
WALK_M = 900.0  # nobody walks further to a city bus in this climate
ON_ROUTE_M = 500.0
PLACES_KEPT = 2_000  # far more than a guide has
LAST_BUS_NEAR = timedelta(minutes=60)
EVERYDAY = ("hospital", "school")  # of use to residents: shown when asked for, not among the sights
ORDER = ("heritage", "monument", "culture", "worship", "culinary", "shopping", "recreation", "transport", "government")


@dataclass(frozen=True)
class Stand:
    """A place with the halte that serve it."""

    place: Place
    stops: dict[str, float]  # stop_id -> metres, the nearest first
    routes: tuple[str, ...]

    @property
    def is_on_route(self) -> bool:
        reach = ON_ROUTE_M if self.place.is_good else ON_ROUTE_M + self.place.error_m
        return any(metres <= reach for metres in self.stops.values())


@dataclass(frozen=True)
class PlaceTrip:
    """A journey with what is known of it now: the next bus, and the last one back."""

    journey: DirectJourney
    next_bus: Arrival | None
    back: BusLeg | None
    last_back_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        return self.last_back_at is not None and self.last_back_at - now < LAST_BUS_NEAR


@pages.get("/wisata")
def places_page() -> str:
    network = the_network()
    guide = guide_of(world())
    wanted, only_on_route = request.args.get("kategori", ""), request.args.get("rute") == "1"
    stands = [stand_of(world(), place) for place in guide.published]
    categories = sorted({place.category for place in guide.published}, key=_rank)
    if wanted in categories:
        stands = [one for one in stands if one.place.category == wanted]
    else:
        wanted = ""
        stands = [one for one in stands if one.place.category not in EVERYDAY]
    if only_on_route:
        stands = [one for one in stands if one.is_on_route]
    stands.sort(key=lambda one: (_rank(one.place.category), one.place.name))
    nexts = {stand.place.place_id: next_bus_of(world(), stand) for stand in stands}
    return render_template(
        "places.html",
        stands=stands,
        nexts=nexts,
        categories=categories,
        wanted=wanted,
        only_on_route=only_on_route,
        guide=guide,
        network=network,
        script=script_address("places"),
    )


@pages.get("/wisata/<slug>")
def place_page(slug: str) -> str:
    network, guide = the_network(), guide_of(world())
    place = guide.place(slug)
    if place is None:
        abort(404)
    stand = stand_of(world(), place)
    start, start_name = _start(network, guide, request.args.get("dari", ""))
    trips = [] if start is None else trips_to(world(), start, stand.stops)
    stops = sorted((network.stops[one] for one in network.routes_of_stop), key=lambda stop: stop.name)
    others = sorted((one for one in guide.published if one.lat is not None and one != place), key=lambda one: one.name)
    hours = {stop_id: last_buses(network, stop_id, world().now()) for stop_id in list(stand.stops)[:2]}
    return render_template(
        "place.html",
        stand=stand,
        place=place,
        trips=trips,
        start_name=start_name,
        chosen=request.args.get("dari", ""),
        stops=stops,
        others=others,
        hours=hours,
        script=script_address("places"),
        markup=markup(place),
        walk=walk_words(place),
        next_bus=next_bus_of(world(), stand),
    )


@pages.get("/wisata/rute/<itinerary_id>")
def itinerary_page(itinerary_id: str) -> str:
    network, guide = the_network(), guide_of(world())
    found = next((one for one in guide.itineraries if one.itinerary_id == itinerary_id), None)
    if found is None:
        abort(404)
    legs = list(legs_of(world(), guide, found))
    return render_template("itinerary.html", itinerary=found, legs=legs, network=network, guide=guide)


@pages.get("/wisata/peta.pdf")
def printed_map() -> Response:
    from maps.sheet import visitor_map

    network, guide = the_network(), guide_of(world())
    content = visitor_map(network, guide, request.url_root.rstrip("/") + "/wisata", world().now(), language())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="peta-wisata.pdf"'
    return response


def _rank(category: str) -> tuple[int, str]:
    return (ORDER.index(category) if category in ORDER else len(ORDER), category)


def stand_of(found: World, place: Place) -> Stand:
    """Found once per network and place."""
    network = found.network
    assert network is not None
    return _stands(network).get(repr(place), lambda: _stand(network, place))


@once_per_network
def _stands(network: Network) -> Cache[str, Stand]:
    return Cache(PLACES_KEPT)


def _stand(network: Network, place: Place) -> Stand:
    stops: dict[str, float] = {}
    if place.lat is not None and place.lon is not None:
        reach = WALK_M if place.is_good else WALK_M + place.error_m / 2
        stops = dict(list(near(network, place.lat, place.lon, reach).items())[:4])
    routes = tuple(dict.fromkeys(route for stop_id in stops for route in network.routes_of_stop[stop_id]))
    return Stand(place, stops, routes)


def next_bus_of(found: World, stand: Stand) -> Arrival | None:
    """The next bus at the nearest halte, whatever its route."""
    for stop_id in list(stand.stops)[:1]:
        return min((row for row in rows_of(found, stop_id) if row.at), key=lambda row: row.at, default=None)
    return None


def walk_words(place: Place) -> Any:
    """metres -> (least, most) minutes to walk, as sure as the position is."""

    def minutes(metres: float) -> tuple[int, int]:
        err = 0.0 if place.is_good else place.error_m
        least, most = walk_s(max(metres - err, 0.0)) / 60, walk_s(metres + err) / 60
        return max(1, round(least)), max(1, round(most))

    return minutes


def _start(network: Network, guide: Guide, asked: str) -> tuple[dict[str, float] | None, str]:
    """Where somebody sets out: a stop by id or code, or a place of the guide."""
    if not asked:
        return None, ""
    place = guide.place(asked)
    if place is not None and place.lat is not None and place.lon is not None:
        return near(network, place.lat, place.lon, WALK_M + (0 if place.is_good else place.error_m / 2)), place.name
    try:
        stop = find_stop(network, asked)
    except UnknownStop:
        return None, ""
    return {stop.stop_id: 0.0}, stop.name


def trips_to(found: World, start: Mapping[str, float], end: Mapping[str, float]) -> list[PlaceTrip]:
    """The best ways there, each with its next bus and the last one back."""
    network, now = found.network, found.now()
    assert network is not None
    back = journeys(network, end, start)
    ride = back[0].rides[0] if back and len(back[0].rides) == 1 else None
    last = None if ride is None else last_at(network, ride.board, ride.way, now)
    return [PlaceTrip(journey, _next(found, journey.rides[0], now), ride, last) for journey in journeys(network, start, end)]


def _next(found: World, ride: BusLeg, now: datetime) -> Arrival | None:
    rows = [row for row in rows_of(found, ride.board) if row.at and row.way == ride.way and row.at >= now]
    return min(rows, key=lambda row: row.at, default=None)


def last_at(network: Network, stop_id: str, way: RouteDirection, now: datetime) -> datetime | None:
    """The last bus of today on this way at a stop; None where none runs today."""
    hours = timetable_of(network).hours(stop_id, way, local_date(now, network.timezone))
    return None if hours is None else hours.last_at


def last_buses(network: Network, stop_id: str, now: datetime) -> list[tuple[RouteDirection, datetime]]:
    table = timetable_of(network)
    found = [(way, last_at(network, stop_id, way, now)) for way in table.ways_at(stop_id) if not table.ends_at(stop_id, way)]
    return [(way, at) for way, at in found if at is not None]


@dataclass(frozen=True)
class Leg:
    """One stay of an itinerary, and how to go on from it."""

    place: Place
    arrives: datetime
    leaves: datetime
    journey: DirectJourney | None  # to the next place; None = on foot, or nobody knows where it is
    walk_s: float | None
    opens_late: bool  # it is still closed when the itinerary gets there
    last_back_at: datetime | None  # the last bus from here today


def legs_of(found: World, guide: Guide, itinerary: Itinerary) -> Iterator[Leg]:
    """Stays with times that follow from the plan: walking, waiting half a headway of ten minutes, riding."""
    network = found.network
    assert network is not None
    day = local_date(found.now(), network.timezone)
    at = moment(day, itinerary.starts_s, network.timezone)
    visits = [(place, visit) for visit in itinerary.visits if (place := guide.place(visit.place_id)) is not None]
    for n, (place, visit) in enumerate(visits):
        stand = stand_of(found, place)
        opens = None if place.opens_s is None else moment(day, place.opens_s, network.timezone)
        leaves = at + timedelta(seconds=visit.stay_s)
        following = visits[n + 1][0] if n + 1 < len(visits) else None
        journey, on_foot = _onward(found, stand, following)
        lasts = [last for stop_id in list(stand.stops)[:2] for _, last in last_buses(network, stop_id, at)]
        yield Leg(place, at, leaves, journey, on_foot, opens is not None and at < opens, max(lasts, default=None))
        if journey is not None:
            at = leaves + timedelta(seconds=journey.seconds + 300)
        else:
            at = leaves + timedelta(seconds=on_foot or 600)


def _onward(found: World, stand: Stand, following: Place | None) -> tuple[DirectJourney | None, float | None]:
    """By bus where that is quicker than walking; (None, None) where a position is not known."""
    here = stand.place
    if following is None or here.lat is None or here.lon is None or following.lat is None or following.lon is None:
        return None, None
    assert found.network is not None
    metres = distance_m(here.lat, here.lon, following.lat, following.lon)
    ways = journeys(found.network, stand.stops, stand_of(found, following).stops)
    if ways and ways[0].seconds + 300 < walk_s(metres):
        return ways[0], None
    return None, walk_s(metres)


def markup(place: Place) -> dict[str, Any]:
    """schema.org; a position only where it is one."""
    kinds = {"hospital": "Hospital", "school": "School", "government": "GovernmentBuilding"}
    kind = kinds.get(place.category, "TouristAttraction")
    found: dict[str, Any] = {"@context": "https://schema.org", "@type": kind, "name": place.name}
    said = place.description.get(language()) or place.description.get("id")
    if said:
        found["description"] = said
    if place.address:
        found["address"] = place.address
    if place.is_good:
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
    return found
