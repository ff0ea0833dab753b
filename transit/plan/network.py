"""The plan of a transit network: the values of one GTFS Schedule feed, frozen."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

Extra = dict[str, str]  # columns of a record that the standard or this software does not know, kept as they came


NO_PICKUP = NO_DROP_OFF = 1  # pickup_type, drop_off_type: nobody gets on, nobody gets off
BUS = 3  # route_type: what a vehicle is taken for where its kind is not known
MAX_PARENTS = 3  # a boarding area lies in a platform, that in a station, and there it ends (feeds may go round in a ring)


class UnknownRoute(LookupError):
    """No route has this route_id."""


class UnknownStop(LookupError):
    """No stop has this stop_id."""


class UnknownTrip(LookupError):
    """No trip has this trip_id."""


@dataclass(frozen=True, slots=True)
class Agency:
    agency_id: str
    name: str
    url: str
    timezone: str
    lang: str = ""
    phone: str = ""
    fare_url: str = ""
    email: str = ""
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """route_type as in GTFS (3 = bus); colours are six hex digits, or empty."""

    route_id: str
    agency_id: str
    short_name: str
    long_name: str
    route_type: int
    color: str = ""
    text_color: str = ""
    desc: str = ""
    url: str = ""
    sort_order: int | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.short_name or self.long_name or self.route_id


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop, station, entrance or node. lat and lon in degrees WGS84; None only where GTFS allows it."""

    stop_id: str
    name: str
    lat: float | None
    lon: float | None
    code: str = ""
    desc: str = ""
    zone_id: str = ""
    url: str = ""
    location_type: int = 0
    parent_station: str = ""
    timezone: str = ""
    wheelchair_boarding: int | None = None
    platform_code: str = ""
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StopTime:
    """One call of a trip at a stop. Times are seconds from the start of the service day; None = not given."""

    stop_id: str
    stop_sequence: int
    arrival_s: int | None
    departure_s: int | None
    timepoint: int | None = None  # 1 exact, 0 approximate, None not said
    shape_dist_traveled: float | None = None  # in the feed's own unit; never metres by itself
    pickup_type: int | None = None
    drop_off_type: int | None = None
    stop_headsign: str = ""
    extra: Extra = field(default_factory=dict)

    @property
    def has_pickup(self) -> bool:
        """Whether somebody may get on, be it after a call or a sign to the driver."""
        return self.pickup_type != NO_PICKUP

    @property
    def has_drop_off(self) -> bool:
        return self.drop_off_type != NO_DROP_OFF


@dataclass(frozen=True, slots=True)
class Trip:
    """stop_times are in the order of stop_sequence."""

    trip_id: str
    route_id: str
    service_id: str
    stop_times: tuple[StopTime, ...]
    direction_id: int | None = None
    shape_id: str = ""
    headsign: str = ""
    short_name: str = ""
    block_id: str = ""
    wheelchair_accessible: int | None = None
    bikes_allowed: int | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def is_demo(self) -> bool:
        """True for a trip of a demonstration (trips.txt, extra column demo = 1): it runs, but promises riders nothing."""
        return self.extra.get("demo") == "1"

    def find_index(self, stop_sequence: int | None) -> int | None:
        """The place in stop_times of the call with this stop_sequence; None where there is none."""
        if stop_sequence is None:
            return None
        index = bisect_left(self.stop_times, stop_sequence, key=lambda call: call.stop_sequence)
        return index if index < len(self.stop_times) and self.stop_times[index].stop_sequence == stop_sequence else None

    def can_board(self, index: int) -> bool:
        """False at the last stop, and where the feed lets nobody get on."""
        return index < len(self.stop_times) - 1 and self.stop_times[index].has_pickup

    def can_alight(self, index: int) -> bool:
        return index > 0 and self.stop_times[index].has_drop_off

    def serves(self, index: int) -> bool:
        """False where the bus calls for itself only: a garage, a border."""
        return self.can_board(index) or self.can_alight(index)


@dataclass(frozen=True, slots=True)
class Frequency:
    """Headway-based service of a trip from start_s until end_s (seconds of the service day)."""

    trip_id: str
    start_s: int
    end_s: int
    headway_s: int
    exact_times: int | None = None  # see is_exact
    extra: Extra = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """Whether it departs exactly at start_s + n * headway_s; else only the headway is promised."""
        return self.exact_times == 1


