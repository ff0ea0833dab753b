"""A tour of the guide: its stays with times, the planner's journey from each to the next, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from maps.guide import Guide, Itinerary, Place
from maps.svg import Number
from transit.plan.geometry import distance_m
from transit.plan.journeys import Journey, Planner, Request, planner_of
from transit.plan.network import Network
from transit.plan.network_hours import network_hours_of
from transit.plan.runs import Service
from transit.plan.service_day import local_date, moment
from transit.plan.walking import walk_s
from web.boards.places import stand_of
from web.endpoints import of_place
from web.planner import DAY_ENDS_S, request_of, service_at
from web.world import World

FAR_ON_FOOT_M = 2_000.0  # longest walk proposed instead of a bus, in this climate
UNKNOWN_WAY_S = 600.0  # assumed where one of two positions is missing


@dataclass(frozen=True)
class Stay:
    """One stay of a tour, and how to go on from it."""

    place: Place
    stop_id: str | None  # the halte nearest to it
    arrives: datetime
    leaves: datetime
    journey: Journey | None  # to the next place, from the last one back to the first; None = on foot, or no way is known
    walk_s: float | None
    opens_late: bool  # still closed on arrival
    no_bus: bool  # both positions are known, it is too far on foot, and no bus goes any more


@dataclass(frozen=True)
class Tour:
    """begins: when its first stay does. runs: False on a day without any service: then there are places but no stays."""

    begins: datetime
    runs: bool
    places: tuple[Place, ...]
    stays: tuple[Stay, ...] = ()
    back_at: datetime | None = None  # when the tour is back where it began
    last_back: Journey | None = None  # of the day, from the last place


def tour_of(world: World, guide: Guide, itinerary: Itinerary, begins: datetime) -> Tour:
    """1. No service that day: no tour. 2. Stay after stay, each way on when the one before ends. 3. Back to the first place."""
    network = world.network
    assert network is not None
    day = local_date(begins, network.timezone)
    visits = [(place, visit) for visit in itinerary.visits if (place := guide.place(visit.place_id)) is not None]
    places = tuple(place for place, _ in visits)
    if network_hours_of(network).of_day(day) is None:
        return Tour(begins, runs=False, places=places)
    planner, service = planner_of(network), service_at(world, begins)
    stays, at = [], begins
    for n, (place, visit) in enumerate(visits):
        following = visits[n + 1][0] if n + 1 < len(visits) else visits[0][0]
        leaves = at + timedelta(seconds=visit.stay_s)
        journey, on_foot, no_bus = _onward(network, planner, service, place, following, leaves)
        opens = None if place.opens_s is None else moment(day, place.opens_s, network.timezone)
        stays.append(
            Stay(
                place=place,
                stop_id=next(iter(stand_of(network, place).stops), None),
                arrives=at,
                leaves=leaves,
                journey=journey,
                walk_s=on_foot,
                opens_late=opens is not None and at < opens,
                no_bus=no_bus,
            )
        )
        if journey is not None:
            at = datetime.fromtimestamp(journey.comes.at, UTC)
        else:
            at = leaves + timedelta(seconds=on_foot or UNKNOWN_WAY_S)
    return Tour(
        begins=begins,
        runs=True,
        places=places,
        stays=tuple(stays),
        back_at=None if not stays or stays[-1].no_bus else at,
        last_back=_last_back(network, planner, service, visits[-1][0], visits[0][0], begins) if visits else None,
    )


def numbers_of(places: Iterable[Place]) -> list[Number]:
    """The places of a tour as they are numbered on its map: one number for those that lie at the same position."""
    words: dict[tuple[float, float], list[str]] = {}
    for n, place in enumerate(places, 1):
        if place.lat is not None and place.lon is not None:
            words.setdefault((place.lat, place.lon), []).append(str(n))
    return [Number(lat, lon, "·".join(word)) for (lat, lon), word in words.items()]


def _onward(
    network: Network, planner: Planner, service: Service, here: Place, there: Place, leaves: datetime
) -> tuple[Journey | None, float | None, bool]:
    """(journey if quicker than on foot, seconds on foot, True: no way); (None, None, False) where a position is unknown."""
    if here == there or here.lat is None or here.lon is None or there.lat is None or there.lon is None:
        return None, 0.0 if here == there else None, False
    on_foot_s = walk_s(distance_m(here.lat, here.lon, there.lat, there.lon))
    ask = _request(network, here, there)
    journeys = planner.earliest(service, ask, leaves.timestamp()) if ask.start and ask.end else []
    if journeys and journeys[0].comes.at - leaves.timestamp() < on_foot_s:
        return journeys[0], None, False
    return None, on_foot_s, not journeys and on_foot_s > walk_s(FAR_ON_FOOT_M)


def _request(network: Network, here: Place, there: Place) -> Request:
    return request_of(of_place(network, here), of_place(network, there))


def _last_back(
    network: Network, planner: Planner, service: Service, here: Place, there: Place, begins: datetime
) -> Journey | None:
    ends = moment(local_date(begins, network.timezone), DAY_ENDS_S, network.timezone).timestamp()
    ask = _request(network, here, there)
    return planner.last_of_day(service, ask, begins.timestamp(), ends) if ask.start and ask.end else None
