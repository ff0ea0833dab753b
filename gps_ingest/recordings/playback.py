"""A recording played through a real broker: every row becomes the message that a tracker would have sent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from gps_ingest.recordings.replay import RecordedRow, open_recording, read_recording
from gps_ingest.simulation.publisher import Fix, Tracker

TURN_S = 0.05
ENDS_WITHIN_S = 30.0
PROGRESS_EVERY_S = 5.0


@dataclass
class PlaybackSummary:
    published: int = 0
    acknowledged: int = 0


def publish_recording(
    reports: Path,
    *,
    mqtt_url: str,
    clock: Callable[[], datetime],
    speed: float,
    stop_event: Event,
    since: datetime | None = None,
    until: datetime | None = None,
    say: Callable[[str], None] = print,
) -> PlaybackSummary:
    """Publishes the rows in order of time; the tracker id is the vehicle id, the fix's time is the recording's.

    Where clock() shows a time within the recording (TRANSIT_NOW), a row is published when its time comes by that clock;
    otherwise the recording begins at once and runs at `speed`. Raises OSError, ValueError.
    """
    rows = _rows_of(reports, since, until)
    if not rows:
        raise ValueError(f"{reports} has no row to publish between the times asked for")
    due = _clock_of(rows, clock, speed)
    begin = datetime.fromtimestamp(rows[0].t, UTC)
    trackers: dict[str, Tracker] = {}
    summary = PlaybackSummary()
    say(f"{len(rows)} reports of {len({row.vehicle_id for row in rows})} vehicles, from {begin:%Y-%m-%d %H:%M:%S} UTC")
    progress_at = time.monotonic()
    n = 0
    while n < len(rows) and not stop_event.is_set():
        now = due()
        while n < len(rows) and rows[n].t <= now:
            row = rows[n]
            if row.vehicle_id not in trackers:
                trackers[row.vehicle_id] = Tracker(mqtt_url, row.vehicle_id)
            trackers[row.vehicle_id].publish([_fix_of(row)])
            summary.published += 1
            n += 1
        if time.monotonic() - progress_at > PROGRESS_EVERY_S:
            progress_at = time.monotonic()
            say(f"{n} of {len(rows)} published, {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC")
        stop_event.wait(TURN_S)
    end = time.monotonic() + ENDS_WITHIN_S
    for tracker in trackers.values():
        tracker.close(max(end - time.monotonic(), 0.1))
        summary.acknowledged += tracker.acknowledged
    say(f"{summary.published} published, {summary.acknowledged} acknowledged")
    return summary


def _rows_of(reports: Path, since: datetime | None, until: datetime | None) -> list[RecordedRow]:
    first = since.timestamp() if since else float("-inf")
    last = until.timestamp() if until else float("inf")
    with open_recording(reports) as lines:
        rows = [row for row in read_recording(lines, Counter()) if row.report is not None and first <= row.t < last]
    return sorted(rows, key=lambda row: row.t)


def _clock_of(rows: list[RecordedRow], clock: Callable[[], datetime], speed: float) -> Callable[[], float]:
    """Unix seconds of the recording by now. Rows from before a set clock are not sent all at once: they are left out."""
    set_to = clock().timestamp()
    if rows[0].t - 86400.0 <= set_to <= rows[-1].t:
        del rows[: next(n for n, row in enumerate(rows) if row.t >= set_to)]
        return lambda: clock().timestamp()
    started, first = time.monotonic(), rows[0].t
    return lambda: first + (time.monotonic() - started) * speed


def _fix_of(row: RecordedRow) -> Fix:
    assert row.report is not None
    fix: Fix = {"latitude": row.report.lat, "longitude": row.report.lon, "timestamp": row.t}
    if row.report.bearing is not None:
        fix["bearing"] = row.report.bearing
    if row.report.speed_mps is not None:
        fix["speed"] = row.report.speed_mps
    return fix