@dataclass(frozen=True, slots=True)
class ShapePoint:
    lat: float
    lon: float
    sequence: int
    dist_traveled: float | None = None  # in the feed's own unit
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """points are in the order of their sequence."""

    shape_id: str
    points: tuple[ShapePoint, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """weekdays: Monday first, true where the service runs; both dates included."""

    service_id: str
    weekdays: tuple[bool, bool, bool, bool, bool, bool, bool]
    start_date: date
    end_date: date
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarDate:
    service_id: str
    date: date
    added: bool  # exception_type 1; otherwise removed (2)
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedInfo:
    publisher_name: str
    publisher_url: str
    lang: str
    default_lang: str = ""
    start_date: date | None = None
    end_date: date | None = None
    version: str = ""
    contact_email: str = ""
    contact_url: str = ""
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translation:
    table_name: str
    field_name: str
    language: str
    translation: str
    record_id: str = ""
    record_sub_id: str = ""
    field_value: str = ""


@dataclass(frozen=True, slots=True)
class TripInstance:
    """A trip on one day: what a vehicle runs. start_s is set for headway-based trips only (seconds of the service day)."""

    trip_id: str
    start_date: date
    start_s: int | None = None


@dataclass(frozen=True)
class Network:
    """One immutable version of the plan. Files that we only pass on are kept as rows, the header first."""

    agencies: tuple[Agency, ...]
    routes: dict[str, Route]
    stops: dict[str, Stop]
    trips: dict[str, Trip]
    shapes: dict[str, Shape] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    calendar_dates: tuple[CalendarDate, ...] = ()
    frequencies: tuple[Frequency, ...] = ()
    feed_info: FeedInfo | None = None
    translations: tuple[Translation, ...] = ()
    other_files: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # "fare_attributes.txt" -> rows

    @property
    def timezone(self) -> str:
        return self.agencies[0].timezone

    @property
    def is_sample(self) -> bool:
        """True where the feed calls itself an unverified example (feed_info.txt, extra column feed_status = sample)."""
        return self.feed_info is not None and self.feed_info.extra.get("feed_status") == "sample"

    def route(self, route_id: str) -> Route:
        try:
            return self.routes[route_id]
        except KeyError:
            raise UnknownRoute(route_id) from None

    def stop(self, stop_id: str) -> Stop:
        try:
            return self.stops[stop_id]
        except KeyError:
            raise UnknownStop(stop_id) from None

    def trip(self, trip_id: str) -> Trip:
        try:
            return self.trips[trip_id]
        except KeyError:
            raise UnknownTrip(trip_id) from None

    @cached_property
    def frequencies_of(self) -> Mapping[str, tuple[Frequency, ...]]:
        """trip_id -> its headway windows, in order of time; trips with a timetable are absent."""
        rows_of_trip: dict[str, list[Frequency]] = {}
        for frequency in self.frequencies:
            rows_of_trip.setdefault(frequency.trip_id, []).append(frequency)
        return {trip_id: tuple(sorted(rows, key=lambda row: row.start_s)) for trip_id, rows in rows_of_trip.items()}

    @cached_property
    def exceptions_on(self) -> Mapping[date, tuple[CalendarDate, ...]]:
        """The rows of calendar_dates.txt by their date."""
        rows_of: dict[date, list[CalendarDate]] = {}
        for row in self.calendar_dates:
            rows_of.setdefault(row.date, []).append(row)
        return {day: tuple(rows) for day, rows in rows_of.items()}

    @cached_property
    def trips_of_route(self) -> Mapping[str, tuple[Trip, ...]]:
        trips_of: dict[str, list[Trip]] = {route_id: [] for route_id in self.routes}
        for trip in self.trips.values():
            trips_of[trip.route_id].append(trip)
        return {route_id: tuple(trips) for route_id, trips in trips_of.items()}

    @cached_property
    def routes_of_stop(self) -> Mapping[str, tuple[str, ...]]:
        """stop_id -> the route_ids by which riders can get on or off there, in the order of the feed."""
        routes_of: dict[str, dict[str, None]] = {}
        for trip in self.trips.values():
            for index, call in enumerate(trip.stop_times):
                if trip.route_id not in routes_of.get(call.stop_id, ()) and trip.serves(index):
                    routes_of.setdefault(call.stop_id, {})[trip.route_id] = None
        return {stop_id: tuple(routes) for stop_id, routes in routes_of.items()}

    def is_headway_based(self, trip_id: str) -> bool:
        """True for frequencies with exact_times=0: departures are not promised to the minute (GTFS frequencies.txt)."""
        return trip_id in self._headway_trips

    @cached_property
    def trips_of_both_kinds(self) -> frozenset[str]:
        """The trip_ids with exact departures at some hours and only a headway at others."""
        exact = {row.trip_id for row in self.frequencies if row.is_exact}
        return self._headway_trips & exact

    @cached_property
    def _headway_trips(self) -> frozenset[str]:
        return frozenset(row.trip_id for row in self.frequencies if not row.is_exact)

    def within(self, stop_id: str) -> tuple[str, ...]:
        """The stop itself and, of a station, its platforms and their boarding areas: where its buses call."""
        return (stop_id, *self._inside.get(stop_id, ()))

    @cached_property
    def _inside(self) -> Mapping[str, tuple[str, ...]]:
        inside_of: dict[str, list[str]] = {}
        for stop_id in self.stops:
            for parent in self.parents_of(stop_id):
                inside_of.setdefault(parent, []).append(stop_id)
        return {parent: tuple(inside) for parent, inside in inside_of.items()}

    def parents_of(self, stop_id: str) -> tuple[str, ...]:
        """The platform, then the station in which a stop lies; none for a plain one."""
        parents: list[str] = []
        stop = self.stops.get(stop_id)
        while stop is not None and stop.parent_station and len(parents) < MAX_PARENTS:
            if stop.parent_station in (stop_id, *parents):
                break
            parents.append(stop.parent_station)
            stop = self.stops.get(stop.parent_station)
        return tuple(parents)

    def timezone_of(self, stop_id: str) -> str:
        """In which zone a stop's clocks go: its station's, its own, else the agency's (GTFS stops.txt, stop_timezone).

        Only for showing times: those of stop_times.txt count in the agency's zone wherever the stop is.
        """
        outermost = self.stops.get((stop_id, *self.parents_of(stop_id))[-1])
        return (outermost.timezone if outermost is not None else "") or self.timezone

    def agency_of(self, route_id: str) -> Agency:
        """Who runs a route; the first agency where the feed does not say."""
        route = self.routes.get(route_id)
        mine = (agency for agency in self.agencies if route is not None and agency.agency_id == route.agency_id)
        return next(mine, self.agencies[0])
