"""An itinerary of the guide as stays with times, and how to go on from each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from maps.guide import Guide, Itinerary, Place
from transit.plan.direct import DirectJourney, journeys, walk_s
from transit.plan.geometry import distance_m
from transit.plan.network import Network
from transit.plan.service_day import local_date, moment
from web.boards.places import Stand, last_buses, stand_of
from web.world import World

WAIT_S = 300.0  # for the next bus: half a headway of ten minutes
UNKNOWN_WAY_S = 600.0  # where one of two positions is missing
STAND_STOPS = 2  # of a place, whose last buses are looked at


@dataclass(frozen=True)
class Stay:
    """One stay of an itinerary, and how to go on from it."""

    place: Place
    arrives: datetime
    leaves: datetime
    journey: DirectJourney | None  # to the next place; None = on foot, or nobody knows where it is
    walk_s: float | None
    opens_late: bool  # it is still closed when the itinerary gets there
    last_back_at: datetime | None  # the last bus from here today


def stays_of(world: World, guide: Guide, itinerary: Itinerary) -> Iterator[Stay]:
    """Stays with times that follow from the plan: walking, WAIT_S, riding."""
    network = world.network
    assert network is not None
    day = local_date(world.now(), network.timezone)
    at = moment(day, itinerary.starts_s, network.timezone)
    visits = [(place, visit) for visit in itinerary.visits if (place := guide.place(visit.place_id)) is not None]
    for n, (place, visit) in enumerate(visits):
        stand = stand_of(network, place)
        opens = None if place.opens_s is None else moment(day, place.opens_s, network.timezone)
        leaves = at + timedelta(seconds=visit.stay_s)
        following = visits[n + 1][0] if n + 1 < len(visits) else None
        journey, on_foot = _onward(network, stand, following)
        lasts = [last for stop_id in list(stand.stops)[:STAND_STOPS] for _, last in last_buses(network, stop_id, at)]
        yield Stay(
            place=place,
            arrives=at,
            leaves=leaves,
            journey=journey,
            walk_s=on_foot,
            opens_late=opens is not None and at < opens,
            last_back_at=max(lasts, default=None),
        )
        if journey is not None:
            at = leaves + timedelta(seconds=journey.seconds + WAIT_S)
        else:
            at = leaves + timedelta(seconds=on_foot or UNKNOWN_WAY_S)


def _onward(network: Network, stand: Stand, following: Place | None) -> tuple[DirectJourney | None, float | None]:
    """By bus where that is quicker than walking; (None, None) where a position is not known."""
    here = stand.place
    if following is None or here.lat is None or here.lon is None or following.lat is None or following.lon is None:
        return None, None
    metres = distance_m(here.lat, here.lon, following.lat, following.lon)
    onward = journeys(network, stand.stops, stand_of(network, following).stops)
    if onward and onward[0].seconds + WAIT_S < walk_s(metres):
        return onward[0], None
    return None, walk_s(metres)
