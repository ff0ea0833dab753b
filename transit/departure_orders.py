"""A dispatcher's word on when a vehicle next leaves its first stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from transit.network import Network
from transit.tracking import StopEvent

COUNTS_FOR = timedelta(hours=1)  # so long before and after its time a departure can be the one that was meant


@dataclass(frozen=True, slots=True)
class DepartureOrder:
    """said_at tells an order from an older one for the same vehicle."""

    vehicle_id: str
    departs_at: datetime
    said_at: datetime

    def is_followed_by(self, event: StopEvent, network: Network) -> bool:
        """Whether the vehicle has left with this call. A departure that becomes known late may be older than the order."""
        trip = network.trips.get(event.trip.trip_id)
        if event.vehicle_id != self.vehicle_id or event.departed_at is None or trip is None:
            return False
        starts = event.stop_sequence == trip.stop_times[0].stop_sequence
        # An order may be said of a moment just past: then that moment counts, not when it was said.
        since = max(min(self.said_at, self.departs_at), self.departs_at - COUNTS_FOR)
        return starts and event.departed_at >= since
