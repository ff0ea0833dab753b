"""Since when a vehicle runs far from the times of its plan, the sign of an outdated timetable."""

from __future__ import annotations

from datetime import datetime

import msgspec

EARLY_S = 1500.0  # a bus further ahead of its plan than this has another plan
LATE_S = 2700.0  # and so has one later than this
FORGOTTEN_S = 26 * 3600.0  # after so long without a trip the record starts again


class OffPlan(msgspec.Struct, frozen=True, array_like=True):
    """A vehicle far from the times of the trips that it drives."""

    route_id: str
    since: datetime
    seen_at: datetime  # last
    late_s: float  # then; early below 0


def observe_plan(before: OffPlan | None, route_id: str, late_s: float | None, at: datetime) -> OffPlan | None:
    """The record after a fix on a trip; None if it is on plan. late_s: seconds late; None where the trip has no times."""
    if late_s is None:
        return before
    if -EARLY_S <= late_s <= LATE_S:
        return None
    goes_on = (
        before is not None
        and before.route_id == route_id
        and (before.late_s < 0.0) == (late_s < 0.0)
        and (at - before.seen_at).total_seconds() <= FORGOTTEN_S
    )
    since = before.since if before is not None and goes_on else at
    return OffPlan(route_id=route_id, since=since, seen_at=at, late_s=late_s)
