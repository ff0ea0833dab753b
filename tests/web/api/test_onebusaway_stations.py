"""OneBusAway shows of a station what its platforms show, and no bus that riders' pages leave out."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import a_drive, a_network, at, every
from tests.web.api.test_onebusaway import get
from tests.web.pages.test_standing_buses import stand
from transit.plan.network import Network, Stop


def with_station(network: Network) -> Network:
    """S5 becomes a platform of the station ST."""
    platform = replace(network.stops["S5"], parent_station="ST", platform_code="2")
    station = Stop("ST", "Terminal", platform.lat, platform.lon, location_type=1)
    return replace(network, stops={**network.stops, "S5": platform, "ST": station})


def test_a_station_has_the_buses_of_its_platform(city):
    city.load(with_station(a_network())).hear(a_drive(to_m=1800)).step()
    for stop_id in ("A_S5", "A_ST"):
        rows = get(city, f"arrivals-and-departures-for-stop/{stop_id}")["data"]["entry"]["arrivalsAndDepartures"]
        shown = [(row["stopId"], row["tripId"].partition("~")[0], row["vehicleId"]) for row in rows]
        assert shown == [("A_S5", "A_T1", "A_BUS1")]


def test_a_bus_that_has_passed_a_platform_has_passed_its_station(city):
    city.load(with_station(a_network())).hear(a_drive(to_m=2700)).step(at(7, 7, 40))
    rows = get(city, "arrivals-and-departures-for-stop/A_ST")["data"]["entry"]["arrivalsAndDepartures"]
    assert [row["vehicleId"] for row in rows] == ["A_BUS1"]


def test_a_station_has_the_headway_of_its_platform(city):
    city.load(with_station(a_network(headway=every(10)))).hear(a_drive(to_m=3960)).step(at(7, 11, 10))
    rows = get(city, "arrivals-and-departures-for-stop/A_ST")["data"]["entry"]["arrivalsAndDepartures"]
    assert [(row["stopId"], row["frequency"]) for row in rows if row["vehicleId"]] == [("A_S5", None)]  # has passed
    assert [(row["stopId"], row["frequency"]["headway"]) for row in rows if not row["vehicleId"]] == [("A_S5", 600)]


def test_a_parked_bus_is_on_no_list(town):
    stand(town, 12)
    assert [row["vehicleId"] for row in get(town, "vehicles-for-agency/A")["data"]["list"]] == ["A_BUS1"]
    stand(town, 50)
    assert get(town, "vehicles-for-agency/A")["data"]["list"] == []
    assert get(town, "trips-for-route/A_R1")["data"]["list"] == []
