"""Network versions: each an immutable blob under the hash of its content; exactly one is current."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
import zstandard
from sqlalchemy import Connection, select

from transit.plan.network import Network
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
    content = connection.execute(select(network_versions.c.content).where(network_versions.c.version_id == version_id)).scalar()
    if content is None:
        raise UnknownNetwork(version_id)
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(content), type=Network)


def load_versions(connection: Connection) -> list[NetworkVersion]:
    """What was imported, newest first."""
    table = network_versions.c
    rows = connection.execute(
        select(table.version_id, table.imported_at, table.source).order_by(table.imported_at.desc(), table.version_id)
    )
    return [NetworkVersion(*row) for row in rows]
