"""Vehicle positions of somebody else's GTFS-Realtime feed, read."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb


class BrokenMessage(ValueError):
    """These bytes are no FeedMessage."""


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Where a vehicle was, as a feed says it. at: Unix seconds of the fix. Empty where the feed names no trip, no route."""

    vehicle_id: str
    lat: float
    lon: float
    at: int
    bearing: float | None = None
    speed_mps: float | None = None
    odometer_m: float | None = None
    trip_id: str = ""
    route_id: str = ""


def read_positions(packed: bytes) -> list[FeedPosition]:
    """Those with a vehicle, a place and a time: its own, else the feed's. Raises BrokenMessage."""
    try:
        message = pb.FeedMessage.FromString(packed)
    except DecodeError as error:
        raise BrokenMessage(str(error)) from None
    made_at = int(message.header.timestamp)
    rows = [_position_of(entity, made_at) for entity in message.entity if entity.HasField("vehicle") and not entity.is_deleted]
    return [row for row in rows if row is not None]


def _position_of(entity: pb.FeedEntity, made_at: int) -> FeedPosition | None:
    vehicle = entity.vehicle
    vehicle_id, at = vehicle.vehicle.id or vehicle.vehicle.label, int(vehicle.timestamp) or made_at
    if not vehicle_id or not at or not vehicle.HasField("position"):
        return None
    place = vehicle.position
    bearing, speed, odometer = (
        getattr(place, name) if place.HasField(name) else None for name in ("bearing", "speed", "odometer")
    )
    return FeedPosition(
        vehicle_id=vehicle_id,
        lat=round(place.latitude, 6),  # a float of 32 bits
        lon=round(place.longitude, 6),
        at=at,
        bearing=bearing,
        speed_mps=speed,
        odometer_m=odometer,
        trip_id=vehicle.trip.trip_id,
        route_id=vehicle.trip.route_id,
    )
