"""What riders were promised: one file per local day in DATA_DIR/promises, a compressed frame for each sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import zstandard

from transit.forecasting.prediction import Prediction, Tier
from transit.quality.scorecard import Promise
from transit.store.retention import DEFAULT_DAYS

AHEAD = timedelta(minutes=30)  # further ahead nothing is scored
FORMAT = 1  # of a sample's rows; a sample of another format is left out, one without a number is of the first
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[str, str, str, int, float, float, float]])


class _Sample(msgspec.Struct, array_like=True):
    """What a frame holds."""

    made_at: float  # Unix seconds
    rows: bytes
    format: int = FORMAT


def path_of_day(data_dir: Path, day: date) -> Path:
    return data_dir / "promises" / f"{day.isoformat()}.zst"


def append_promises(data_dir: Path, day: date, made_at: datetime, predictions: Iterable[Prediction]) -> int:
    """Adds one sample; returns how many promises it has. A crash in the middle loses this sample only. Raises OSError.

    That a bus on the trip before will come back is no promise: it is shown as a range that says so, and not scored.
    """
    rows = [
        (
            prediction.vehicle_id, prediction.trip.trip_id, prediction.stop_id, prediction.stop_sequence,
            prediction.predicted_at.timestamp(), prediction.low_at.timestamp(), prediction.high_at.timestamp(),
        )
        for prediction in predictions
        if prediction.predicted_at - made_at <= AHEAD and prediction.tier is not Tier.NEXT_TRIP
    ]  # fmt: skip
    if rows:
        path = path_of_day(data_dir, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = zstandard.ZstdCompressor(level=3).compress(_encoder.encode(_Sample(made_at.timestamp(), _encoder.encode(rows))))
        with path.open("ab") as file:
            file.write(len(frame).to_bytes(4, "big") + frame)
    return len(rows)


def read_promises(data_dir: Path, day: date) -> Iterator[Promise]:
    """Of one local day, in the order in which they were made.

    A sample of another format is left out, and an unfinished one at the end.
    """
    path = path_of_day(data_dir, day)
    if not path.exists():
        return
    with path.open("rb") as file:
        while len(size := file.read(4)) == 4:
            try:
                sample = zstandard.ZstdDecompressor().decompressobj().decompress(file.read(int.from_bytes(size, "big")))
            except zstandard.ZstdError:
                return
            yield from _promises_of(sample)


def _promises_of(sample: bytes) -> Iterator[Promise]:
    try:
        head = msgspec.msgpack.decode(sample, type=_Sample)
        rows = _decoder.decode(head.rows) if head.format == FORMAT else []
    except msgspec.MsgspecError:
        return
    for vehicle_id, trip_id, stop_id, sequence, predicted_at, low, high in rows:
        yield Promise(
            key=(vehicle_id, trip_id, stop_id, sequence),
            made_at=head.made_at,
            predicted_at=predicted_at,
            low_at=low,
            high_at=high,
        )


def forget_promises(data_dir: Path, today: date, keep_days: int | None = DEFAULT_DAYS["promises"]) -> int:
    """Deletes the files of days long past; returns how many. keep_days: None = for ever."""
    if keep_days is None:
        return 0
    oldest = (today - timedelta(days=keep_days)).isoformat()
    old = [path for path in (data_dir / "promises").glob("*.zst") if path.stem < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
