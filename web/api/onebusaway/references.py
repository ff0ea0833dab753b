"""What an answer names: each record once, and all that a named record names in turn (apps end where one is missing)."""

from __future__ import annotations

from transit.arrivals.alerts import Alert
from transit.plan.network import Network, TripInstance
from web.api.onebusaway import entities
from web.api.onebusaway.entities import Entity
from web.api.onebusaway.ids import ids_of


class References:
    """Collected while an answer is made; the methods return the id under which a record is named."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.agencies: dict[str, Entity] = {}
        self.routes: dict[str, Entity] = {}
        self.stops: dict[str, Entity] = {}
        self.trips: dict[str, Entity] = {}
        self.situations: dict[str, Entity] = {}

    def agency(self, agency_id: str) -> str:
        network = self.network
        its_agency = next(
            (candidate for candidate in network.agencies if candidate.agency_id == agency_id), network.agencies[0]
        )
        made = entities.an_agency(network, its_agency)
        return str(self.agencies.setdefault(made["id"], made)["id"])

    def route(self, route_id: str) -> str:
        key = ids_of(self.network).route(route_id)
        if key not in self.routes:
            route = self.network.routes[route_id]
            self.routes[key] = entities.a_route(self.network, route)
            self.agency(route.agency_id)
        return key

    def stop(self, stop_id: str) -> str:
        key = ids_of(self.network).other(stop_id)
        if key not in self.stops:
            stop = self.network.stop(stop_id)
            self.stops[key] = entities.a_stop(self.network, stop)
            for route_id in self.network.routes_of_stop.get(stop_id, ()):
                self.route(route_id)
            if stop.parent_station in self.network.stops:
                self.stop(stop.parent_station)
        return key

    def trip(self, instance: TripInstance) -> str:
        key = ids_of(self.network).trip(instance)
        if key not in self.trips:
            trip = self.network.trip(instance.trip_id)
            self.trips[key] = entities.a_trip(self.network, trip, instance)
            self.route(trip.route_id)
        return key

    def situation(self, alert: Alert) -> str:
        made = entities.a_situation(self.network, alert)
        return str(self.situations.setdefault(made["id"], made)["id"])

    def content(self) -> Entity:
        self.agency(self.network.agencies[0].agency_id)
        return {
            "agencies": list(self.agencies.values()),
            "routes": list(self.routes.values()),
            "situations": list(self.situations.values()),
            "stopTimes": [],
            "stops": list(self.stops.values()),
            "trips": list(self.trips.values()),
        }
