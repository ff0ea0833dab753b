"""Where a vehicle is on its trip, as OneBusAway's tripStatus."""

from __future__ import annotations

from transit.arrivals.lateness import late_s
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import moment, service_day_start
from transit.tracking.state import VehicleState, VehicleStatus
from web.api.onebusaway.entities import Entity, milliseconds
from web.api.onebusaway.ids import ids_of
from web.api.onebusaway.references import References


def service_date(network: Network, trip: TripInstance) -> int:
    """Local midnight of the service day, in milliseconds."""
    return milliseconds(service_day_start(trip.start_date, network.timezone).timestamp())


def planned_s(network: Network, trip: TripInstance, index: int) -> tuple[float, float]:
    """(arrival, departure) of a call in seconds of the service day; of a headway departure from its own start."""
    planned = patterns_of(network).planned(trip.trip_id)
    shift = 0.0 if trip.start_s is None else trip.start_s - planned[0][1]
    return planned[index][0] + shift, planned[index][1] + shift


def along_of(state: VehicleState) -> float:
    return state.matched.shape_dist_traveled_m or 0.0


def trip_status(references: References, state: VehicleState, cancelled: bool = False) -> Entity | None:
    """None for a vehicle on no trip that can be drawn: without closestStop and activeTripId iOS must not be given one."""
    network, trip = references.network, state.matched.trip
    pattern = None if trip is None else patterns_of(network).find(trip.trip_id)
    if trip is None or pattern is None:
        return None
    along, now_s = along_of(state), state.report.reported_at.timestamp()
    nearest = min(range(len(pattern.stop_ids)), key=lambda n: abs(pattern.stop_dist_m[n] - along))
    index_of = {sequence: n for n, sequence in enumerate(pattern.stop_sequences)}
    ahead = index_of.get(state.next_stop_sequence) if state.next_stop_sequence is not None else None
    deviation = late_s(network, state) or 0  # 0, too, where only a headway is planned
    place = {"lat": state.report.lat, "lon": state.report.lon}
    bearing = state.report.bearing
    orientation = 0.0 if bearing is None else (90.0 - bearing) % 360.0
    waits = state.matched.status is VehicleStatus.LAYOVER

    def offset(index: int | None) -> int:
        """Seconds from now until a stop is planned, late as the vehicle is."""
        if index is None:
            return 0
        at = moment(trip.start_date, planned_s(network, trip, index)[0], network.timezone).timestamp()
        return round(at + deviation - now_s) if has_planned_times(network, trip) else 0

    return {
        "activeTripId": references.trip(trip),
        "blockTripSequence": 0,
        "closestStop": references.stop(pattern.stop_ids[nearest]),
        "closestStopTimeOffset": offset(nearest),
        "distanceAlongTrip": round(along, 1),
        "frequency": None,
        "lastKnownDistanceAlongTrip": round(along),
        "lastKnownLocation": place,
        "lastKnownOrientation": orientation,
        "lastLocationUpdateTime": milliseconds(now_s),
        "lastUpdateTime": milliseconds(now_s),
        "nextStop": references.stop(pattern.stop_ids[ahead]) if ahead is not None else "",
        "nextStopTimeOffset": offset(ahead),
        "occupancyCapacity": -1,
        "occupancyCount": -1,
        "occupancyStatus": "",
        "orientation": orientation,
        "phase": "" if waits else "in_progress",
        "position": place,
        "predicted": True,
        "scheduleDeviation": deviation,
        "scheduledDistanceAlongTrip": round(along, 1),
        "serviceDate": service_date(network, trip),
        "situationIds": [],
        "status": "CANCELED" if cancelled else "default",
        "totalDistanceAlongTrip": round(pattern.end_m - pattern.start_m, 1),
        "vehicleId": ids_of(network).other(state.vehicle_id),
    }


def a_vehicle(references: References, state: VehicleState) -> Entity:
    status = trip_status(references, state)
    at = milliseconds(state.report.reported_at.timestamp())
    place = {"lat": state.report.lat, "lon": state.report.lon}
    return {
        "vehicleId": ids_of(references.network).other(state.vehicle_id),
        "lastUpdateTime": at,
        "lastLocationUpdateTime": at,
        "location": place,
        "tripId": status["activeTripId"] if status else "",
        "tripStatus": status,
        "phase": status["phase"] if status else "",
        "status": "default",
        "occupancyCapacity": -1,
        "occupancyCount": -1,
        "occupancyStatus": "",
    }
