"""Why a prediction says what it says: workers ask the live process, which alone knows, through small files."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import msgspec

from transit.store.files import write_atomically
from web.live.snapshot import folder

WAIT_S = 3.0  # a step takes a second; a live process that does not answer by then is not there
TURN_S = 0.05


class Question(msgspec.Struct):
    vehicle_id: str
    stop_id: str


def paths_of(data_dir: Path, question: Question) -> tuple[Path, Path]:
    key = hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:24]
    where = folder(data_dir) / "explain"
    return where / f"ask-{key}.json", where / f"answer-{key}.json"


def ask(data_dir: Path, vehicle_id: str, stop_id: str, wait_s: float = WAIT_S) -> list[dict[str, Any]] | None:
    """An explanation for each prediction of this vehicle at this stop; None where no live process answers."""
    question = Question(vehicle_id, stop_id)
    asked, answered = paths_of(data_dir, question)
    answered.unlink(missing_ok=True)
    write_atomically(asked, msgspec.json.encode(question))
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if answered.exists():
            found: list[dict[str, Any]] = msgspec.json.decode(answered.read_bytes())
            return found
        time.sleep(TURN_S)
    asked.unlink(missing_ok=True)
    return None


def sentences(found: dict[str, Any]) -> list[str]:
    """The same for a dispatcher at a terminal."""
    lines = [
        (
            f"{found['vehicle_id']} at {found['stop_id']} (stop {found['stop_sequence']} of trip {found['trip_id']}): "
            f"{found['predicted_at'][11:19]} UTC, between {found['low_at'][11:19]} and {found['high_at'][11:19]}"
        ),
        f"tier {found['tier']}, fix {found['fix_age_s']:.0f} s old"
        + (f", expected to wait {found['wait_s']:.0f} s more" if found["wait_s"] else ""),
        f"{'from':24} {'to':24} {'plan s':>7} {'usual s':>8} {'counts s':>9} {'days':>5} {'seen':>6}",
    ]
    for link in found["links"]:
        lines.append(
            f"{link['from_stop_id'][:24]:24} {link['to_stop_id'][:24]:24} {link['planned_s']:7.0f} {link['usual_s']:8.0f}"
            f" {link['counted_s']:9.0f} {link['days']:5} {link['observations']:6.1f}"
        )
    lines.append(f"usual time {found['usual_s']:.0f} s, today {100 * (found['stretch'] - 1):+.0f} %:")
    told_factors = [one for one in found["factors"] if abs(one["times"] - 1) > 5e-4]
    lines += [f"  {one['name']:24} {100 * (one['times'] - 1):+5.1f} %" for one in told_factors]
    caution = 100 * (found["caution"] - 1)
    lines.append(f"median {found['median_s']:.0f} s after {found['counted_from'][11:19]}; shown {caution:+.0f} % of it")
    lines.append(f"recomputed from these numbers: {found['recomputed_at'][11:19]} UTC")
    if found["shown_at"] != found["predicted_at"]:
        lines.append(
            f"on display still {found['shown_at'][11:19]} UTC: so small a slip is not shown (transit/arrivals/steadiness.py)"
        )
    return lines
