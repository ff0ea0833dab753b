"""Reports that came too late to drive a vehicle: their stretch is driven once more when no more of them come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from transit.plan.network import Network
from transit.store.database import Connection
from transit.store.reports import load_reports
from transit.store.stop_events import load_calls, save_stop_events
from transit.tracking.late_reports import MARGIN, missed_calls
from transit.tracking.trip_choice import AssignmentHint

QUIET_S = 30.0  # a buffer that is flushed slowly has come whole when nothing late came for so long


@dataclass(frozen=True, slots=True)
class LateBuffer:
    """The stretch of time that a vehicle's late reports cover, and when the last of them came."""

    vehicle_id: str
    since: datetime
    until: datetime
    last_came_s: float  # on a monotonic clock


class LateBuffers:
    """One buffer per vehicle. Moments that are asked for are those of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._buffers: dict[str, LateBuffer] = {}

    def add(self, vehicle_id: str, reported_at: datetime, now_s: float) -> None:
        before = self._buffers.get(vehicle_id)
        since = reported_at if before is None else min(before.since, reported_at)
        until = reported_at if before is None else max(before.until, reported_at)
        self._buffers[vehicle_id] = LateBuffer(vehicle_id, since, until, now_s)

    def take_whole(self, now_s: float, quiet_s: float = QUIET_S) -> Iterator[LateBuffer]:
        """Hands out the buffers to which nothing came for so long.

        Each is forgotten when the next is asked for: one whose calls could not be stored stays.
        """
        for vehicle_id in [buffer.vehicle_id for buffer in self._buffers.values() if now_s - buffer.last_came_s >= quiet_s]:
            yield self._buffers[vehicle_id]
            del self._buffers[vehicle_id]


def save_missed_calls(connection: Connection, network: Network, buffer: LateBuffer, route_id: str | None) -> int:
    """The calls that only the late reports show enter the statistics; returns how many. route_id: what was assigned."""
    since, until = buffer.since - MARGIN, buffer.until + MARGIN
    reports = load_reports(connection, buffer.vehicle_id, since, until)
    stored = load_calls(connection, buffer.vehicle_id, since, until)
    calls = missed_calls(network, reports, AssignmentHint(route_id), stored, buffer.since, buffer.until)
    save_stop_events(connection, calls)
    return len(calls)
