"""Values of the domain as the API and the tickets write them down: times are ISO 8601 with the network's offset."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from transit.arrivals.crowding import Crowding
from transit.arrivals.rows import Arrival
from transit.plan.network import TripInstance
from transit.plan.service_day import format_time
from web.answer_types import ArrivalAnswer, TripAnswer
from web.answers import the_network
from web.world import world


def optional_time(at: datetime | None) -> str | None:
    return None if at is None or world().network is None else a_time(at)


def a_time(at: datetime) -> str:
    return at.astimezone(ZoneInfo(the_network().timezone)).isoformat(timespec="seconds")


def an_arrival(row: Arrival) -> ArrivalAnswer:
    return ArrivalAnswer(
        status=row.status,
        route_id=row.route_id,
        direction_id=row.direction_id,
        headsign=row.headsign,
        at=optional_time(row.at),
        low_at=optional_time(row.low_at),
        high_at=optional_time(row.high_at),
        planned_at=optional_time(row.planned_at),
        trip=trip_answer(row.trip) if row.trip else None,
        stop_sequence=row.stop_sequence,
        vehicle_id=row.vehicle_id,
        reported_at=optional_time(row.reported_at),
        standing_since=optional_time(row.standing_since),
        standing_stop_id=row.standing_stop_id,
        in_jam=row.in_jam,
        stops_away=row.stops_away,
        headway_s=row.headway_s,
        is_departure=row.is_departure,
        is_last=row.is_last,
        visit=row.visit,
        is_demo=row.is_demo,
        why=row.why,
        stop_id=row.stop_id,
        pickup_type=row.pickup_type,
        drop_off_type=row.drop_off_type,
        in_spite_of=row.in_spite_of,
        crowding=crowding_answer(row.vehicle_id, row.trip),
    )


def trip_answer(trip: TripInstance) -> TripAnswer:
    start = format_time(trip.start_s) if trip.start_s is not None else None
    return TripAnswer(trip_id=trip.trip_id, start_date=f"{trip.start_date:%Y%m%d}", start_time=start)


def crowding_answer(vehicle_id: str | None, trip: TripInstance | None) -> Crowding | None:
    row = world().view.crowding(world().now()).get(vehicle_id or "")
    return row.crowding if row is not None and row.trip == trip else None
