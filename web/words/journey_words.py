"""What is said to riders about a journey: its times, its changes and how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask_babel import gettext, ngettext

from transit.plan.journeys import Journey, Ride, Walk
from transit.plan.runs import Moment, Source
from web.words import phrasing

if TYPE_CHECKING:
    from transit.plan.journeys import Leg

WIDE_S = 180.0  # an interval wider than this is told as a band
SURE, LIKELY, DOUBTFUL = 0.9, 0.65, 0.3


def at(moment: Moment) -> datetime:
    return datetime.fromtimestamp(moment.at, UTC)


def begin(moment: Moment) -> datetime:
    """The early end of its interval; by headway that is when to be at the stop."""
    return datetime.fromtimestamp(moment.low, UTC)


def clock(moment: Moment, day: datetime, *, zone: str = "", about: bool = False) -> str:
    """A time in a stop's zone, as a band where its interval is wide; with its weekday if that is not the day of `day`."""
    if moment.high - moment.low > WIDE_S:
        return _band(moment, day, zone)
    time = phrasing.moment(at(moment), day, zone)
    return gettext("about %(time)s", time=time) if about else time


def _band(moment: Moment, day: datetime, zone: str) -> str:
    low, high = (datetime.fromtimestamp(unix_s, UTC) for unix_s in (moment.low, moment.high))
    return f"{phrasing.moment(low, day, zone)}–{phrasing.moment(high, low, zone)}"


def span(journey: Journey, now: datetime, zone_of: Callable[[str], str]) -> str:
    """Begin and end, "09.12-09.41", of another day "Senin 09.12-09.41"; by headway only about when it arrives.

    zone_of: stop_id -> its time zone.
    """
    first, last = at(journey.leaves), at(journey.comes)
    here, there = zone_of(journey.rides[0].board), zone_of(journey.rides[-1].alight)
    if journey.rides[0].source is Source.HEADWAY:
        return gettext("there about %(time)s", time=phrasing.moment(last, now, there))
    return f"{phrasing.moment(first, now, here)}–{phrasing.moment(last, first, there)}"


def band(journey: Journey, day: datetime, zone_of: Callable[[str], str]) -> str:
    """The band of the arrival, with its day if that is another one; empty where the interval is not wide."""
    if journey.comes.high - journey.comes.low <= WIDE_S:
        return ""
    low, high = (datetime.fromtimestamp(unix_s, UTC) for unix_s in (journey.comes.low, journey.comes.high))
    zone = zone_of(journey.rides[-1].alight)
    return gettext("between %(low)s and %(high)s", low=phrasing.moment(low, day, zone), high=phrasing.moment(high, low, zone))


def minutes(seconds: float) -> str:
    return gettext("%(count)s min", count=max(1, round(seconds / 60)))


def on_foot(seconds: float | None) -> str:
    """How long the way takes on foot; empty where that is not known or zero."""
    return "" if not seconds else gettext("On foot about %(minutes)s.", minutes=minutes(seconds))


def changes(journey: Journey) -> str:
    count = journey.changes
    return ngettext("%(num)s change", "%(num)s changes", count) if count else gettext("no change")


def leaving(ride: Ride, day: datetime, zone: str = "") -> str:
    """When the bus leaves, as sure as that is known."""
    if ride.source is Source.HEADWAY and ride.run.headway_s:
        return phrasing.every(round(ride.run.headway_s))
    return clock(ride.leaves, day, zone=zone)


def walking(journey: Journey, walk: Walk, day: datetime, zone_of: Callable[[str], str]) -> tuple[str, str]:
    """(when to set out, when one is there): the first of a walk to a bus with times, the second of a walk from a bus."""
    rides_before, since_s = [], 0.0
    for leg in journey.legs:
        since_s = since_s + leg.seconds if isinstance(leg, Walk) else 0.0
        if leg is walk:
            break
        if isinstance(leg, Ride):
            rides_before.append(leg)
    if not rides_before:
        first = journey.rides[0]
        return ("" if first.source is Source.HEADWAY else clock(journey.leaves, day, zone=zone_of(first.board))), ""
    last = rides_before[-1]
    there = last.comes.later(since_s)
    return "", clock(there, day, zone=zone_of(last.alight), about=last.source is Source.HEADWAY)


def source(ride: Ride) -> str:
    return {
        Source.LIVE: gettext("Live"),
        Source.TIMETABLE: gettext("Timetable, no bus seen"),
        Source.HEADWAY: gettext("Headway only"),
    }[ride.source]


def chance(value: float | None) -> str:
    """How likely a change succeeds, in tenths unless it is certain; empty where that is not known."""
    if value is None:
        return ""
    if value >= SURE:
        return gettext("almost certain")
    tenths = max(1, round(10 * value))
    if value >= LIKELY:
        return gettext("likely, %(count)s of 10", count=tenths)
    if value >= DOUBTFUL:
        return gettext("tight, %(count)s of 10", count=tenths)
    return gettext("hardly, %(count)s of 10", count=tenths)


def bar(journey: Journey) -> list[tuple[str, float, float, Leg | None]]:
    """(kind, begin as a share, length as a share, leg) of each stretch of a journey, waits included, for a bar."""
    whole = max(journey.seconds, 1.0)
    rows: list[tuple[str, float, float, Leg | None]] = []
    place, clock_s = 0.0, journey.leaves.at
    for leg in journey.legs:
        if isinstance(leg, Walk):
            rows.append(("walk", place, leg.seconds / whole, leg))
            clock_s += leg.seconds
        else:
            wait = max(leg.leaves.at - clock_s, 0.0) / whole
            if wait > 0.0:
                rows.append(("wait", place, wait, None))
                place += wait
            rows.append(("ride", place, (leg.comes.at - leg.leaves.at) / whole, leg))
            clock_s = leg.comes.at
        place += rows[-1][2]
    return rows


def is_ride(leg: Leg) -> bool:
    return isinstance(leg, Ride)
