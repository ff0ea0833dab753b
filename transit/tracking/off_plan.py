"""Since when a vehicle, or a whole line, runs far from the times of its plan, the sign of an outdated timetable."""

from __future__ import annotations

from datetime import datetime
from statistics import median
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance

EARLY_S = 1500.0  # a bus further ahead of its plan than this has another plan
LATE_S = 2700.0  # and so has one later than this
FORGOTTEN_S = 26 * 3600.0  # after so long without a trip the record starts again
AGREEING, AGREE = 2, 0.75  # so many trips of a line and direction, and this share of them, run far from it: it is the plan
LASTS_S = 7200.0  # late trips are a disruption unless they have been as late for so long; nobody is that early by chance
FOLLOWED = 0.1  # trips of which so much was seen
RECENT_S = 4 * 3600.0  # trips seen no longer ago


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


class RunTrip(NamedTuple):
    """How a trip ran that its vehicle was told. Unix seconds; shares of its line.

    late_s: seconds late when it was first seen on it, as what holds it up on its way is not the plan's fault.
    """

    first_at: float
    seen_at: float
    from_share: float
    to_share: float
    late_s: float

    @property
    def is_followed(self) -> bool:
        return self.to_share - self.from_share >= FOLLOWED


class LineDeviations:
    """How far the plan of each line and direction is out, by the trips that ran there as they were told.

    It is not stored: after a restart the next trips tell it again.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, int | None], dict[TripInstance, RunTrip]] = {}

    def note(self, direction: tuple[str, int | None], trip: TripInstance, late_s: float, t: float, share: float) -> None:
        """A vehicle is on the trip that it was told, at this share of its line. direction: route_id and direction_id.

        Told its next round at the end of a loop it is at its end, until it is at its beginning.
        """
        runs = self._runs.setdefault(direction, {})
        known = runs.get(trip)
        if known is None or share < known.from_share:
            runs[trip] = RunTrip(first_at=t, seen_at=t, from_share=share, to_share=share, late_s=late_s)
        else:
            runs[trip] = known._replace(seen_at=t, to_share=max(known.to_share, share))
        if known is None:
            for old in [trip for trip, run in runs.items() if t - run.seen_at > RECENT_S]:
                del runs[old]

    def late_s(self, direction: tuple[str, int | None], t: float) -> float:
        """By how many seconds trips run later than planned there; early below 0; 0 where the plan holds, or nobody knows."""
        known = self._runs.get(direction, {}).values()
        if not any(run.late_s > LATE_S or run.late_s < -EARLY_S for run in known):
            return 0.0
        runs = [run for run in known if run.is_followed and t - run.seen_at <= RECENT_S]
        if len(runs) < AGREEING:
            return 0.0
        late_s = float(median(run.late_s for run in runs))
        is_far = [run.late_s > LATE_S if late_s > 0.0 else run.late_s < -EARLY_S for run in runs]
        if sum(is_far) < AGREE * len(runs):
            return 0.0
        far = [run for run in runs if run.late_s > LATE_S]
        if late_s > 0.0 and max(run.seen_at for run in far) - min(run.first_at for run in far) < LASTS_S:
            return 0.0
        return late_s
