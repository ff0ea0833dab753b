"""The service day of GTFS: its date, its zero (noon minus twelve hours), and which services run on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from transit.plan.network import Network

NOON_H = 12
HOUR_S = 3600
DAY_S = 24 * HOUR_S  # of a clock without a change of summer time
STARTS_KEPT = 4096  # service days and zones: ten years of one city


@lru_cache(maxsize=STARTS_KEPT)
def service_day_start(service_date: date, timezone: str) -> datetime:
    """The moment from which a service day's times count, UTC: local noon minus 12 h (GTFS reference, "Time")."""
    noon = datetime(service_date.year, service_date.month, service_date.day, NOON_H, tzinfo=ZoneInfo(timezone))
    return noon.astimezone(UTC) - timedelta(hours=NOON_H)


def moment(service_date: date, seconds: float, timezone: str) -> datetime:
    """The moment (UTC) that a time of the service day means; seconds may pass 24 h."""
    return service_day_start(service_date, timezone) + timedelta(seconds=seconds)


def seconds_of_day(at: datetime, service_date: date, timezone: str) -> float:
    """Seconds from the service day's zero to a moment; negative before it."""
    return (at - service_day_start(service_date, timezone)).total_seconds()


def local_date(at: datetime, timezone: str) -> date:
    """The date on the clocks of a zone, which after midnight is not that of the service day."""
    return at.astimezone(ZoneInfo(timezone)).date()


def format_time(seconds: int) -> str:
    """HH:MM:SS of a service day, past 24 where need be: 90610 -> 25:10:10."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def services_on(network: Network, service_date: date) -> frozenset[str]:
    """The service_ids that run on a date (calendar.txt, then the exceptions of calendar_dates.txt)."""
    running = {
        row.service_id
        for row in network.calendars.values()
        if row.start_date <= service_date <= row.end_date and row.weekdays[service_date.weekday()]
    }
    for row in network.exceptions_on.get(service_date, ()):
        (running.add if row.added else running.discard)(row.service_id)
    return frozenset(running)
