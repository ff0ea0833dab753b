"""Journeys from here to there with what is known now: for pages, the API and text answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from transit.arrivals.alerts import Effect
from transit.plan.directions import RouteDirection, directions_of
from transit.plan.journeys import Journey, Planner, Request, planner_of
from transit.plan.network import Network, TripInstance
from transit.plan.runs import MEAN_WAIT, Disruption, Service
from transit.plan.service_day import local_date, moment, services_on
from web.endpoints import Endpoint
from web.world import World

LIVE_FOR = timedelta(minutes=45)  # predictions reach no farther
FURTHER_DAYS = 7  # to look for the next journey where none goes any more
DAY_ENDS_S = 30 * 3600.0  # service days pass midnight
DAWN_S = 4 * 3600.0  # the first bus of a day is looked for from here on


@dataclass(frozen=True)
class Plan:
    """The answer to one question. journeys empty: none goes on that day any more, `next_day` says when one does."""

    journeys: tuple[Journey, ...]
    asked_at: datetime
    service: Service
    planner: Planner
    last: Journey | None = None  # of the day, there
    last_back: Journey | None = None  # of the day, back again
    next_day: Journey | None = None
    is_tight: bool = False  # with a usual wait for a bus by headway no journey goes any more, with hardly any wait these do


def plan(world: World, start: Endpoint, end: Endpoint, when: datetime, *, arrive: bool = False) -> Plan:
    """when: the moment of setting out or, with `arrive`, of being there."""
    network, now = world.network, world.now()
    assert network is not None
    planner = planner_of(network)
    is_today = local_date(when, network.timezone) == local_date(now, network.timezone)
    service = service_at(world, when)
    ask = request_of(start, end)
    at = when.timestamp()
    ends = moment(local_date(when, network.timezone), DAY_ENDS_S, network.timezone).timestamp()
    if arrive:
        since = max(now.timestamp(), at - 12 * 3600.0) if is_today else at - 12 * 3600.0
        journeys = planner.arriving_by(service, ask, at, since)
    else:
        journeys = planner.journeys(service, ask, at)
    is_tight = not journeys and not arrive
    if is_tight:
        service = service_at(world, when, wait_share=0.0)
        journeys = planner.journeys(service, ask, at)
    back = Request(ask.end, ask.start)
    return Plan(
        journeys=tuple(journeys),
        asked_at=when,
        service=service,
        planner=planner,
        last=planner.last_of_day(service, ask, at, ends) if journeys else None,
        last_back=planner.last_of_day(service, back, at, ends) if journeys else None,
        next_day=None if journeys and not is_tight else _on_a_later_day(planner, network, ask, when),
        is_tight=is_tight and bool(journeys),
    )


def request_of(start: Endpoint, end: Endpoint) -> Request:
    """From the stops of one endpoint to those of the other. A stop near both is left out: from there one only walks."""
    return Request(start.stops, {stop_id: s for stop_id, s in end.stops.items() if stop_id not in start.stops})


def next_journeys(world: World, start: Endpoint, end: Endpoint) -> list[Journey]:
    """The next ones from now on, without the day's last."""
    network, now = world.network, world.now()
    assert network is not None
    return planner_of(network).journeys(service_at(world, now), request_of(start, end), now.timestamp())


def service_at(world: World, when: datetime, *, wait_share: float = MEAN_WAIT) -> Service:
    """What runs around a moment, with the buses that are seen where it is near; made once for each snapshot.

    wait_share: of a headway that is waited.
    """
    network, view = world.network, world.view
    assert network is not None
    is_seen = abs(when - world.now()) <= LIVE_FOR and view.snapshot is not None and view.fits and world.is_live
    disruption = disruption_of(world, when)
    return view.services.get(
        (local_date(when, network.timezone), is_seen, disruption, wait_share),
        lambda: planner_of(network).service(when, view.live_trips_of if is_seen else (), disruption, wait_share),
    )


def _on_a_later_day(planner: Planner, network: Network, ask: Request, when: datetime) -> Journey | None:
    """The first journey of the next day on which one goes."""
    today = local_date(when, network.timezone)
    searched = set()
    for offset in range(1, FURTHER_DAYS + 1):
        day: date = today + timedelta(days=offset)
        runs = services_on(network, day - timedelta(days=1)), services_on(network, day)
        if runs in searched:  # a day like one before it has no bus either
            continue
        searched.add(runs)
        dawn = moment(day, DAWN_S, network.timezone)
        journeys = planner.earliest(planner.planned(dawn), ask, dawn.timestamp())
        if journeys:
            return journeys[0]
    return None


def disruption_of(world: World, when: datetime) -> Disruption:
    """What notices take out of service at a moment."""
    network = world.network
    assert network is not None
    trips: set[TripInstance] = set()
    stops: set[str] = set()
    directions: set[RouteDirection] = set()
    for alert in world.view.alerts:
        if alert.effect is not Effect.NO_SERVICE or not alert.is_active(when):
            continue
        for entity in alert.informed:
            if entity.trip is not None:
                trips.add(entity.trip)
            elif entity.stop_id is not None and entity.route_id is None:
                stops |= set(network.within(entity.stop_id))
            elif entity.route_id is not None and entity.stop_id is None:
                directions |= {
                    direction
                    for direction in directions_of(network).of_route.get(entity.route_id, ())
                    if entity.direction_id is None or direction.direction_id in (None, entity.direction_id)
                }
    return Disruption(frozenset(trips), frozenset(stops), frozenset(directions))
