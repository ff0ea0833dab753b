"""What the watch over the fleet remembers from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """since: of an outage, when the last of the silent buses was heard; None while there is none."""

    since: datetime | None = None
    turning_since: datetime | None = None  # since when it looks as if an outage began, or was over
    expected: tuple[str, ...] = ()  # vehicle_ids that should be heard now
    silent: tuple[str, ...] = ()  # those of them that are not


NO_WATCH = FleetWatch()
