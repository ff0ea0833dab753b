"""Network versions: each an immutable blob under the hash of its content; exactly one is current."""

from __future__ import annotations

import gc
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_type_hints

import msgspec
import zstandard
from sqlalchemy import Connection, select

from transit.plan.network import Extra, Network, Trip
from transit.store.tables import current_network, network_versions
from transit.store.upsert import insert_new, upsert

FORMAT_ENDS = "."  # a version_id is its format's number, this, and the hash; format 1 has no number
FORMAT_HEAD = ""  # of the format that we read and write: 1. The next one is "2.", when Network changes incompatibly
HASH_DIGITS = 32
LEVEL = 6  # zstandard: a city of 45,000 stop times in well under a second


class UnknownNetwork(LookupError):
    """No network is stored under this version_id."""


@dataclass(frozen=True, slots=True)
class NetworkVersion:
    version_id: str
    imported_at: datetime
    source: str


def save_network(connection: Connection, network: Network, *, now: datetime, source: str) -> str:
    """Stores a network and makes it current; returns its version_id. The same content again keeps its first row."""
    content = msgspec.msgpack.encode(network)
    version_id = FORMAT_HEAD + hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
    row = {
        "version_id": version_id,
        "imported_at": now,
        "source": source,
        "content": zstandard.ZstdCompressor(level=LEVEL).compress(content),
    }
    insert_new(connection, network_versions, [row])
    upsert(connection, current_network, [{"single": 1, "version_id": version_id, "since": now}])
    return version_id


def current_version(connection: Connection) -> str | None:
    """None without a network, and where it is of another format: it must be imported again.

    Cheap enough to ask once a second.
    """
    version_id = connection.execute(select(current_network.c.version_id)).scalar()
    return version_id if version_id is not None and _is_of_our_format(version_id) else None


def _is_of_our_format(version_id: str) -> bool:
    return version_id.rpartition(FORMAT_ENDS)[0] == FORMAT_HEAD.removesuffix(FORMAT_ENDS)


def load_network(connection: Connection, version_id: str) -> Network:
    """Raises UnknownNetwork."""
    content = connection.execute(select(network_versions.c.content).where(network_versions.c.version_id == version_id)).scalar()
    if content is None:
        raise UnknownNetwork(version_id)
    return _decode(zstandard.ZstdDecompressor().decompress(content))


def _decode(content: bytes) -> Network:
    """The network, equal values of its many calls kept once: half a million calls take a third of the memory so.

    Nothing of it is ever garbage before it goes as a whole, so that the collector need not look at it again and again.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        parts = msgspec.msgpack.decode(content, type=dict[str, msgspec.Raw])
        packed = msgspec.msgpack.decode(parts.pop("trips"), type=dict[str, msgspec.Raw])
        types = get_type_hints(Network)
        fields = {name: msgspec.msgpack.decode(part, type=types[name]) for name, part in parts.items()}
        decoder, sharing = msgspec.msgpack.Decoder(Trip), _Sharing()
        trips = {trip_id: sharing.trip(decoder.decode(part)) for trip_id, part in packed.items()}
        return Network(trips=trips, **fields)
    finally:
        if collects:
            gc.enable()
            gc.freeze()


class _Sharing:
    """Makes equal texts and times of calls one object each, before anybody else has seen the trip."""

    def __init__(self) -> None:
        self._same: dict[object, Any] = {}
        self._nothing: Extra = {}

    def trip(self, trip: Trip) -> Trip:
        same, put = self._same.setdefault, object.__setattr__  # frozen for everybody after this
        for name in ("route_id", "service_id", "shape_id", "headsign", "block_id"):
            put(trip, name, same(getattr(trip, name), getattr(trip, name)))
        for call in trip.stop_times:
            put(call, "stop_id", same(call.stop_id, call.stop_id))
            put(call, "arrival_s", same(call.arrival_s, call.arrival_s))
            put(call, "departure_s", same(call.departure_s, call.departure_s))
            if not call.extra:
                put(call, "extra", self._nothing)
            if call.stop_headsign:
                put(call, "stop_headsign", same(call.stop_headsign, call.stop_headsign))
        if not trip.extra:
            put(trip, "extra", self._nothing)
        return trip


def load_versions(connection: Connection) -> list[NetworkVersion]:
    """What was imported, newest first."""
    table = network_versions.c
    rows = connection.execute(
        select(table.version_id, table.imported_at, table.source).order_by(table.imported_at.desc(), table.version_id)
    )
    return [NetworkVersion(*row) for row in rows]
