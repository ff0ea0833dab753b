"""The dispatchers' page with the fleet as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request

from transit.arrivals.headways import Headway, Spacing, latest_by_vehicle, observed_headways, planned_now_s, spacing
from transit.forecasting.prediction import Prediction
from transit.operations import clocks
from transit.operations.tracker_health import TrackerHealth
from transit.operations.trackers import UNKNOWN
from transit.plan.directions import directions_of
from transit.plan.network import Network, Route, Stop, Trip
from transit.plan.service_day import local_date, seconds_of_day
from transit.tracking.state import VehicleState
from web.boards.corridors import control_values
from web.boards.inbox import inbox_values
from web.boards.running import is_running, next_index
from web.boards.trip_board import planned_moment
from web.shared_parts import part_moment, shared_fragment
from web.words import troubles
from web.world import World, world

pages = Blueprint("fleet", __name__)
LIST_EVERY_S = 15  # how often pages ask for the list of vehicles, and how long it is cached; pages count the ages on


@dataclass(frozen=True)
class FleetRow:
    vehicle_id: str
    state: VehicleState | None  # None: its tracker has never been heard
    trackers: list[TrackerHealth]
    trip: Trip | None
    route: Route | None
    next_stop: Stop | None
    prediction: Prediction | None
    delay_s: float | None
    headway: Headway | None
    planned_s: int | None
    spacing: Spacing | None


@pages.get("/armada")
def fleet() -> Response:
    if world().network is None:
        return make_response(render_template("empty.html"))
    if request.args.get("part") == "fleet":
        state = world().version, part_moment(world(), LIST_EVERY_S)
        return shared_fragment("fleet", state, lambda: render_template("fleet_rows.html", **fleet_values(world())))
    values = {**fleet_values(world()), **control_values(world()), **inbox_values(world())}
    response = make_response(render_template("fleet.html", **values))
    response.cache_control.no_store = True
    return response


def fleet_values(world: World) -> dict[str, object]:
    """What the list of all vehicles needs."""
    rows = fleet_rows(world)
    mapped = {tracker.tracker_id for row in rows for tracker in row.trackers}
    stray = [tracker for tracker in world.view.trackers if tracker.tracker_id not in {*mapped, UNKNOWN}]
    words = {name: getattr(troubles, name) for name in ("complaint_words", "heard_word")}
    ours_s = clocks.our_error_s(world.view.trackers, world.now())
    return {"rows": rows, "stray": stray, "ours_s": ours_s, "clock_word": troubles.clock_word, **words}


def fleet_rows(world: World) -> list[FleetRow]:
    network, now = world.network, world.now()
    assert network is not None
    trackers: dict[str, list[TrackerHealth]] = {}
    for tracker in world.view.trackers:
        if tracker.vehicle_id:
            trackers.setdefault(tracker.vehicle_id, []).append(tracker)
    stops = world.view.snapshot.passed if world.view.snapshot and world.view.fits else {}
    headways = latest_by_vehicle(
        observed_headways(network, [event for stop_id in stops for event in world.view.passed_at(stop_id)])
    )
    return [
        _row(world, network, now, vehicle_id, trackers.get(vehicle_id, []), headways.get(vehicle_id))
        for vehicle_id in sorted({*world.states, *trackers})
    ]


def _row(
    world: World, network: Network, now: datetime, vehicle_id: str, trackers: list[TrackerHealth], headway: Headway | None
) -> FleetRow:
    state = world.states.get(vehicle_id)
    running = state is not None and is_running(network, state, now)
    trip = network.trips.get(state.matched.trip.trip_id) if running and state and state.matched.trip else None
    if trip is None or state is None:
        return FleetRow(
            vehicle_id=vehicle_id,
            state=state,
            trackers=trackers,
            trip=None,
            route=None,
            next_stop=None,
            prediction=None,
            delay_s=None,
            headway=None,
            planned_s=None,
            spacing=None,
        )
    index = next_index(network, state)
    call = None if index is None else trip.stop_times[index]
    predictions = world.view.predictions_at(call.stop_id) if call else []
    predictions = [row for row in predictions if (row.vehicle_id, row.trip) == (vehicle_id, state.matched.trip)]
    planned_at = planned_moment(network, predictions[0]) if predictions else None
    delay = (predictions[0].predicted_at - planned_at).total_seconds() if planned_at else None
    day = local_date(now, network.timezone)
    second = seconds_of_day(now, day, network.timezone)
    direction = directions_of(network).of_trip[trip.trip_id]
    planned = planned_now_s(network, direction, headway.stop_id, day, second) if headway else None
    return FleetRow(
        vehicle_id=vehicle_id,
        state=state,
        trackers=trackers,
        trip=trip,
        route=network.routes[trip.route_id],
        next_stop=network.stops[call.stop_id] if call else None,
        prediction=predictions[0] if predictions else None,
        delay_s=delay,
        headway=headway,
        planned_s=planned,
        spacing=spacing(headway.headway_s, planned) if headway else None,
    )
