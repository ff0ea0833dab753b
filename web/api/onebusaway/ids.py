"""OneBusAway's ids: `<agency_id>_<id>`, split at the first underscore; a departure by headway has an id of its own."""

from __future__ import annotations

import re
from datetime import date, datetime

from transit.plan.network import Network, TripInstance
from transit.plan.once_per_network import once_per_network

DEPARTURE = re.compile(r"^(?P<trip>.+)~(?P<day>\d{8})(?P<hours>\d{2,3})(?P<minutes>\d{2})(?P<seconds>\d{2})$")


class UnknownId(LookupError):
    """No record has this id."""


class Ids:
    """The agencies of a network under names without an underscore, which OneBusAway splits ids at."""

    def __init__(self, network: Network) -> None:
        self.network = network
        names = [agency.agency_id or "1" for agency in network.agencies]
        self.outward: dict[str, str] = {}
        for name in names:
            safe = name.replace("_", "-")
            while safe in self.outward.values():
                safe += "-"
            self.outward[name] = safe
        self.default = self.outward[names[0]]

    def agency(self, agency_id: str) -> str:
        return self.outward.get(agency_id or "1", self.default)

    def route(self, route_id: str) -> str:
        return f"{self.agency(self.network.routes[route_id].agency_id)}_{route_id}"

    def of_trip_id(self, trip_id: str) -> str:
        return f"{self.agency(self.network.routes[self.network.trips[trip_id].route_id].agency_id)}_{trip_id}"

    def trip(self, trip: TripInstance) -> str:
        """Of a departure by headway with its day and time, so that two buses on one trip are two."""
        if trip.start_s is None:
            return self.of_trip_id(trip.trip_id)
        hours, minutes, seconds = trip.start_s // 3600, trip.start_s // 60 % 60, trip.start_s % 60
        return f"{self.of_trip_id(trip.trip_id)}~{trip.start_date:%Y%m%d}{hours:02d}{minutes:02d}{seconds:02d}"

    def other(self, own_id: str) -> str:
        """Of a stop, a vehicle, a service, a block, a shape, an alert; empty stays empty."""
        return f"{self.default}_{own_id}" if own_id else ""

    def own(self, theirs: str) -> str:
        """Back to our id. Raises UnknownId where the agency is none of ours."""
        agency, underscore, own_id = theirs.partition("_")
        if not underscore or agency not in self.outward.values():
            raise UnknownId(theirs)
        return own_id

    def trip_of(self, theirs: str, day: date) -> TripInstance:
        """The trip that an id means; on this day where it names none. Raises UnknownId."""
        own_id = self.own(theirs)
        match = DEPARTURE.match(own_id)
        if match is not None and match["trip"] in self.network.trips:
            start_s = int(match["hours"]) * 3600 + int(match["minutes"]) * 60 + int(match["seconds"])
            try:
                start_date = datetime.strptime(match["day"], "%Y%m%d").date()  # noqa: DTZ007
            except ValueError:
                raise UnknownId(theirs) from None
            return TripInstance(match["trip"], start_date, start_s)
        if own_id not in self.network.trips:
            raise UnknownId(theirs)
        return TripInstance(own_id, day)


@once_per_network
def ids_of(network: Network) -> Ids:
    """The ids of a network, made once."""
    return Ids(network)
