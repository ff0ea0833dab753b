"""When a dispatcher has a vehicle leave its first stop next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from transit.plan.network import Network
from transit.tracking.state import StopEvent

COUNTS_FOR = timedelta(hours=1)  # a departure earlier than this before the ordered time does not follow the order
EARLIEST, LATEST = timedelta(minutes=-5), timedelta(hours=3)  # the ordered time lies between these, counted from now


def moment_of(text: str, now: datetime, timezone: str) -> datetime:
    """HH:MM on the agency's clock, as the moment nearest to now; aware UTC.

    Raises ValueError where it is no time of day or too far from now; its text says what can be written.
    """
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if clock is None:
        raise ValueError(f"{text!r} is no time of day like 07:15")
    local = now.astimezone(ZoneInfo(timezone))
    at = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
    days = ((at + timedelta(days=day)).astimezone(UTC) for day in (-1, 0, 1))
    nearest = min(days, key=lambda moment: abs(moment - now))
    if not EARLIEST <= nearest - now <= LATEST:
        raise ValueError(f"{text} is too far from now, {local:%H:%M}: from 5 minutes ago to 3 hours ahead can be said")
    return nearest


@dataclass(frozen=True, slots=True)
class DepartureOrder:
    """A dispatcher's order that a vehicle leaves its first stop at departs_at.

    said_at: when the order was given; of several for one vehicle the newest counts.
    """

    vehicle_id: str
    departs_at: datetime
    said_at: datetime

    def is_followed_by(self, event: StopEvent, network: Network) -> bool:
        """Whether this call is the departure that was ordered. One from before the order can become known after it."""
        trip = network.trips.get(event.trip.trip_id)
        if event.vehicle_id != self.vehicle_id or event.departed_at is None or trip is None:
            return False
        starts = event.stop_sequence == trip.stop_times[0].stop_sequence
        # An order may be given for a moment just past: then that moment counts, not when it was given.
        since = max(min(self.said_at, self.departs_at), self.departs_at - COUNTS_FOR)
        return starts and event.departed_at >= since
