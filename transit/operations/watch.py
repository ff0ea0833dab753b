"""The state of the watch over the fleet, kept from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """since: the begin of the outage, when the last of the silent buses was heard; None without an outage."""

    since: datetime | None = None
    turning_since: datetime | None = None  # since when an outage seems to have begun or ended
    expected: tuple[str, ...] = ()  # vehicle_ids that should be heard now
    silent: tuple[str, ...] = ()  # those of them that are not


NO_WATCH = FleetWatch()
