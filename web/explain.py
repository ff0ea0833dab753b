"""Why a prediction says what it says: workers ask the live process, which alone knows, through small files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from math import exp
from pathlib import Path
from typing import Any

import msgspec

from transit.explanation import Explanation, recomputed
from transit.forecast import Forecaster
from transit.prediction import Prediction
from transit.service_day import format_time
from transit.store.files import write_atomically
from transit.tracking import VehicleState
from web.snapshot import folder

WAIT_S = 3.0  # a step takes a second; a live process that does not answer by then is not there
TURN_S = 0.05
MOST = 20  # answered in one step: somebody who asks for everything waits
KEPT_S = 60.0


class Question(msgspec.Struct):
    vehicle_id: str
    stop_id: str


def _paths(data_dir: Path, question: Question) -> tuple[Path, Path]:
    key = hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:24]
    where = folder(data_dir) / "explain"
    return where / f"ask-{key}.json", where / f"answer-{key}.json"


def ask(data_dir: Path, vehicle_id: str, stop_id: str, wait_s: float = WAIT_S) -> list[dict[str, Any]] | None:
    """An explanation for each prediction of this vehicle at this stop; None where no live process answers."""
    question = Question(vehicle_id, stop_id)
    asked, answered = _paths(data_dir, question)
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


def answer_all(
    data_dir: Path, forecaster: Forecaster | None, states: Iterable[VehicleState], now: datetime,
    shown_at: Callable[[Prediction], datetime],
) -> int:  # fmt: skip
    """Answers what was asked since the last step; returns how many. shown_at: what riders see of a prediction."""
    where = folder(data_dir) / "explain"
    questions = sorted(where.glob("ask-*.json"))[:MOST] if where.is_dir() else []
    known = list(states) if questions else []
    for path in questions:
        try:
            question = msgspec.json.decode(path.read_bytes(), type=Question)
        except (OSError, msgspec.MsgspecError):
            path.unlink(missing_ok=True)
            continue
        asked = (question.vehicle_id, question.stop_id, known, now)
        found = [] if forecaster is None else forecaster.explain(*asked, next_trips=True)
        answers = [told(one, shown_at(one.prediction)) for one in found]
        write_atomically(_paths(data_dir, question)[1], msgspec.json.encode(answers))
        path.unlink(missing_ok=True)
    if questions:
        for old in where.glob("answer-*.json"):
            if time.time() - old.stat().st_mtime > KEPT_S:
                old.unlink(missing_ok=True)
    return len(questions)


def told(one: Explanation, shown_at: datetime) -> dict[str, Any]:
    """Plain values; the numbers reproduce predicted_at (transit/explanation.py says how), shown_at is what is on display."""
    said = one.prediction
    trip = said.trip
    return {
        "vehicle_id": said.vehicle_id,
        "stop_id": said.stop_id,
        "stop_sequence": said.stop_sequence,
        "trip_id": trip.trip_id,
        "start_date": f"{trip.start_date:%Y%m%d}",
        "start_time": None if trip.start_s is None else format_time(trip.start_s),
        "tier": said.tier.value,
        "made_at": said.made_at.isoformat(),
        "reported_at": said.reported_at.isoformat(),
        "predicted_at": said.predicted_at.isoformat(),
        "shown_at": shown_at.isoformat(),
        "low_at": said.low_at.isoformat(),
        "high_at": said.high_at.isoformat(),
        "recomputed_at": recomputed(one).isoformat(),
        "counted_from": one.counted_from.isoformat(),
        "fix_age_s": round(one.fix_age_s, 1),
        "wait_s": one.wait_s,
        "links": [
            {
                "from_stop_id": link.from_stop_id,
                "to_stop_id": link.to_stop_id,
                "planned_s": link.planned_s,
                "usual_s": link.usual_s,
                "counted_s": link.counted_s,
                "days": link.days,
                "observations": round(link.observations, 1),
            }
            for link in one.links
        ],
        "usual_s": one.usual_s,
        "factors": [
            {"name": factor.name, "reading": factor.reading, "times": exp(factor.log_effect)} for factor in one.factors
        ],
        "stretch": one.stretch,
        "median_s": one.median_s,
        "caution": exp(one.caution),
        "not_before_s": one.not_before_s,
        "not_before_ahead_s": one.not_before_ahead_s,
    }


def sentences(found: dict[str, Any]) -> list[str]:
    """The same for a dispatcher at a terminal."""
    lines = [
        (f"{found['vehicle_id']} at {found['stop_id']} (stop {found['stop_sequence']} of trip {found['trip_id']}): "
        f"{found['predicted_at'][11:19]} UTC, between {found['low_at'][11:19]} and {found['high_at'][11:19]}"),
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
        lines.append(f"on display still {found['shown_at'][11:19]} UTC: so small a slip is not shown (transit/steadiness.py)")
    return lines
