"""What a simulated tracker sent, as the pipeline gets it: its clock put right, without a broker between."""

from __future__ import annotations

from datetime import UTC, datetime

from gps_ingest.simulation.publisher import Fix
from gps_ingest.simulation.simulator import Fleet
from transit.tracking.report import AvlReport


def report_of(fleet: Fleet, tracker_id: str, fix: Fix, now: datetime) -> AvlReport:
    """now: when it arrives. The vehicle is called as its tracker."""
    off_s = next(box.clock_off_s for box in fleet.boxes if box.tracker_id == tracker_id)
    return AvlReport(
        vehicle_id=tracker_id,
        tracker_id=tracker_id,
        reported_at=datetime.fromtimestamp(fix["timestamp"] - off_s, UTC),
        received_at=now,
        lat=fix["latitude"],
        lon=fix["longitude"],
        bearing=fix.get("bearing"),
        speed_mps=fix.get("speed"),
    )
