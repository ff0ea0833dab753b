"""The record of what the console and the riders were shown, read back from transit.store.history."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from transit.arrivals.shown import ShownFrame, ShownKey, ShownRow, applied
from transit.control.corridor import Corridor
from transit.operations.troubles import Trouble
from transit.store.history import read_frames

FORMAT = 1  # of a frame; one of another format is left out
CONSOLE, SHOWN = "console", "shown"


class SeenVehicle(msgspec.Struct, frozen=True, array_like=True):
    """Where a vehicle was known to be. Moments are Unix seconds."""

    vehicle_id: str
    lat: float
    lon: float
    status: str
    trip_id: str
    reported_at: int
    received_at: int


class ConsoleFrame(msgspec.Struct, frozen=True, array_like=True):
    """The console at a moment."""

    format: int
    network_version: str
    corridors: list[Corridor]
    vehicles: list[SeenVehicle]
    troubles: list[Trouble]
    alert_ids: list[str]


def console_frames(
    data_dir: Path, since: datetime, until: datetime, every: timedelta = timedelta(0)
) -> Iterator[tuple[datetime, ConsoleFrame]]:
    """every: at least so far apart."""
    for at, content in read_frames(data_dir, CONSOLE, since, until, every):
        try:
            frame = msgspec.msgpack.decode(content, type=ConsoleFrame)
        except msgspec.MsgspecError:
            continue
        if frame.format == FORMAT:
            yield at, frame


def shown_frames(data_dir: Path, since: datetime, until: datetime) -> Iterator[tuple[datetime, ShownFrame]]:
    """What riders were shown, by moment; frames of another format, or that were cut off, are left out."""
    for at, content in read_frames(data_dir, SHOWN, since, until):
        try:
            number, frame = msgspec.msgpack.decode(content, type=tuple[int, ShownFrame])
        except msgspec.MsgspecError:
            continue
        if number == FORMAT:
            yield at, frame


def shown_over(
    data_dir: Path, since: datetime, until: datetime, stop_ids: Collection[str] | None = None
) -> Iterator[tuple[datetime, Mapping[ShownKey, ShownRow]]]:
    """What was on display at some stops (None: at all) at a moment, and after each change until another one.

    Nothing is yielded for moments of which nothing was written down.
    """
    rows: dict[ShownKey, ShownRow] = {}
    begun, known = False, False
    for at, frame in shown_frames(data_dir, since.replace(minute=0, second=0, microsecond=0), until):
        if not begun and at > since:
            begun = True
            if known:
                yield since, rows
        mine = [row for row in frame.rows if stop_ids is None or row.stop_id in stop_ids]
        if mine or frame.is_whole:
            rows = applied(rows, ShownFrame(frame.is_whole, mine))
        known = True
        if begun:
            yield at, rows
    if known and not begun:
        yield since, rows
