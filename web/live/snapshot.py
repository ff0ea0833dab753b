"""The live snapshot: all that the web shows, written once a second by the live process as one file, replaced atomically."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import zstandard

from transit.arrivals.alerts import Alert
from transit.arrivals.crowding import VehicleCrowding
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Trouble
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.plan.network import Network
from transit.plan.runs import LiveCall, LiveTrip, Moment, live_trips
from transit.store.files import write_atomically
from transit.tracking.state import StopEvent, VehicleState

FORMAT = 5  # a worker does not read another format
NAME = "snapshot.msgpack.zst"
LEVEL = 1  # of zstd, with a checksum: a tenth of the bytes, for 1 ms per MB
Row = TypeVar("Row")
_encoder = msgspec.msgpack.Encoder()


class Snapshot(msgspec.Struct, frozen=True):
    """The snapshot of one step. Raw fields stay packed until they are needed."""

    format: int  # FORMAT; another one is not read
    made_at: datetime  # the moment of the step, on our clock
    network_version: str | None  # the network of all below; None while none is loaded
    states: msgspec.Raw  # list[VehicleState], without their memory
    predictions: dict[str, msgspec.Raw]  # stop_id -> list[Prediction]
    live_trips: dict[str, msgspec.Raw]  # pattern_id -> list[LiveTrip]: the same for journeys
    passed: dict[str, msgspec.Raw]  # stop_id -> list[StopEvent] of the last minutes
    alerts: list[Alert]  # those that have not ended
    trackers: msgspec.Raw  # list[TrackerHealth]
    feeds: dict[str, bytes]  # "vehicle_positions" -> a FeedMessage
    figures: dict[str, float]  # of the live process, for /metrics
    newest_received_at: datetime | None  # of any report
    standing: list[StandingVehicle] = []  # vehicles without predictions
    troubles: list[Trouble] = []  # the operator's, the most urgent first
    watch: FleetWatch = NO_WATCH  # whether the fleet is silent as a whole
    crowding: list[VehicleCrowding] = []  # of buses on which riders agree

    def all_states(self) -> list[VehicleState]:
        return msgspec.msgpack.decode(self.states, type=list[VehicleState])

    def all_trackers(self) -> list[TrackerHealth]:
        return msgspec.msgpack.decode(self.trackers, type=list[TrackerHealth])

    def predictions_at(self, stop_id: str) -> list[Prediction]:
        packed = self.predictions.get(stop_id)
        return [] if packed is None else msgspec.msgpack.decode(packed, type=list[Prediction])

    def live_trips_of(self, pattern_id: str) -> list[LiveTrip]:
        packed = self.live_trips.get(pattern_id)
        return [] if packed is None else msgspec.msgpack.decode(packed, type=list[LiveTrip])

    def passed_at(self, stop_id: str) -> list[StopEvent]:
        packed = self.passed.get(stop_id)
        return [] if packed is None else msgspec.msgpack.decode(packed, type=list[StopEvent])


def pack_raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(value))


def by_stop(rows: Iterable[Prediction] | Iterable[StopEvent]) -> dict[str, msgspec.Raw]:
    """stop_id -> its rows, packed, in their order."""
    rows_of: dict[str, list[object]] = {}
    for row in rows:
        rows_of.setdefault(row.stop_id, []).append(row)
    return {stop_id: pack_raw(some) for stop_id, some in rows_of.items()}


def by_pattern(network: Network, rows: Iterable[Prediction]) -> dict[str, msgspec.Raw]:
    """pattern_id -> list[LiveTrip], packed."""
    calls = (LiveCall(row.vehicle_id, row.trip, row.stop_sequence, _moment(row)) for row in rows)
    return {pattern_id: pack_raw(trips) for pattern_id, trips in live_trips(network, calls).items()}


def _moment(row: Prediction) -> Moment:
    return Moment(row.predicted_at.timestamp(), row.low_at.timestamp(), row.high_at.timestamp())


def folder(data_dir: Path) -> Path:
    return data_dir / "live"


def write_snapshot(data_dir: Path, snapshot: Snapshot) -> int:
    """Replaces the file; returns its size in bytes."""
    content = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(_encoder.encode(snapshot))
    write_atomically(folder(data_dir) / NAME, content)
    return len(content)


class SnapshotReader:
    """Reads the file again only when it has been replaced. Not safe for several threads."""

    def __init__(self, data_dir: Path) -> None:
        self._path = folder(data_dir) / NAME
        self._seen: tuple[int, int, int] | None = None
        self._snapshot: Snapshot | None = None

    def read(self) -> Snapshot | None:
        """The newest snapshot; None without one in this version's format."""
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if seen != self._seen:
                self._snapshot, self._seen = _decode(self._path.read_bytes()), seen
        except OSError:  # no file, a folder in its place, a disk that cannot be read
            self._snapshot, self._seen = None, None
        return self._snapshot


def _decode(content: bytes) -> Snapshot | None:
    try:
        snapshot = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(content), type=Snapshot)
    except (msgspec.MsgspecError, zstandard.ZstdError):
        return None
    return snapshot if snapshot.format == FORMAT else None


def figures_of(trackers: Iterable[TrackerHealth]) -> Mapping[str, int]:
    """Reason -> number of refused reports of all trackers together."""
    total: dict[str, int] = {}
    for tracker in trackers:
        for reason, count in tracker.refusals.items():
            total[reason] = total.get(reason, 0) + count
    return total
