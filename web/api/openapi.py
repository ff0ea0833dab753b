"""The description of /api/v1 in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from transit.arrivals.rows import ArrivalStatus
from transit.plan.runs import Source
from transit.plan.timetable import NoServiceReason
from transit.tracking.state import VehicleStatus

Schema = dict[str, Any]
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXT: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": ["integer", "null"]}
NUMBER: Schema = {"type": ["number", "null"]}


def obj(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def rows(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


SCHEMAS: dict[str, Schema] = {
    "Trip": obj(trip_id={"type": "string"}, start_date={"type": "string", "pattern": "^[0-9]{8}$"}, start_time=TEXT),
    "Stop": {
        **obj(
            stop_id={"type": "string"},
            stop_code=TEXT,
            stop_name={"type": "string"},
            stop_lat=NUMBER,
            stop_lon=NUMBER,
            route_ids={"type": "array", "items": {"type": "string"}},
            stop_timezone={"type": "string", "description": "Of its clock: its station's, its own, or the agency's"},
            parent_station=TEXT,
            platform_code=TEXT,
            position_confidence=TEXT,
        ),
        "description": "distance_m is added where lat and lon were asked for.",
    },
    "Route": obj(
        route_id={"type": "string"},
        route_short_name={"type": "string"},
        route_long_name={"type": "string"},
        route_type={"type": "integer"},
        route_color={"type": "string"},
        route_text_color={"type": "string"},
        vehicles_now={"type": "integer", "description": "Vehicles seen on the route within 300 s"},
    ),
    "Arrival": obj(
        status={"type": "string", "enum": [str(value) for value in ArrivalStatus]},
        route_id={"type": "string"},
        direction_id=WHOLE,
        headsign={"type": "string"},
        at=MOMENT,
        low_at=MOMENT,
        high_at=MOMENT,
        planned_at=MOMENT,
        trip={"anyOf": [ref("Trip"), {"type": "null"}]},
        stop_sequence={"type": "integer"},
        vehicle_id=TEXT,
        reported_at=MOMENT,
        standing_since={
            **MOMENT,
            "description": "Of status standing: the vehicle is seen and has not come on since; no minutes",
        },
        standing_stop_id={**TEXT, "description": "Where it stands, or the stop nearest to it"},
        in_jam={"type": "boolean", "description": "Other vehicles stand on the same stretch"},
        stops_away=WHOLE,
        headway_s=WHOLE,
        is_departure={"type": "boolean"},
        is_last={"type": "boolean", "description": "The trip ends here"},
        visit={**WHOLE, "description": "1, 2 where the trip calls here more than once"},
        is_demo={"type": "boolean", "description": "A simulated bus"},
        why={"enum": [*(str(value) for value in NoServiceReason), None], "description": "Why nothing runs today"},
        stop_id={"type": "string", "description": "Where the bus calls: at a station, the platform"},
        pickup_type={
            **WHOLE,
            "description": "GTFS: 1 nobody gets on, 2 after a call to the agency, 3 after a sign to the driver",
        },
        drop_off_type={**WHOLE, "description": "GTFS: 1 nobody gets off, 2 after a call, 3 after a word to the driver"},
        in_spite_of={
            **TEXT,
            "description": "alert_id of the notice that says that this trip does not run; a bus is seen on it",
        },
    ),
    "Span": {**obj(at=MOMENT, low_at=MOMENT, high_at=MOMENT), "description": "A moment with its 80 % interval"},
    "Leg": {
        "type": "object",
        "required": ["mode", "from_stop_id", "to_stop_id"],
        "properties": {
            "mode": {"enum": ["walk", "bus"]},
            "from_stop_id": TEXT,
            "to_stop_id": TEXT,
            "seconds": {"type": "integer", "description": "Of a walk"},
            "route_id": {"type": "string"},
            "direction_id": WHOLE,
            "trip": ref("Trip"),
            "stops": {"type": "integer", "description": "How many stops later one gets off"},
            "leaves": ref("Span"),
            "comes": ref("Span"),
            "source": {"enum": [str(value) for value in Source]},
            "headway_s": WHOLE,
            "vehicle_id": TEXT,
            "is_demo": {"type": "boolean"},
            "change_chance": {
                **NUMBER,
                "description": "0..1, that this bus is caught; 1 by headway; null on the first and where none is seen",
            },
        },
    },
    "Journey": obj(
        leaves=ref("Span"), comes=ref("Span"), changes={"type": "integer"}, walk_s={"type": "integer"}, legs=rows("Leg")
    ),
    "Passed": obj(
        trip=ref("Trip"),
        route_id={"type": "string"},
        vehicle_id={"type": "string"},
        stop_sequence={"type": "integer"},
        passed_at=MOMENT,
    ),
    "Hours": obj(
        route_id={"type": "string"},
        direction_id=WHOLE,
        first_at=MOMENT,
        last_at=MOMENT,
        approximate={"type": ["boolean", "null"]},
    ),
    "Alert": obj(
        alert_id={"type": "string"},
        header={"type": "object", "additionalProperties": {"type": "string"}},
        effect={"type": "string"},
    ),
    "Vehicle": obj(
        vehicle_id={"type": "string"},
        status={"type": "string", "enum": [str(value) for value in VehicleStatus]},
        route_id=TEXT,
        direction_id=WHOLE,
        trip={"anyOf": [ref("Trip"), {"type": "null"}]},
        headsign=TEXT,
        next_stop_id={**TEXT, "description": "While it waits at its first stop: the second"},
        bearing=NUMBER,
        speed_mps=NUMBER,
        reported_at=MOMENT,
        age_s={"type": "integer"},
        old={"type": "boolean", "description": "The fix is more than 90 s old"},
        standing_since={
            **MOMENT,
            "description": "It has not come on since, for longer than is usual there: nothing is promised",
        },
        is_demo={"type": "boolean"},
    ),
    "Explanation": {
        **obj(
            vehicle_id={"type": "string"},
            stop_id={"type": "string"},
            stop_sequence={"type": "integer"},
            tier={"type": "string"},
            made_at=MOMENT,
            reported_at=MOMENT,
            predicted_at=MOMENT,
            shown_at=MOMENT,
            recomputed_at=MOMENT,
            fix_age_s=NUMBER,
            links={
                "type": "array",
                "items": obj(
                    from_stop_id={"type": "string"},
                    to_stop_id={"type": "string"},
                    planned_s=NUMBER,
                    usual_s=NUMBER,
                    counted_s=NUMBER,
                    days=WHOLE,
                    observations=NUMBER,
                ),
            },
            factors={"type": "array", "items": obj(name={"type": "string"}, reading=NUMBER, times=NUMBER)},
            usual_s=NUMBER,
            stretch=NUMBER,
            median_s=NUMBER,
            caution=NUMBER,
        ),
        "description": "Times here are UTC. usual_s is what the links count (and wait_s), stretch all factors together.",
    },
    "Error": obj(error=obj(code={"type": "string"}, message={"type": "string"})),
}
SCHEMAS["VehicleFeature"] = obj(
    type={"const": "Feature"},
    id={"type": "string"},
    geometry=obj(type={"const": "Point"}, coordinates={"type": "array", "items": {"type": "number"}}),
    properties=ref("Vehicle"),
)


def query(name: str, kind: str, text: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}, "description": text}


def get(summary: str, schema: Schema, *, parameters: list[Schema] | None = None, mimetype: str = "application/json") -> Schema:
    def content(body: Schema, kind: str = "application/json") -> Schema:
        return {"content": {kind: {"schema": body}}}

    responses = {
        "200": {"description": "As asked", **content(schema, mimetype)},
        "304": {"description": "Unchanged (If-None-Match)"},
        "503": {"description": "No network is loaded yet", **content(ref("Error"))},
    }
    if parameters:
        responses["404"] = {"description": "No such record", **content(ref("Error"))}
        responses["400"] = {"description": "A bad argument", **content(ref("Error"))}
    return {"get": {"summary": summary, "responses": responses, **({"parameters": parameters} if parameters else {})}}


def document() -> Schema:
    stop_id = {"name": "stop_id", "in": "path", "required": True, "schema": {"type": "string"}}
    near = [
        query("route_id", "string", "Only stops of this route"),
        query("lat", "number", "Only stops near this place, with lon"),
        query("lon", "number", "With lat"),
        query("radius_m", "number", "How near; 1000 if not given"),
    ]
    live = {"now": MOMENT, "live": {"type": "boolean", "description": "False: the live process is stuck, the facts are old"}}
    stop_arrivals = obj(
        **live,
        live_age_s=NUMBER,
        stop=ref("Stop"),
        arrivals=rows("Arrival"),
        passed=rows("Passed"),
        hours=rows("Hours"),
        alerts=rows("Alert"),
    )
    features = obj(type={"const": "FeatureCollection"}, features=rows("VehicleFeature"))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Transit information",
            "version": "1",
            "description": (
                "Open, without a key. Also: /gtfs.zip and /gtfs-rt/{vehicle_positions,trip_updates,alerts} as .pb and .json."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {
            "/stops": get("Stops that a route serves", obj(stops=rows("Stop")), parameters=near),
            "/stops/{stop_id}/arrivals": get("What a rider at a stop can expect", stop_arrivals, parameters=[stop_id]),
            "/journeys": get(
                "From one stop to another, with up to three changes",
                obj(now=MOMENT, journeys=rows("Journey")),
                parameters=[
                    query("from", "string", "stop_id"),
                    query("to", "string", "stop_id"),
                    query("at", "string", "ISO 8601; now if not given"),
                    query("arrive", "string", "1: be there by `at`"),
                ],
            ),
            "/routes": get("Routes, with the buses on them now", obj(routes=rows("Route"))),
            "/vehicles": get(
                "Vehicles in service, seen within 300 s",
                obj(**live, told_for_s={"type": "integer"}, vehicles=rows("Vehicle")),
            ),
            "/explain": get(
                "Why a vehicle is said to reach a stop when it is; the numbers give predicted_at again",
                obj(explanations=rows("Explanation")),
                parameters=[query("vehicle", "string", "vehicle_id"), query("stop", "string", "stop_id")],
            ),
            "/vehicles.geojson": get("The same as GeoJSON", features, mimetype="application/geo+json"),
        },
        "components": {"schemas": SCHEMAS},
    }
