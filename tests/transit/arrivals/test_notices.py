"""Which alerts concern whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network, a_trip_instance, at
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.notices import covers, relevant_alerts, stops_service
from transit.plan.timetable import RouteDirection

R1 = RouteDirection("R1", 0)
NOW = at(7, 5)


def an_alert(*informed, effect=Effect.DETOUR, alert_id="a"):
    return Alert(alert_id, {"id": "x"}, informed, at(6), at(9), effect=effect)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        (InformedEntity(), False),
        (InformedEntity(agency_id="A"), True),
        (InformedEntity(agency_id="B"), False),
        (InformedEntity(route_id="R1"), True),
        (InformedEntity(route_id="R1", direction_id=0), True),
        (InformedEntity(route_id="R1", direction_id=1), False),
        (InformedEntity(stop_id="S3"), True),
        (InformedEntity(route_id="R1", stop_id="S4"), False),
        (InformedEntity(route_id="R2", stop_id="S3"), False),
        (InformedEntity(trip=a_trip_instance()), False),
    ],
)
def test_all_that_an_alert_names_must_agree(entity, expected):
    assert covers(entity, a_network(), direction=R1, stop_id="S3") is expected


def test_an_alert_for_a_station_is_one_for_its_platforms():
    plain = a_network()
    network = replace(plain, stops={**plain.stops, "S3": replace(plain.stops["S3"], parent_station="P")})
    assert covers(InformedEntity(stop_id="P"), network, direction=R1, stop_id="S3")
    assert not covers(InformedEntity(stop_id="P"), network, direction=R1, stop_id="S2")


def test_only_alerts_in_force_concern_anybody_and_the_gravest_comes_first():
    network = a_network()
    detour = an_alert(InformedEntity(route_id="R1"))
    none = an_alert(InformedEntity(stop_id="S3"), effect=Effect.NO_SERVICE, alert_id="b")
    later = replace(detour, alert_id="c", starts_at=at(8))
    found = relevant_alerts([detour, none, later], network, NOW, directions=[R1], stop_id="S3")
    assert [alert.alert_id for alert in found] == ["b", "a"]
    assert relevant_alerts([detour, none], network, at(9), directions=[R1], stop_id="S3") == []


def test_a_cancelled_trip_stops_itself_and_not_its_route():
    network = a_network()
    told = [an_alert(InformedEntity(trip=a_trip_instance()), effect=Effect.NO_SERVICE)]
    assert stops_service(told, network, NOW, direction=R1, stop_id="S3", trip=a_trip_instance())
    assert not stops_service(told, network, NOW, direction=R1, stop_id="S3", trip=a_trip_instance("T2"))
    assert not stops_service(told, network, NOW, direction=R1, stop_id="S3")
