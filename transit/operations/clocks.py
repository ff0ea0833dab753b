"""Whose clock is wrong: this machine's, where most trackers agree that it is, else the tracker's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from transit.operations.facts import FleetFacts
from transit.operations.recent_outcomes import WINDOW_S
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.tracking.tracker_clock import is_correctable

ALIKE_S = 20.0  # offsets this near each other have one cause; smaller ones are not told
LEAST = 2  # fewest trackers that can outvote this machine's clock
NEARLY_NOW = timedelta(minutes=2)  # age of a fix that came over a slow network
STEP_TOLD_FOR = timedelta(hours=1)
STEP_ALIKE = timedelta(minutes=10)  # steps seen within this of each other are one: some trackers report every few minutes
ROUND_WEEKS = 1024  # GPS counts its weeks in ten bits
WEEK_ROLLOVER_S = ROUND_WEEKS * 7 * 86400.0
ROLLOVER_ALIKE_S = 8 * 7 * 86400.0  # an offset this near to ROUND_WEEKS is a week rollover: no other fault is 20 years
HOUR_S = 3600.0
DAY_S = 86400.0
EPOCHS = {315_964_800.0: "since_1980", 946_684_800.0: "since_2000"}  # Unix seconds from which devices count: GPS's zero, 2000
DRIFTS_FOR = 6  # windows of five minutes in a row that show a drift: half an hour
DRIFT_ALIKE_S = (
    5.0  # a clock that drifts is this near to a straight line: tracker_clock.LEAST_S, below which it is called right
)
_AND = {True: "_and_ahead", False: "_and_behind"}  # of LOCAL_TIME: on which side of the zone a clock is
ZONES_H = (-12, 14)  # range of the world's zones, hours ahead of UTC: a device may be set to another one than the city's
PARTS_OF_HOURS_H = (-9.5, -3.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75)  # its zones that are no whole hours
ZONE_ALIKE_S = 120.0  # an offset this near to a zone's is local time sent as UTC
DRIFT_S = 600.0  # and one this near to the city's zone, or to twice that, is so with a clock that goes wrong besides


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    ours_s = our_error_s(facts.trackers, facts.now)
    if ours_s:
        is_by_zone = _zone_s(facts) > 0.0 and abs(ours_s + _zone_s(facts)) < ZONE_ALIKE_S
        case = "behind_by_zone" if is_by_zone else "ahead" if ours_s > 0 else "behind"
        yield Trouble(TroubleKind.OUR_CLOCK_WRONG, figures={"wrong_s": ours_s, "case": case})
    else:
        yield from _step(facts)
    for row in facts.trackers:
        trouble = tracker_trouble(row, ours_s, facts)
        if trouble is not None:
            yield trouble


def our_error_s(trackers: Iterable[TrackerHealth], now: datetime) -> float:
    """Seconds by which this machine's clock is ahead of the one that most trackers agree on; 0 if they do not contradict it."""
    offsets = [row.clock_offset_s for row in trackers if row.clock_offset_s is not None and _is_heard(row, now)]
    if len(offsets) < LEAST:
        return 0.0
    middle = sorted(offsets)[len(offsets) // 2]
    alike = [offset for offset in offsets if abs(offset - middle) <= ALIKE_S]
    if abs(middle) <= ALIKE_S or 2 * len(alike) <= len(offsets):
        return 0.0
    return median(alike)


def ahead_s(row: TrackerHealth, ours_s: float, now: datetime) -> float | None:
    """Seconds by which a tracker's clock is ahead of the right time; None where it is not known, or was not heard lately."""
    return ours_s - row.clock_offset_s if row.clock_offset_s is not None and _is_heard(row, now) else None


def tracker_trouble(row: TrackerHealth, ours_s: float, facts: FleetFacts) -> Trouble | None:
    """The trouble with a tracker's clock, by cause where the offset shows it; None if it is right. ours_s: see our_error_s."""
    error_s = ahead_s(row, ours_s, facts.now)
    if error_s is None or abs(error_s) <= ALIKE_S:
        return None
    figures: dict[str, Figure] = {"wrong_s": error_s, "case": "ahead" if error_s > 0 else "behind"}
    rounds = -error_s / WEEK_ROLLOVER_S
    if round(rounds) != 0 and abs(rounds - round(rounds)) * WEEK_ROLLOVER_S <= ROLLOVER_ALIKE_S:
        return Trouble(TroubleKind.WEEK_ROLLOVER, row.tracker_id, row.last_received_at, _rollover(error_s, round(rounds)))
    epoch = next((name for epoch_s, name in EPOCHS.items() if abs(error_s + epoch_s) < DAY_S), None)
    if epoch is not None:
        return Trouble(TroubleKind.CLOCK_TOO_WRONG, row.tracker_id, row.last_received_at, {**figures, "case": epoch})
    is_corrected = is_correctable(row.clock_offset_s)
    if not ours_s and not _has_witness(row, facts):
        is_by_zone = _zone_s(facts) > 0.0 and abs(error_s - _zone_s(facts)) < ZONE_ALIKE_S
        suffix = "_corrected" if is_corrected else "_by_zone" if is_by_zone else ""
        apart: dict[str, Figure] = {**figures, "case": f"{figures['case']}{suffix}"}
        return Trouble(TroubleKind.CLOCKS_APART, row.tracker_id, row.last_received_at, apart)
    zone = _of_a_zone(error_s, facts)
    if zone is not None:
        return Trouble(TroubleKind.LOCAL_TIME, row.tracker_id, row.last_received_at, {**figures, **zone})
    gains_s = drift_s(row)
    if gains_s and not ours_s:
        case = f"{'gains' if gains_s > 0 else 'loses'}{'_corrected' if is_corrected else ''}"
        drift: dict[str, Figure] = {**figures, "drift_s": gains_s, "case": case}
        return Trouble(TroubleKind.CLOCK_DRIFTS, row.tracker_id, row.last_received_at, drift)
    kind = TroubleKind.CLOCK_CORRECTED if is_corrected else TroubleKind.CLOCK_TOO_WRONG
    return Trouble(kind, row.tracker_id, row.last_received_at, figures)


def _rollover(error_s: float, rounds: int) -> dict[str, Figure]:
    """The figures of a date that is off by rounds of weeks, and by the days besides."""
    side, besides_s = "ahead" if error_s > 0 else "behind", error_s + rounds * WEEK_ROLLOVER_S
    figures: dict[str, Figure] = {"wrong_s": error_s, "weeks": abs(rounds) * ROUND_WEEKS, "case": side}
    if abs(besides_s) < DAY_S:
        return figures
    return {**figures, "besides_s": besides_s, "case": f"{side}{_AND[besides_s > 0]}"}


def drift_s(row: TrackerHealth) -> float:
    """Seconds that a tracker's clock gains in an hour, below 0 where it loses; 0 where it keeps time or is unsteady."""
    windows = sorted(row.recent.offsets_s.items())[-DRIFTS_FOR - 1 :]
    if len(windows) <= DRIFTS_FOR or windows[-1][0] - windows[0][0] != DRIFTS_FOR * WINDOW_S:  # before a pause is not now
        return 0.0
    ends = windows[:-1]  # without the window that is not over
    (first_at, first_s), (last_at, last_s) = ends[0], ends[-1]
    slope = (last_s - first_s) / (last_at - first_at)
    off_s = max(abs(offset_s - first_s - slope * (at - first_at)) for at, offset_s in ends)
    return -slope * HOUR_S if abs(last_s - first_s) > ALIKE_S and off_s <= DRIFT_ALIKE_S else 0.0


def _has_witness(row: TrackerHealth, facts: FleetFacts) -> bool:
    """Whether another tracker agrees with this machine's clock: without one nobody can say whose clock is wrong."""
    others = (other for other in facts.trackers if other.tracker_id != row.tracker_id and _is_heard(other, facts.now))
    return any(_agrees(other) for other in others)


def _agrees(row: TrackerHealth) -> bool:
    """Whether a tracker's clock is this machine's, as far as the delay of an unsteady network shows it."""
    if row.clock_offset_s is not None:
        return abs(row.clock_offset_s) <= ALIKE_S
    fix_at, received_at = row.last_fix_at, row.last_received_at
    return fix_at is not None and received_at is not None and abs(received_at - fix_at) <= NEARLY_NOW


def _of_a_zone(error_s: float, facts: FleetFacts) -> dict[str, Figure] | None:
    """The figures of a clock that is off by a time zone: the city's, twice that, or another one; None of any other clock.

    In a city east of Greenwich a clock ahead by its zone sends local time as UTC; one behind by that subtracts the zone twice.
    """
    side, zone_s = "ahead" if error_s > 0 else "behind", _zone_s(facts)
    if zone_s > 0.0 and abs(abs(error_s) - zone_s) < ZONE_ALIKE_S:
        return {"case": side}
    whole_h = float(round(error_s / HOUR_S))
    zones_h = (whole_h if ZONES_H[0] <= whole_h <= ZONES_H[1] else 0.0, *PARTS_OF_HOURS_H)
    if any(zone_h and abs(error_s - zone_h * HOUR_S) < ZONE_ALIKE_S for zone_h in zones_h):
        return {"case": f"other_{side}"}
    near_s = _drifted_zone_s(error_s, facts)
    if near_s and abs(near_s) == zone_s:
        return {"zone_s": near_s, "minutes": abs(error_s - near_s) / 60.0, "case": f"{side}{_AND[error_s > near_s]}"}
    return {"case": f"other_{side}"} if near_s else None


def _drifted_zone_s(error_s: float, facts: FleetFacts) -> float:
    """The city's zone, or twice that, if a clock is off by about so much (seconds, below 0 where it is behind); else 0."""
    zone_s = _zone_s(facts)
    zones_s = (zone_s, -zone_s, 2.0 * zone_s, -2.0 * zone_s) if abs(zone_s) >= 2.0 * DRIFT_S else ()
    return min((near for near in zones_s if abs(error_s - near) <= DRIFT_S), key=lambda near: abs(error_s - near), default=0.0)


def _zone_s(facts: FleetFacts) -> float:
    zone = facts.now.astimezone(ZoneInfo(facts.timezone)).utcoffset()
    return zone.total_seconds() if zone else 0.0


def _step(facts: FleetFacts) -> Iterator[Trouble]:
    """This machine's clock was set: most trackers' clocks appear to have stepped by the same amount at about the same time."""
    heard = [row for row in facts.trackers if _is_heard(row, facts.now)]
    stepped = [
        (row.clock_step_s, row.clock_step_at)
        for row in heard
        if row.clock_step_s is not None
        and row.clock_step_at is not None
        and abs(facts.now - row.clock_step_at) <= STEP_TOLD_FOR
    ]
    for step_s, at in stepped:
        alike = [s for s, a in stepped if abs(s - step_s) <= ALIKE_S and abs(a - at) <= STEP_ALIKE]
        if len(alike) >= LEAST and 2 * len(alike) > len(heard):
            step = median(alike)
            yield Trouble(
                TroubleKind.OUR_CLOCK_STEPPED, since=at, figures={"step_s": step, "case": "on" if step > 0 else "back"}
            )
            return
    ahead = (facts.newest_received_at - facts.now).total_seconds() if facts.newest_received_at else 0.0
    if ahead > ALIKE_S:
        yield Trouble(TroubleKind.OUR_CLOCK_STEPPED, figures={"step_s": ahead, "case": "at_least"})


def _is_heard(row: TrackerHealth, now: datetime) -> bool:
    return row.is_heard(now)
