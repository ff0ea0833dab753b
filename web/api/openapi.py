"""The description of /api/v1 in OpenAPI 3.1; what the answers hold is described by their types (web.answer_types)."""

from __future__ import annotations

from typing import Any

import msgspec

from web.answer_types import (
    ErrorAnswer,
    ExplanationsAnswer,
    JourneysAnswer,
    RoutesAnswer,
    StopArrivalsAnswer,
    StopsAnswer,
    VehicleFeaturesAnswer,
    VehiclesAnswer,
)

Schema = dict[str, Any]
TYPES = (
    ErrorAnswer, ExplanationsAnswer, JourneysAnswer, RoutesAnswer, StopArrivalsAnswer, StopsAnswer, VehicleFeaturesAnswer,
    VehiclesAnswer,
)  # fmt: skip


def ref(answer: type[msgspec.Struct]) -> Schema:
    return {"$ref": f"#/components/schemas/{answer.__name__}"}


def query(name: str, kind: str, text: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}, "description": text}


def get(
    summary: str, answer: type[msgspec.Struct], *, parameters: list[Schema] | None = None, mimetype: str = "application/json"
) -> Schema:
    def content(body: Schema, kind: str = "application/json") -> Schema:
        return {"content": {kind: {"schema": body}}}

    responses = {
        "200": {"description": "As asked", **content(ref(answer), mimetype)},
        "304": {"description": "Unchanged (If-None-Match)"},
        "503": {"description": "No network is loaded yet", **content(ref(ErrorAnswer))},
    }
    if parameters:
        responses["404"] = {"description": "No such record", **content(ref(ErrorAnswer))}
        responses["400"] = {"description": "A bad argument", **content(ref(ErrorAnswer))}
    return {"get": {"summary": summary, "responses": responses, **({"parameters": parameters} if parameters else {})}}


def document() -> Schema:
    stop_id = {"name": "stop_id", "in": "path", "required": True, "schema": {"type": "string"}}
    near = [
        query("route_id", "string", "Only stops of this route"),
        query("lat", "number", "Only stops near this place, with lon"),
        query("lon", "number", "With lat"),
        query("radius_m", "number", "How near; 1000 if not given"),
    ]
    _, schemas = msgspec.json.schema_components(TYPES, ref_template="#/components/schemas/{name}")
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
            "/stops": get("Stops that a route serves", StopsAnswer, parameters=near),
            "/stops/{stop_id}/arrivals": get("What a rider at a stop can expect", StopArrivalsAnswer, parameters=[stop_id]),
            "/journeys": get(
                "From one stop to another, with up to three changes",
                JourneysAnswer,
                parameters=[
                    query("from", "string", "stop_id"),
                    query("to", "string", "stop_id"),
                    query("at", "string", "ISO 8601; now if not given"),
                    query("arrive", "string", "1: be there by `at`"),
                ],
            ),
            "/routes": get("Routes, with the buses on them now", RoutesAnswer),
            "/vehicles": get(
                "Vehicles in service, seen within 300 s",
                VehiclesAnswer,
            ),
            "/explain": get(
                "Why a vehicle is said to reach a stop when it is; the numbers give predicted_at again",
                ExplanationsAnswer,
                parameters=[query("vehicle", "string", "vehicle_id"), query("stop", "string", "stop_id")],
            ),
            "/vehicles.geojson": get("The same as GeoJSON", VehicleFeaturesAnswer, mimetype="application/geo+json"),
        },
        "components": {"schemas": schemas},
    }
