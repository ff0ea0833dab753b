"""Methods of prediction over the same stored reports, scored against what was observed."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from gps_ingest.recordings.replay import replay
from transit.plan.network import Network
from transit.quality.daily_score import passages_of
from transit.quality.scorecard import Passage, Promise, score
from transit.store.database import Engine
from transit.store.reports import load_recording
from transit.store.stop_events import load_events_between


class NothingRecorded(LookupError):
    """There are no reports between the moments asked for."""


def score_methods(
    engine: Engine, network: Network, methods: Sequence[str], since: datetime, until: datetime
) -> dict[str, dict[str, Any]]:
    """Method -> its scorecard over what is stored between two moments. Raises NothingRecorded, ValueError (no such method)."""
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
        rows = list(load_recording(connection, since, until))
    if not rows:
        raise NothingRecorded
    return {method: score_method(network, rows, passages, method) for method in methods}


def score_method(
    network: Network, rows: Iterable[Mapping[str, str]], passages: Iterable[Passage], method: str
) -> dict[str, Any]:
    """The scorecard of what a method would have promised. Raises ValueError where there is no such method."""
    with tempfile.TemporaryFile("w+", newline="") as out:
        replay(network, rows, predictions_out=out, assignment="none", method=method)
        out.seek(0)
        return score(_promises(out), passages)


def _promises(predictions: IO[str]) -> Iterator[Promise]:
    """Replay's CSV of predictions, row by row."""
    for row in csv.DictReader(predictions):
        yield Promise(
            key=(row["vehicle_id"], row["trip_id"], row["stop_id"], int(row["stop_sequence"])),
            made_at=float(row["made_at"]),
            predicted_at=float(row["predicted_at"]),
            low_at=float(row["low_at"]),
            high_at=float(row["high_at"]),
        )
