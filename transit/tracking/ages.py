"""How old a vehicle's last fix may be to count as live, as heard, and as told to riders."""

from __future__ import annotations

from datetime import timedelta

LIVE_AGE = timedelta(seconds=90)  # GTFS-Realtime best practices: an older fix is not where the vehicle is now
SILENT_AGE = timedelta(seconds=150)  # MBTA Skate's "data bad": a tracker that reports each 10 to 30 s has missed several fixes
TOLD_AGE = timedelta(seconds=300)  # with an older fix a vehicle is not predicted and not shown to riders
