"""The state of the watch over the fleet, kept from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FleetWatch:
    """since: the begin of the outage, when the last of the buses that were silent then was heard; None without an outage."""

    since: datetime | None = None
    turning_since: datetime | None = None  # since when an outage seems to have begun or ended
    expected: tuple[str, ...] = ()  # vehicle_ids that should be heard now
    silent: tuple[str, ...] = ()  # those of them that are not
    last_heard_at: datetime | None = None  # when the last of the silent ones was heard

    @property
    def is_whole(self) -> bool:
        """Whether an outage takes in every bus that should be heard."""
        return self.since is not None and 0 < len(self.silent) >= len(self.expected)

    @property
    def missing_since(self) -> datetime | None:
        """Since when the silent buses cannot be seen; None without an outage, and while it is not over and all are heard.

        Of a fleet that fell silent bus by bus, since none of them is.
        """
        if self.since is None or not self.silent:
            return None
        return self.last_heard_at if self.is_whole and self.last_heard_at is not None else self.since


NO_WATCH = FleetWatch()
