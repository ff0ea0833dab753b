"""One method of prediction over stored reports, scored against what was observed."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from gps_ingest.recordings.replay import replay
from transit.plan.network import Network
from transit.quality.scorecard import Passage, Promise, score


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
            (row["vehicle_id"], row["trip_id"], row["stop_id"], int(row["stop_sequence"])),
            *(float(row[name]) for name in ("made_at", "predicted_at", "low_at", "high_at")),
        )
