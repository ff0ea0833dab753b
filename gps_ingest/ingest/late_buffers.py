"""Reports that came too late to drive a vehicle: their stretch is driven once more when no more of them come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from gps_ingest.ingest.network_change import NetworkInUse
from transit.store.database import Engine, writing
from transit.store.reports import load_reports
from transit.store.stop_events import load_calls, save_stop_events
from transit.tracking.late_reports import MARGIN, LateDrive
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

QUIET_S = 30.0  # a buffer that is flushed slowly has come whole when nothing late came for so long
PIECE_S = 0.1  # of driving, before what came in meanwhile has its turn


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

    def next_whole(self, now_s: float, quiet_s: float = QUIET_S) -> LateBuffer | None:
        """The first buffer to which nothing came for quiet_s; None without one. It stays until it is removed."""
        return next((buffer for buffer in self._buffers.values() if now_s - buffer.last_came_s >= quiet_s), None)

    def remove(self, buffer: LateBuffer) -> None:
        """Forgets a buffer, unless more has come to it since next_whole() returned it."""
        if self._buffers.get(buffer.vehicle_id) == buffer:
            del self._buffers[buffer.vehicle_id]


@dataclass(frozen=True, slots=True)
class _Work:
    buffer: LateBuffer
    network: NetworkInUse
    drive: LateDrive


class Backfill:
    """Stores the calls that only late reports show: one buffer after the other, a piece of work at a time."""

    def __init__(self, engine: Engine, buffers: LateBuffers) -> None:
        self._engine, self._buffers = engine, buffers
        self._work: _Work | None = None

    @property
    def is_under_way(self) -> bool:
        return self._work is not None

    def go_on(
        self,
        network: NetworkInUse,
        hints: Mapping[str, AssignmentHint],
        *,
        quiet_s: float = QUIET_S,
        piece_s: float = PIECE_S,
    ) -> int:
        """Works for piece_s; returns how many calls were stored. Raises DatabaseError; then the buffer stays."""
        until_s = monotonic() + piece_s
        calls = 0
        while True:
            work = self._work
            if work is None or work.network is not network:  # trips of another network mean nothing in this one
                work = self._work = self._begin(network, hints, quiet_s)
            if work is None or not work.drive.drive(lambda: monotonic() >= until_s):
                return calls
            calls += self._finish(work)
            if monotonic() >= until_s:
                return calls

    def _begin(self, network: NetworkInUse, hints: Mapping[str, AssignmentHint], quiet_s: float) -> _Work | None:
        buffer = self._buffers.next_whole(monotonic(), quiet_s)
        if buffer is None:
            return None
        hint = AssignmentHint(hints.get(buffer.vehicle_id, NO_HINT).route_id)
        with self._engine.connect() as connection:
            reports = load_reports(connection, buffer.vehicle_id, buffer.since - MARGIN, buffer.until + MARGIN)
        return _Work(buffer, network, LateDrive(network.pipeline.network, reports, hint))

    def _finish(self, work: _Work) -> int:
        self._work, buffer = None, work.buffer
        with writing(self._engine) as connection:
            known = load_calls(connection, buffer.vehicle_id, buffer.since - MARGIN, buffer.until + MARGIN)
            calls = work.drive.missed_calls(known, buffer.since, buffer.until)
            save_stop_events(connection, calls)
        self._buffers.remove(buffer)
        return len(calls)
