"""Journeys from here to there with what is known now: for pages, the API and text answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.notices import covers, relevant_alerts
from transit.plan.directions import RouteDirection, directions_of
from transit.plan.journeys import Journey, Planner, Request, planner_of
from transit.plan.network import Network, TripInstance
from transit.plan.runs import MEAN_WAIT, Disruption, Service
from transit.plan.service_day import local_date, moment, services_on
from web.endpoints import Endpoint, is_same, walk_between
from web.world import World

LIVE_FOR = timedelta(minutes=45)  # predictions reach no farther
FURTHER_DAYS = 7  # to look for the next journey where none goes any more
DAY_ENDS_S = 30 * 3600.0  # service days pass midnight
DAWN_S = 4 * 3600.0  # the first bus of a day is looked for from here on
LONGEST_S = 12 * 3600.0  # to be there by a time nobody leaves earlier than this before it
WALKS_S = (480.0, 960.0)  # of whoever begins where only the phone knows: it adds its walk, and finds the buses after it here
CLOSE_BY_S = 180.0  # whoever is there on foot so soon needs no bus


@dataclass(frozen=True)
class Plan:
    """The answer to one question. journeys empty: none goes then; `next_day`: the first after it or after a notice."""

    journeys: tuple[Journey, ...]
    asked_at: datetime
    service: Service
    planner: Planner
    last: Journey | None = None  # of the day, there
    last_back: Journey | None = None  # of the day, back again
    next_day: Journey | None = None
    notices: tuple[Alert, ...] = ()  # of what is ridden or, without journeys, of what would be
    is_hindered: bool = False  # without the notices a journey would go
    later: tuple[Journey, ...] = ()  # for a phone that adds its own walk, and then cannot reach the first ones
    is_tight: bool = False  # with a usual wait for a bus by headway no journey goes any more, with hardly any wait these do


@dataclass(frozen=True)
class Way:
    """How to get from one endpoint to another. walk_s: seconds on foot, where that is near and known.

    same: one stop serves both. plan None: there is nothing to ride.
    """

    same: bool
    walk_s: float | None
    plan: Plan | None


def way(world: World, start: Endpoint, end: Endpoint, when: datetime, *, arrive: bool = False) -> Way:
    """As plan(), with the way on foot: of two places at one stop buses are named only if one is there sooner than on foot."""
    assert world.network is not None
    same, walk_s = is_same(start, end), walk_between(world.network, start, end)
    if (same and walk_s is None) or (walk_s is not None and walk_s <= CLOSE_BY_S):
        return Way(same, walk_s, None)
    made = plan(world, start, end, when, arrive=arrive)
    return Way(same, walk_s, None if same and (made.is_tight or not made.journeys) else made)


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
    since = max(now.timestamp(), at - LONGEST_S) if is_today else at - LONGEST_S
    if arrive:
        journeys = planner.arriving_by(service, ask, at, since)
    else:
        journeys = planner.journeys(service, ask, at)
    after = planner.earliest(service, ask, since) if arrive and not journeys else []  # too late, but that day
    is_tight = not journeys and not arrive
    if is_tight:
        service = service_at(world, when, wait_share=0.0)
        journeys = planner.journeys(service, ask, at)
    back = Request(ask.end, ask.start)
    hindered = [] if journeys else _but_for_notices(world, planner, ask, when, arrive=arrive)
    return Plan(
        journeys=tuple(journeys),
        asked_at=when,
        service=service,
        planner=planner,
        last=planner.last_of_day(service, ask, at, ends) if journeys else None,
        last_back=planner.last_of_day(service, back, at, ends) if journeys else None,
        next_day=None if journeys and not is_tight else next(iter(after), None) or _later(world, planner, ask, when),
        notices=_notices_of(world, journeys or hindered, when),
        is_hindered=bool(hindered),
        later=_later_ones(planner, service, ask, at, journeys) if start.kind == "saya" and not arrive else (),
        is_tight=is_tight and bool(journeys),
    )


def _later_ones(planner: Planner, service: Service, ask: Request, at: float, first: Iterable[Journey]) -> tuple[Journey, ...]:
    """The journeys of somebody who is at the stop only after a walk, without those of the first."""
    later: list[Journey] = []
    for walk_s in WALKS_S:
        later += [journey for journey in planner.journeys(service, ask, at + walk_s) if journey not in [*first, *later]]
    return tuple(sorted(later, key=lambda journey: journey.leaves.at))


def last_day_of(network: Network) -> date | None:
    """The last day of which the timetable knows anything; None where it knows no day at all."""
    days = [row.end_date for row in network.calendars.values()] + [row.date for row in network.calendar_dates if row.added]
    return max(days, default=None)


def request_of(start: Endpoint, end: Endpoint) -> Request:
    """From the stops of one endpoint to those of the other. At a stop near both a bus counts if it is sooner there."""
    return Request(start.stops, end.stops)


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


def _but_for_notices(world: World, planner: Planner, ask: Request, when: datetime, *, arrive: bool) -> list[Journey]:
    """The journeys of the plan that only notices take out."""
    if disruption_of(world, when) == Disruption():
        return []
    at, planned = when.timestamp(), planner.planned(when)
    return planner.arriving_by(planned, ask, at, at - LONGEST_S) if arrive else planner.earliest(planned, ask, at)


def _notices_of(world: World, journeys: Iterable[Journey], when: datetime) -> tuple[Alert, ...]:
    """The notices that concern the rides of some journeys, the gravest first."""
    network = world.network
    assert network is not None
    notices: dict[str, Alert] = {}
    for ride in (ride for journey in journeys for ride in journey.rides):
        trip, direction = ride.run.trip, directions_of(network).of_trip[ride.run.trip.trip_id]
        for stop_id in (ride.board, ride.alight):
            concern = relevant_alerts(world.view.alerts, network, when, directions=[direction], stop_id=stop_id, trip=trip)
            notices |= {alert.alert_id: alert for alert in concern}
    return tuple(notices.values())


def _later(world: World, planner: Planner, ask: Request, when: datetime) -> Journey | None:
    """The first journey after a notice ends that day or, from dawn on, on the next day on which one goes."""
    network = world.network
    assert network is not None
    today = local_date(when, network.timezone)
    searched = set()
    ends = [alert.ends_at for alert in world.view.alerts if alert.effect is Effect.NO_SERVICE and alert.ends_at is not None]
    for day in (today + timedelta(days=offset) for offset in range(FURTHER_DAYS + 1)):
        begins = [moment(day, DAWN_S, network.timezone)] if day > today else []
        for at in begins + sorted(end for end in ends if end > when and local_date(end, network.timezone) == day):
            runs = services_on(network, day - timedelta(days=1)), services_on(network, day)
            key = *runs, disruption_of(world, at)
            if at in begins and key in searched:  # a day like one before it has no bus either
                continue
            searched.add(key)
            journeys = planner.earliest(service_at(world, at), ask, at.timestamp())
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
    calls: set[tuple[RouteDirection, str]] = set()
    for alert in world.view.alerts:
        if alert.effect is not Effect.NO_SERVICE or not alert.is_active(when):
            continue
        for entity in alert.informed:
            if entity.trip is not None:
                trips.add(entity.trip)
            elif entity.stop_id is None:
                directions |= _directions(network, entity)
            elif entity == InformedEntity(stop_id=entity.stop_id):
                stops |= set(network.within(entity.stop_id))
            else:
                of_whom = _directions(network, replace(entity, stop_id=None))
                calls |= {(direction, stop_id) for direction in of_whom for stop_id in network.within(entity.stop_id)}
    return Disruption(frozenset(trips), frozenset(stops), frozenset(directions), frozenset(calls))


def _directions(network: Network, entity: InformedEntity) -> set[RouteDirection]:
    """The directions that a notice names by route, direction or agency."""
    every = chain.from_iterable(directions_of(network).of_route.values())
    return {direction for direction in every if covers(entity, network, direction=direction)}
