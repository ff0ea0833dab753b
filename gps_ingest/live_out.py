"""Positions of buses in service for everybody, in the form of HSL's High-Frequency Positioning v2."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import trunc

import msgspec

from gps_ingest.broker_access import LIVE_PREFIX
from transit.arrivals.lateness import late_s
from transit.arrivals.public_positions import is_public
from transit.plan.network import Network, Route, Trip, TripInstance
from transit.tracking.ages import LIVE_AGE
from transit.tracking.state import VehicleState, VehicleStatus, is_fresh

FORGOTTEN_AFTER = timedelta(hours=1)  # a bus so long silent begins anew
DIGITS = 3  # of a degree, of the geohash levels: the last is 111 m
MODES = {0: "tram", 1: "metro", 2: "train", 4: "ferry"}  # route_type; all others are buses to HFP
FORBIDDEN = re.compile(r"[\s/+#\x00-\x1f\x7f]+")  # in a level of a topic, for MQTT or for nats-server
EMPTY = "-"  # a level with nothing to say; nats-server takes none that is empty
Message = tuple[str, bytes]  # topic, payload


@dataclass(frozen=True, slots=True)
class LastTold:
    """What the last message of a vehicle was about."""

    reported_at: datetime
    geohash: tuple[str, ...]
    next_stop: str


class LiveOut:
    """Remembers what was told of each vehicle: a position is told once, with the coarsest geohash level that changed."""

    def __init__(self, publish: Callable[[str, bytes], None]) -> None:
        self._publish = publish
        self._told: dict[str, LastTold] = {}

    def tell(self, network: Network, states: Iterable[VehicleState], parked: Collection[str], now: datetime) -> int:
        """Publishes every new position that the public may see; returns how many."""
        count = 0
        for state in states:
            trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
            last = self._told.get(state.vehicle_id)
            is_new = last is None or state.report.reported_at > last.reported_at
            if trip and is_new and is_public(state, parked) and is_fresh(state.report.reported_at, now, LIVE_AGE):
                self._publish(*message_of(network, state, trip, last))
                self._told[state.vehicle_id] = LastTold(
                    state.report.reported_at, geohash_of(state.report.lat, state.report.lon), _next_stop(state, trip)
                )
                count += 1
        self._told = {key: row for key, row in self._told.items() if now - row.reported_at <= FORGOTTEN_AFTER}
        return count


def message_of(network: Network, state: VehicleState, trip: Trip, last: LastTold | None) -> Message:
    """One position on its topic. last: what was told of the vehicle before."""
    route, next_stop = network.routes[trip.route_id], _next_stop(state, trip)
    geohash = geohash_of(state.report.lat, state.report.lon)
    changed = 0 if last is None or last.next_stop != next_stop else level_of(last.geohash, geohash)
    levels = [
        "journey", "ongoing", "vp",
        MODES.get(route.route_type, "bus"),
        network.agency_of(route.route_id).agency_id,
        state.vehicle_id,
        route.route_id,
        _direction(trip),
        trip.headsign,
        _start(trip, state.matched.trip),
        next_stop,
        str(changed),
        *geohash,
    ]  # fmt: skip
    topic = "/".join([LIVE_PREFIX, *(FORBIDDEN.sub("_", level) or EMPTY for level in levels)])
    return topic, msgspec.json.encode({"VP": _payload(network, state, trip, route)})


def _payload(network: Network, state: VehicleState, trip: Trip, route: Route) -> dict[str, object]:
    """HFP's fields; those that no tracker of ours knows are null."""
    report, run = state.report, state.matched.trip
    late = late_s(network, state)
    return {
        "desi": route.name,
        "dir": _direction(trip),
        "oper": network.agency_of(route.route_id).agency_id,
        "veh": state.vehicle_id,
        "tst": report.reported_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "tsi": int(report.reported_at.timestamp()),
        "spd": None if report.speed_mps is None else round(report.speed_mps, 2),
        "hdg": None if report.bearing is None else round(report.bearing),
        "lat": round(report.lat, 6),
        "long": round(report.lon, 6),
        "acc": None,
        "dl": None if late is None else -late,  # HFP counts a delay as negative
        "odo": None if state.matched.shape_dist_traveled_m is None else round(state.matched.shape_dist_traveled_m),
        "drst": None,
        "oday": None if run is None else run.start_date.isoformat(),
        "jrn": None,
        "line": None,
        "start": _start(trip, run),
        "loc": "GPS",
        "stop": None,
        "route": route.route_id,
        "occu": None,
        "trip": trip.trip_id,
    }


def _direction(trip: Trip) -> str:
    """1 or 2, where GTFS says 0 or 1."""
    return str((trip.direction_id or 0) + 1)


def _start(trip: Trip, run: TripInstance | None) -> str:
    """HH:MM at which the run began, on the clock of its service day."""
    first = trip.stop_times[0]
    own_s = first.departure_s if first.departure_s is not None else first.arrival_s
    start_s = run.start_s if run is not None and run.start_s is not None else own_s or 0
    return f"{start_s // 3600 % 24:02d}:{start_s // 60 % 60:02d}"


def _next_stop(state: VehicleState, trip: Trip) -> str:
    """EOL past the last stop, as HFP has it. Who waits at the first stop goes there yet."""
    waits = state.matched.status is VehicleStatus.LAYOVER
    index = 0 if waits else trip.find_index(state.next_stop_sequence)
    return "EOL" if index is None else trip.stop_times[index].stop_id


def geohash_of(lat: float, lon: float) -> tuple[str, ...]:
    """HFP's: whole degrees as "3;98", then a pair of digits for each further decimal."""
    levels = [f"{trunc(lat)};{trunc(lon)}"]
    digits = [f"{abs(value) % 1:.9f}"[2:] for value in (lat, lon)]
    return (*levels, *(digits[0][n] + digits[1][n] for n in range(DIGITS)))


def level_of(before: tuple[str, ...], now: tuple[str, ...]) -> int:
    """The coarsest level that changed: 0 whole degrees, and one more than the levels where none did."""
    return next((n for n, (old, new) in enumerate(zip(before, now, strict=True)) if old != new), len(now))
