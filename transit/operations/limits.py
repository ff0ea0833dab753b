"""Limits beyond which something is a matter for the dispatcher; an operator may set them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from transit.tracking.ages import SILENT_AGE


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """Limits in the unit of their suffix. Where a pair exists, an open matter ends only beyond the second number."""

    lasts_s: float = 20.0  # how long a trouble must last before it is a matter
    clears_s: float = 60.0  # how long it must be gone before the matter is over
    headway_clears_s: float = 300.0  # the same for bunching and gaps: two buses at a terminal are not apart yet
    falls_silent_s: float = SILENT_AGE.total_seconds()  # of a bus on a trip: nothing is decided on an older fix
    silent_s: float = 300.0  # a tracker that reports every two minutes may miss one
    off_line_s: float = 120.0  # longer than passing a parked lorry takes
    loose_s: float = 300.0  # moving without a trip; longer than the way from the depot
    bunched_s: float = 120.0  # behind the bus ahead, or
    bunched_share: float = 0.25  # of the headway, whichever is more
    bunched_over: float = 1.5  # at this many times the limit they are apart again
    gap_share: float = 1.5  # of the headway that the buses on the road can keep
    gap_over: float = 1.25
    battery_pct: float = 20.0
    battery_over_pct: float = 25.0
    ticket_h: float = 24.0  # a rider waits for an answer
    notice_ends_min: float = 30.0
    feed_ends_days: float = 14.0  # time to ask for the new one


DEFAULT = InboxLimits()
NAMES = tuple(field.name for field in fields(InboxLimits))


def parse_limits(text: str) -> InboxLimits:
    """Limits from text like `silent_s=240,battery_pct=15`. Raises ValueError with a text that says what can be written."""
    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in NAMES:
            raise ValueError(f"INBOX_LIMITS names {name!r}; there are {', '.join(NAMES)}")
        if not value.replace(".", "", 1).isdigit():
            raise ValueError(f"INBOX_LIMITS has {part!r}; give a number that is not negative: silent_s=300,battery_pct=20")
        values[name] = float(value)
    return replace(DEFAULT, **values)
