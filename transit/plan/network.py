"""The plan of a transit network: the values of one GTFS Schedule feed, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

Extra = dict[str, str]  # columns of a record that the standard or this software does not know, kept as they came


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


@dataclass(frozen=True, slots=True)
class Frequency:
    """Headway-based service of a trip from start_s until end_s (seconds of the service day)."""

    trip_id: str
    start_s: int
    end_s: int
    headway_s: int
    exact_times: int | None = None  # 1: departures exactly at start + n * headway, else headway only
    extra: Extra = field(default_factory=dict)


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
    def trips_of_route(self) -> Mapping[str, tuple[Trip, ...]]:
        trips_of: dict[str, list[Trip]] = {route_id: [] for route_id in self.routes}
        for trip in self.trips.values():
            trips_of[trip.route_id].append(trip)
        return {route_id: tuple(trips) for route_id, trips in trips_of.items()}

    @cached_property
    def routes_of_stop(self) -> Mapping[str, tuple[str, ...]]:
        """stop_id -> the route_ids that call there, in the order of the feed."""
        routes_of: dict[str, dict[str, None]] = {}
        for trip in self.trips.values():
            for call in trip.stop_times:
                routes_of.setdefault(call.stop_id, {})[trip.route_id] = None
        return {stop_id: tuple(routes) for stop_id, routes in routes_of.items()}

    def is_headway_based(self, trip_id: str) -> bool:
        """True for frequencies with exact_times=0: departures are not promised to the minute (GTFS frequencies.txt)."""
        return any(row.exact_times != 1 for row in self.frequencies_of.get(trip_id, ()))
