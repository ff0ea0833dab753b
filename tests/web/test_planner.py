"""What notices take out of service, as the planner sees it."""

from __future__ import annotations

import pytest

from tests.builders import a_network, a_trip_instance, at
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.directions import RouteDirection
from transit.plan.runs import Disruption
from web.planner import disruption_of

NONE = (frozenset(), frozenset(), frozenset())


def disruption(city, entity: InformedEntity, effect: Effect = Effect.NO_SERVICE) -> Disruption:
    """With one notice from seven o'clock on, at 07:05."""
    city.load(a_network()).tell(Alert("A1", {"en": "Closed"}, (entity,), at(7), effect=effect)).step()
    world = city.app().extensions["world"]
    world.refresh()
    return disruption_of(world, city.now)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        (InformedEntity(route_id="R1"), (frozenset(), frozenset(), frozenset({RouteDirection("R1", 0)}))),
        (InformedEntity(route_id="R1", direction_id=0), (frozenset(), frozenset(), frozenset({RouteDirection("R1", 0)}))),
        (InformedEntity(route_id="R1", direction_id=1), NONE),
        (InformedEntity(stop_id="S3"), (frozenset(), frozenset({"S3"}), frozenset())),
        (InformedEntity(trip=a_trip_instance()), (frozenset({a_trip_instance()}), frozenset(), frozenset())),
    ],
)
def test_a_notice_takes_out_what_it_names(city, entity, expected):
    out = disruption(city, entity)
    assert (out.trips, out.stops, out.directions) == expected


def test_a_notice_for_all_of_an_operator_takes_out_each_of_its_directions(city):
    assert disruption(city, InformedEntity(agency_id="A")).directions == {RouteDirection("R1", 0)}


def test_a_notice_for_another_operator_takes_out_nothing(city):
    assert disruption(city, InformedEntity(agency_id="B")) == Disruption()


def test_a_stop_that_is_named_with_a_route_is_closed_for_this_route_alone(city):
    out = disruption(city, InformedEntity(route_id="R1", stop_id="S3"))
    assert (out.calls, out.stops, out.directions) == ({(RouteDirection("R1", 0), "S3")}, frozenset(), frozenset())


def test_a_notice_that_stops_no_service_takes_nothing_out(city):
    out = disruption(city, InformedEntity(route_id="R1"), Effect.DETOUR)
    assert (out.trips, out.stops, out.directions) == NONE
