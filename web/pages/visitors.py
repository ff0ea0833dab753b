"""Visitors' pages: places with the way there, ready itineraries, a map to print."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from maps.guide import Guide, Itinerary, Photo, Place
from maps.photo_files import photo_path
from transit.plan.network import Network
from transit.plan.network_hours import network_hours_of
from transit.plan.service_day import local_date, moment
from transit.plan.walking import walk_s
from web.answers import the_network
from web.boards.itineraries import numbers_of, tour_of
from web.boards.notices import notices_at
from web.boards.places import closed_stops, last_buses, next_bus_of, stand_of
from web.drawn_maps import drawn_map
from web.ground import ground_of
from web.guide import guide_folder_of, guide_of, photo_stamp
from web.map_files import script_address
from web.structured_data import structured_data
from web.when import DAYS, when_asked
from web.words import journey_words
from web.world import world

pages = Blueprint("visitors", __name__)
TOUR_PICTURE_S = 3600  # how long a phone keeps it: it has no buses
PHOTO_KEPT_S = 365 * 24 * 3600
EVERYDAY = ("hospital", "school")  # of use to residents: shown when asked for, not among the sights
ORDER = ("heritage", "monument", "culture", "worship", "culinary", "shopping", "recreation", "transport", "government")


@pages.get("/wisata")
def places_page() -> str:
    network = the_network()
    guide = guide_of(world())
    wanted, only_on_route = request.args.get("kategori", ""), request.args.get("rute") == "1"
    stands = [stand_of(network, place) for place in guide.published]
    categories = sorted({place.category for place in guide.published}, key=_rank)
    if wanted in categories:
        stands = [candidate for candidate in stands if candidate.place.category == wanted]
    else:
        wanted = ""
        stands = [candidate for candidate in stands if candidate.place.category not in EVERYDAY]
    if only_on_route:
        stands = [candidate for candidate in stands if candidate.is_on_route]
    stands.sort(key=lambda candidate: (_rank(candidate.place.category), candidate.place.name))
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
        photo_address=photo_address,
        script=script_address("places"),
    )


@pages.get("/wisata/<slug>")
def place_page(slug: str) -> Response:
    network, guide = the_network(), guide_of(world())
    place = guide.place(slug)
    if place is None:
        abort(404)
    start = request.args.get("dari", "")
    if start:  # an address of an earlier version: the planner has the ways there and back
        start = f"halte:{start}" if start in network.stops else start
        return redirect(f"/rute?{urlencode({'dari': start, 'ke': f'tempat:{slug}'})}")  # type: ignore[return-value]
    stand = stand_of(network, place)
    photo = guide.photo(slug)
    return make_response(
        render_template(
            "place.html",
            stand=stand,
            place=place,
            photo=photo,
            photo_address=lambda suffix: photo_address(photo, suffix),
            hours={stop_id: last_buses(network, stop_id, world().now()) for stop_id in list(stand.stops)[:2]},
            script=script_address("places"),
            markup=structured_data(place),
            walk=walk_words(place),
            next_bus=next_bus_of(world(), stand),
            closed=closed_stops(world(), stand),
            notices=notices_at(world(), stand.stops, world().now()),
        )
    )


def photo_address(photo: Photo | None, suffix: str) -> str:
    """The address of a photo; it changes with the picture, for caches. Empty without one."""
    if photo is None:
        return ""
    return f"/wisata/foto/{photo.place_id}.{suffix}?v={photo_stamp(world(), photo.place_id, suffix)}"


@pages.get("/wisata/foto/<slug>.<any(avif, webp):suffix>")
def photo_file(slug: str, suffix: str) -> Response:
    """A photo from our own origin; only of places that are shown, with credit and licence."""
    guide, folder = guide_of(world()), guide_folder_of(world())
    if guide.place(slug) is None or guide.photo(slug) is None or folder is None:
        abort(404)
    try:
        content = photo_path(folder, slug, suffix).read_bytes()
    except FileNotFoundError:
        abort(404)
    response = Response(content, mimetype=f"image/{suffix}")
    response.cache_control.max_age = PHOTO_KEPT_S if "v" in request.args else 300
    response.cache_control.public = True
    return response


@pages.get("/wisata/rute/<itinerary_id>")
def itinerary_page(itinerary_id: str) -> str:
    network, guide = the_network(), guide_of(world())
    itinerary = itinerary_or_404(guide, itinerary_id)
    now = world().now()
    today = local_date(now, network.timezone)
    begins, time_error = begin_of(network, itinerary.starts_s, now)
    tour = tour_of(world(), guide, itinerary, begins)
    stops = [
        stop_id for stay in tour.stays if stay.journey for ride in stay.journey.rides for stop_id in (ride.board, ride.alight)
    ]
    return render_template(
        "itinerary.html",
        itinerary=itinerary,
        tour=tour,
        numbers=numbers_of(tour.places),
        notices=notices_at(world(), stops or [stay.stop_id for stay in tour.stays if stay.stop_id], begins),
        time_error=time_error,
        asked_time=request.args.get("jam", "")[:8],
        asked_day=request.args.get("hari", "")[:8],
        days=[today + timedelta(days=n) for n in range(DAYS)],
        again=(again := network_hours_of(network).next_after(tour.begins)),
        again_day=again and local_date(again, network.timezone).strftime("%Y%m%d"),
        is_over=is_over(network, tour.begins),
        words=journey_words,
    )


@pages.get("/wisata/rute/<itinerary_id>.svg")
def itinerary_picture(itinerary_id: str) -> Response:
    """The map of a tour as a picture: its places by their numbers, the lines and the stops around them."""
    guide = guide_of(world())
    visits = itinerary_or_404(guide, itinerary_id).visits
    places = [place for visit in visits if (place := guide.place(visit.place_id)) is not None]
    return drawn_map(TOUR_PICTURE_S, numbers=numbers_of(places))


def itinerary_or_404(guide: Guide, itinerary_id: str) -> Itinerary:
    itinerary = next((candidate for candidate in guide.itineraries if candidate.itinerary_id == itinerary_id), None)
    if itinerary is None:
        abort(404)
    return itinerary


def is_over(network: Network, begins: datetime) -> bool:
    """Whether the last bus of the day has left when a tour begins."""
    hours = network_hours_of(network).of_day(local_date(begins, network.timezone))
    return hours is not None and begins > hours[1]


def begin_of(network: Network, starts_s: int, now: datetime) -> tuple[datetime, str]:
    """(when a tour begins, what is wrong with the time that was typed): now, of another day when the guide says."""
    begins, error = when_asked(network, now, request.args.get("jam", ""), request.args.get("hari", ""))
    if error or request.args.get("jam", "").strip():
        return begins, error
    day = local_date(begins, network.timezone)
    return (now if day == local_date(now, network.timezone) else moment(day, starts_s, network.timezone)), ""


@pages.get("/wisata/peta.pdf")
def printed_map() -> Response:
    from maps.sheet import SheetWords, visitor_map

    network, guide = the_network(), guide_of(world())
    words = SheetWords(
        title=gettext("Places by bus"),
        sample=gettext("Sample network, not verified"),
        approximate=gettext("position approximate"),
        unknown=gettext("position not known"),
        live=gettext("Live arrivals"),
    )
    content = visitor_map(
        network, guide, request.url_root.rstrip("/") + "/wisata", world().now(), words, [ground_of(world()).ground]
    )
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="peta-wisata.pdf"'
    return response


def _rank(category: str) -> tuple[int, str]:
    return (ORDER.index(category) if category in ORDER else len(ORDER), category)


def walk_words(place: Place) -> Any:
    """metres -> (least, most) minutes to walk, as sure as the position is."""

    def minutes(metres: float) -> tuple[int, int]:
        err = 0.0 if place.is_good else place.error_m
        least, most = walk_s(max(metres - err, 0.0)) / 60, walk_s(metres + err) / 60
        return max(1, round(least)), max(1, round(most))

    return minutes
