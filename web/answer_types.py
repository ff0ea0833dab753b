"""The answers of /api/v1 as types: what is sent and what its description says are one and the same. Times are ISO 8601."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from transit.arrivals.crowding import Crowding
from transit.arrivals.rows import ArrivalStatus
from transit.plan.runs import Source
from transit.plan.timetable import NoServiceReason
from transit.tracking.state import VehicleStatus
from web.live.questions import ExplanationAnswer

Crowded = Annotated[Crowding | None, Meta(description="As riders say, for 10 minutes where two phones agree; null: not known")]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class TripAnswer(Struct):
    trip_id: str
    start_date: Annotated[str, Meta(pattern="^[0-9]{8}$")]
    start_time: str | None


class StopAnswer(Struct):
    """distance_m is given where lat and lon were asked for."""

    stop_id: str
    stop_code: str | None
    stop_name: str
    stop_lat: float | None
    stop_lon: float | None
    route_ids: list[str]
    stop_timezone: Annotated[str, Meta(description="Of its clock: its station's, its own, or the agency's")]
    parent_station: str | None
    platform_code: str | None
    position_confidence: str | None
    distance_m: int | UnsetType = UNSET


class RouteAnswer(Struct):
    route_id: str
    route_short_name: str
    route_long_name: str
    route_type: int
    route_color: str
    route_text_color: str
    vehicles_now: Annotated[int, Meta(description="Vehicles seen on the route within 300 s")]


class ArrivalAnswer(Struct):
    status: ArrivalStatus
    route_id: str
    direction_id: int | None
    headsign: str
    at: Moment | None
    low_at: Moment | None
    high_at: Moment | None
    planned_at: Moment | None
    trip: TripAnswer | None
    stop_sequence: int
    vehicle_id: str | None
    reported_at: Moment | None
    standing_since: Annotated[
        Moment | None, Meta(description="Of status standing: the vehicle is seen and has not come on since; no minutes")
    ]
    standing_stop_id: Annotated[str | None, Meta(description="Where it stands, or the stop nearest to it")]
    in_jam: Annotated[bool, Meta(description="Other vehicles stand on the same stretch")]
    stops_away: int | None
    headway_s: int | None
    is_departure: bool
    is_last: Annotated[bool, Meta(description="The trip ends here")]
    visit: Annotated[int | None, Meta(description="1, 2 where the trip calls here more than once")]
    is_demo: Annotated[bool, Meta(description="A simulated bus")]
    why: Annotated[NoServiceReason | None, Meta(description="Why nothing runs today")]
    stop_id: Annotated[str, Meta(description="Where the bus calls: at a station, the platform")]
    pickup_type: Annotated[
        int | None,
        Meta(description="GTFS: 1 nobody gets on, 2 after a call to the agency, 3 after a sign to the driver"),
    ]
    drop_off_type: Annotated[
        int | None, Meta(description="GTFS: 1 nobody gets off, 2 after a call, 3 after a word to the driver")
    ]
    in_spite_of: Annotated[
        str | None, Meta(description="alert_id of the notice that says that this trip does not run; a bus is seen on it")
    ]
    crowding: Crowded


class SpanAnswer(Struct):
    """A moment with its 80 % interval."""

    at: Moment
    low_at: Moment
    high_at: Moment


class WalkAnswer(Struct, tag_field="mode", tag="walk"):
    from_stop_id: str | None
    to_stop_id: str | None
    seconds: int


class RideAnswer(Struct, tag_field="mode", tag="bus"):
    route_id: str
    direction_id: int | None
    trip: TripAnswer
    from_stop_id: str
    to_stop_id: str
    stops: Annotated[int, Meta(description="How many stops later one gets off")]
    leaves: SpanAnswer
    comes: SpanAnswer
    source: Source
    headway_s: int | None
    vehicle_id: str | None
    is_demo: bool
    change_chance: Annotated[
        float | None,
        Meta(
            description="0..1, that this bus is caught; by headway 1 but for the last; null on the first and where none is seen"
        ),
    ]


class JourneyAnswer(Struct):
    leaves: SpanAnswer
    comes: SpanAnswer
    changes: int
    walk_s: int
    legs: list[WalkAnswer | RideAnswer]


class PassedAnswer(Struct):
    trip: TripAnswer
    route_id: str
    vehicle_id: str
    stop_sequence: int
    passed_at: Moment | None


class HoursAnswer(Struct):
    route_id: str
    direction_id: int | None
    first_at: Moment | None
    last_at: Moment | None
    approximate: bool | None


class AlertAnswer(Struct):
    alert_id: str
    header: Annotated[dict[str, str], Meta(description="By language")]
    effect: str


class VehicleAnswer(Struct):
    """lat and lon are those of the geometry in GeoJSON."""

    vehicle_id: str
    status: VehicleStatus
    route_id: str | None
    direction_id: int | None
    trip: TripAnswer | None
    headsign: str | None
    next_stop_id: Annotated[str | None, Meta(description="While it waits at its first stop: the second")]
    bearing: float | None
    speed_mps: float | None
    reported_at: Moment | None
    age_s: int
    old: Annotated[bool, Meta(description="The fix is more than 90 s old")]
    standing_since: Annotated[
        Moment | None,
        Meta(description="It has not come on since, for longer than is usual there: nothing is promised"),
    ]
    is_demo: bool
    crowding: Crowded
    lat: float | UnsetType = UNSET
    lon: float | UnsetType = UNSET


class PointAnswer(Struct):
    type: Literal["Point"]
    coordinates: tuple[float, float]


class VehicleFeatureAnswer(Struct):
    type: Literal["Feature"]
    id: str
    geometry: PointAnswer
    properties: VehicleAnswer


class StopsAnswer(Struct):
    stops: list[StopAnswer]


SilentSince = Annotated[
    Moment | None,
    Meta(description="Not null: since then the fleet, or much of it, is not heard; buses may run that are not told here"),
]


class StopArrivalsAnswer(Struct):
    now: Moment | None
    live: Annotated[bool, Meta(description="False: the live process is stuck, the facts are old")]
    live_age_s: float | None
    silent_since: SilentSince
    stop: StopAnswer
    arrivals: list[ArrivalAnswer]
    passed: list[PassedAnswer]
    hours: list[HoursAnswer]
    alerts: list[AlertAnswer]


class JourneysAnswer(Struct):
    now: Moment | None
    journeys: list[JourneyAnswer]


class RoutesAnswer(Struct):
    routes: list[RouteAnswer]


class VehiclesAnswer(Struct):
    now: Moment | None
    live: Annotated[bool, Meta(description="False: the live process is stuck, the facts are old")]
    silent_since: SilentSince
    told_for_s: int
    vehicles: list[VehicleAnswer]


class VehicleFeaturesAnswer(Struct):
    type: Literal["FeatureCollection"]
    features: list[VehicleFeatureAnswer]


class ExplanationsAnswer(Struct):
    explanations: list[ExplanationAnswer]


class ErrorDetail(Struct):
    code: str
    message: str


class ErrorAnswer(Struct):
    error: ErrorDetail
