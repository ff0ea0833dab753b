"""Counters of every process, for /metrics: each process keeps one small JSON file in DATA_DIR/stats.

A file is {"process": "ingest", "counters": {...}, "gauges": {...}}; a name may carry labels as Prometheus writes them
(`reports_total{reason="future"}`). Whoever writes replaces the file whole. Counters of a process that has gone stay until
the next start of it, so that sums do not fall.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from time import monotonic

import msgspec

from transit.store.files import write_atomically

WRITE_EVERY_S = 1.0
BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # the aim for a page is 20 ms


class Stats(msgspec.Struct):
    process: str
    counters: dict[str, float] = {}
    gauges: dict[str, float] = {}


def folder(data_dir: Path) -> Path:
    return data_dir / "stats"


class Requests:
    """Requests of this worker by view and status, with a histogram of their seconds."""

    def __init__(self, data_dir: Path) -> None:
        self._path = folder(data_dir) / f"web-{os.getpid()}.json"
        self._stats = Stats(f"web-{os.getpid()}", {}, {})
        self._lock = Lock()
        self._written_at = -WRITE_EVERY_S

    def count(self, view: str, status: int, seconds: float) -> None:
        counters = self._stats.counters
        with self._lock:
            names = [f'web_requests_total{{view="{view}",status="{status}"}}', "web_request_seconds_sum"]
            for name, value in zip(names, (1.0, seconds), strict=True):
                counters[name] = counters.get(name, 0.0) + value
            for bound in (*(b for b in BUCKETS_S if seconds <= b), "+Inf"):
                name = f'web_request_seconds_bucket{{le="{bound}"}}'
                counters[name] = counters.get(name, 0.0) + 1.0
            if monotonic() - self._written_at >= WRITE_EVERY_S:
                self._written_at = monotonic()
                self._write()

    def flush(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        write_atomically(self._path, msgspec.json.encode(self._stats))


def read_all(data_dir: Path) -> Iterator[Stats]:
    """What every process wrote last; a file that cannot be read is left out."""
    for path in sorted(folder(data_dir).glob("*.json")):
        try:
            yield msgspec.json.decode(path.read_bytes(), type=Stats)
        except (OSError, msgspec.MsgspecError):
            continue


def clear(data_dir: Path, prefix: str = "web-") -> None:
    """Before the workers start: their forerunners' files go."""
    for path in folder(data_dir).glob(f"{prefix}*.json"):
        path.unlink(missing_ok=True)
