"""What is wrong with single trackers."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from transit.operations.facts import FleetFacts
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Trouble, TroubleKind
from transit.tracking.tracker_clock import ENOUGH

OUR_CLOCK_S = 20.0  # when so much of an offset is common to most trackers, the clock that is wrong is ours


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    offsets = [row.clock_offset_s for row in facts.trackers if row.clock_offset_s is not None and row.vehicle_id]
    common_s = median(offsets) if len(offsets) >= ENOUGH else 0.0
    if abs(common_s) > OUR_CLOCK_S:
        yield Trouble(TroubleKind.OUR_CLOCK_WRONG, figures={"wrong_s": common_s})
    for row in facts.trackers:
        yield from _of_tracker(row, common_s)


def _of_tracker(row: TrackerHealth, common_s: float) -> Iterator[Trouble]:
    if row.vehicle_id is None:
        if row.last_received_at is not None:
            yield Trouble(TroubleKind.UNMAPPED, row.tracker_id, row.last_received_at)
        return
    if row.shared_with:
        others = ", ".join(row.shared_with)
        yield Trouble(TroubleKind.SHARED_VEHICLE, row.tracker_id, figures={"others": others, "vehicle": row.vehicle_id})
    if row.clock_offset_s and abs(row.clock_offset_s - common_s) > OUR_CLOCK_S:
        yield Trouble(TroubleKind.CLOCK_CORRECTED, row.tracker_id, figures={"wrong_s": -row.clock_offset_s})
    if row.last_error is not None:
        yield Trouble(TroubleKind.SOME_REFUSED, row.tracker_id, row.last_error_at, {"said": row.last_error})
