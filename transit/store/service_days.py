"""The figures of service of each day: computed from calls and the record, kept for good."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from transit.plan.network import Network
from transit.plan.service_day import moment
from transit.quality.empty_runs import Look, empty_metres
from transit.quality.performance import DayFigures, coverage_of, day_figures
from transit.store.database import Engine, writing
from transit.store.formats import StoredFormat
from transit.store.record import console_frames
from transit.store.stop_events import load_events_between
from transit.store.tables import service_days
from transit.store.upsert import upsert
from transit.tracking.ages import SILENT_AGE
from transit.tracking.state import WITH_TRIP, StopEvent

CONTENT = StoredFormat(DayFigures, number=1)
LOOK_EVERY = timedelta(seconds=60)  # at the record, for the coverage of an hour
GONE_S = 3600  # and after this its bus has gone home
REACHES = timedelta(hours=6)  # a service day's last trips reach so far into the next


def calls_of_day(connection: Connection, network: Network, day: date) -> list[StopEvent]:
    """The observed calls of a service day."""
    since = moment(day, 0, network.timezone)
    events = load_events_between(connection, since, since + timedelta(days=1) + REACHES)
    return [event for event in events if event.trip.start_date == day]


def figures_of_day(connection: Connection, data_dir: Path, network: Network, day: date) -> DayFigures:
    """Computed anew."""
    covered: list[tuple[datetime, str, bool]] = []
    looks: list[Look] = []
    since = moment(day, 0, network.timezone)
    for at, frame in console_frames(data_dir, since, since + timedelta(days=1) + REACHES, LOOK_EVERY):
        for row in frame.vehicles:
            trip = network.trips.get(row.trip_id)
            age_s, is_under_way = at.timestamp() - row.received_at, row.status in WITH_TRIP
            if trip is not None and is_under_way and age_s <= GONE_S:
                covered.append((at, trip.route_id, age_s <= SILENT_AGE.total_seconds()))
            if age_s <= SILENT_AGE.total_seconds():
                looks.append(Look(at=at, vehicle_id=row.vehicle_id, lat=row.lat, lon=row.lon, is_empty=not is_under_way))
    empty_m = empty_metres((look for look in looks if look.at < since + timedelta(days=1)), day, network.timezone)
    coverage = coverage_of(covered, day, network.timezone)
    return day_figures(network, day, calls_of_day(connection, network, day), coverage, empty_m or None)


def save_day(connection: Connection, day: date, figures: DayFigures, *, network_version: str, now: datetime) -> None:
    """Stores a day's figures; what was stored of it before is replaced."""
    row = {"day": day, "network_version": network_version, "made_at": now, "content": CONTENT.encode(figures)}
    upsert(connection, service_days, [row])


def keep_day(engine: Engine, data_dir: Path, network: Network, day: date, *, network_version: str, now: datetime) -> DayFigures:
    """Computes and stores a day; what was stored of it before is replaced."""
    with engine.connect() as connection:
        figures = figures_of_day(connection, data_dir, network, day)
    with writing(engine) as connection:
        save_day(connection, day, figures, network_version=network_version, now=now)
    return figures


def load_days(connection: Connection, first: date, last: date) -> dict[date, DayFigures]:
    """The stored days; one of another format is not among them."""
    table = service_days.c
    rows = connection.execute(select(table.day, table.content).where(table.day >= first, table.day <= last).order_by(table.day))
    days = {day: CONTENT.decode(content) for day, content in rows}
    return {day: figures for day, figures in days.items() if figures is not None}
