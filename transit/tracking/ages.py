"""How old the last fix of a vehicle may be: for now, for decisions, for anything that is said of it."""

from __future__ import annotations

from datetime import timedelta

LIVE_AGE = timedelta(seconds=90)  # GTFS-Realtime best practices: an older fix is not where the vehicle is now
SILENT_AGE = timedelta(seconds=150)  # MBTA Skate's "data bad": a tracker that reports each 10 to 30 s has missed several fixes
TOLD_AGE = timedelta(seconds=300)  # an older fix promises nothing, and riders are not told of it
