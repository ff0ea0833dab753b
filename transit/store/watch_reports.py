"""The report of the watch over our own processes, which the parent writes and the others read: a small file."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import msgspec

from transit.operations.watch_report import NOTHING_WRONG, WatchReport
from transit.store.files import write_atomically

FILE = Path("live") / "watch.json"  # below DATA_DIR
OLD_S = 30.0  # it is written every few seconds: one that is older is of a parent that is gone


def write_report(data_dir: Path, report: WatchReport) -> None:
    """A full disk is no reason to end the watch."""
    with suppress(OSError):
        write_atomically(data_dir / FILE, msgspec.json.encode(report))


def read_report(data_dir: Path) -> WatchReport:
    """The last one, of a parent that still runs; otherwise one without faults."""
    path = data_dir / FILE
    try:
        is_old = time.time() - path.stat().st_mtime > OLD_S
        report = msgspec.json.decode(path.read_bytes(), type=WatchReport)
    except (OSError, msgspec.MsgspecError):
        return NOTHING_WRONG
    return WatchReport(restarts=report.restarts, losses=report.losses) if is_old else report
