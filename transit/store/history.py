"""What was shown, kept so that it can be played back: frames in files by hour, DATA_DIR/history/<UTC day>/<hour>-<kind>.

A record is the length of its frame (4 bytes), its moment (8 bytes, Unix microseconds, both big-endian) and the frame
(zstandard). A crash in the middle of a record loses this record only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import zstandard

from transit.store.retention import DEFAULT_DAYS
from transit.store.tables import from_micros, to_micros

HOUR = timedelta(hours=1)
HEAD = 12  # bytes before a frame
LEVEL = 6
LARGEST = 64 * 1024 * 1024  # bytes of one frame unpacked: a file of random bytes must not fill the memory


def path_of_hour(data_dir: Path, kind: str, at: datetime) -> Path:
    return data_dir / "history" / f"{at:%Y-%m-%d}" / f"{at:%H}-{kind}"


def append_frame(data_dir: Path, kind: str, at: datetime, content: bytes) -> int:
    """Returns the bytes written. Raises OSError."""
    frame = zstandard.ZstdCompressor(level=LEVEL).compress(content)
    path = path_of_hour(data_dir, kind, at.astimezone(UTC))
    path.parent.mkdir(parents=True, exist_ok=True)
    record = len(frame).to_bytes(4, "big") + to_micros(at).to_bytes(8, "big") + frame
    with path.open("ab") as file:
        file.write(record)
    return len(record)


def read_frames(
    data_dir: Path, kind: str, since: datetime, until: datetime, every: timedelta = timedelta(0)
) -> Iterator[tuple[datetime, bytes]]:
    """The frames between two moments, in the order in which they were written; what cannot be read ends its hour.

    every: frames nearer than that to the one before are left out.
    """
    next_at = since
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        for at, frame in _records(path_of_hour(data_dir, kind, hour)):
            if next_at <= at <= until:
                next_at = at + every if every else next_at
                try:
                    content = zstandard.ZstdDecompressor().decompress(frame, max_output_size=LARGEST)
                except zstandard.ZstdError:
                    break
                yield at, content
        hour += HOUR


def _records(path: Path) -> Iterator[tuple[datetime, bytes]]:
    try:
        content = path.read_bytes()
    except OSError:
        return
    place = 0
    while place + HEAD <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        end = place + HEAD + size
        if end > len(content):
            return
        try:
            at = from_micros(int.from_bytes(content[place + 4 : place + HEAD], "big"))
        except OverflowError:
            return
        yield at, content[place + HEAD : end]
        place = end


def forget_history(data_dir: Path, today: date, keep_days: int | None = DEFAULT_DAYS["record"]) -> int:
    """Deletes the days that are long past; returns how many. keep_days: None = for ever."""
    if keep_days is None:
        return 0
    oldest = (today - timedelta(days=keep_days)).isoformat()
    folders = [path for path in (data_dir / "history").glob("????-??-??") if path.name < oldest]
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)
    return len(folders)
