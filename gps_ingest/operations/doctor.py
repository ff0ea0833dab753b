"""What is wrong with a set-up, in plain sentences, each with the way out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from gps_ingest.mqtt import NotABroker, ask_broker, parse_url
from transit.plan.network import Network
from transit.plan.service_day import local_date
from transit.store.database import DatabaseError, Engine, UnknownSchema, check_schema
from transit.store.networks import current_version, load_network
from transit.store.trackers import TrackerHealth, load_tracker_health, newest_received_at
from transit.tracking.tracker_clock import ENOUGH

SILENT = timedelta(minutes=5)  # a fleet that says nothing for so long is not there
EXPIRES_SOON = timedelta(days=14)
SNAPSHOT_OLD = timedelta(seconds=30)
LEAST_FREE_MB = 500
ANSWERS_WITHIN_S = 5.0
OUR_CLOCK_S = 20.0  # when so much of an offset is common to most trackers, the clock that is wrong is ours


def examine(
    engine: Engine, mqtt_url: str, data_dir: Path, now: datetime, snapshot_at: datetime | None, offered_openly: bool
) -> Iterator[str]:
    """Findings; none where all is well. snapshot_at: when the live process last wrote; offered_openly: BIND is not loopback
    and no ADMIN_PASSWORD is set."""
    try:
        check_schema(engine)
    except UnknownSchema as error:
        yield str(error)
    except DatabaseError as error:
        yield f"The database cannot be reached: {error.orig}. Check DATABASE_URL."
    else:
        yield from _of_facts(engine, now)
    yield from _of_broker(mqtt_url)
    yield from _of_snapshot(snapshot_at, now)
    free_mb = shutil.disk_usage(data_dir if data_dir.exists() else Path.cwd()).free / 1e6
    if free_mb < LEAST_FREE_MB:
        yield f"Only {free_mb:.0f} MB are free where DATA_DIR lies; make room, or reports cannot be stored."
    if data_dir.exists() and not os.access(data_dir, os.W_OK):
        yield f"DATA_DIR {data_dir} cannot be written to; give it to the user who runs the system."
    if offered_openly:
        yield "BIND offers the pages to the network without ADMIN_PASSWORD: /armada answers to this machine only. Set one."


def _of_facts(engine: Engine, now: datetime) -> Iterator[str]:
    with engine.connect() as connection:
        version = current_version(connection)
        network = None if version is None else load_network(connection, version)
        trackers = load_tracker_health(connection)
        newest = newest_received_at(connection)
    if network is None:
        yield "No network is loaded. Import one: python app.py gtfs import FOLDER_OR_ZIP (data/binjai is the sample)."
    else:
        yield from _of_feed(network, now)
    if newest is None:
        yield "No report of any tracker has ever come in. docs/TRACKERS.md shows how to send one by hand."
    elif now - newest > SILENT:
        yield f"No report since {newest:%Y-%m-%d %H:%M:%S} UTC, {_spoken(now - newest)} ago. Are trackers and broker connected?"
    elif newest - now > SILENT:
        yield f"The newest report came in at {newest:%Y-%m-%d %H:%M} UTC, still to come: this machine's clock was set back."
    yield from _of_trackers(trackers)


def _of_feed(network: Network, now: datetime) -> Iterator[str]:
    today = local_date(now, network.timezone)
    last = last_service_date(network)
    if last is None:
        yield "The feed runs no service on any day: its calendar is empty. Import one that does."
    elif last < today:
        yield f"The feed expired: its last day of service was {last}. Import the new one: python app.py gtfs import ..."
    elif last - today < EXPIRES_SOON:
        yield f"The feed expires soon: its last day of service is {last}. Import the new one before."


def last_service_date(network: Network) -> date | None:
    """The last day on which any service may run; None where there is none."""
    days = [calendar.end_date for calendar in network.calendars.values()]
    days += [row.date for row in network.calendar_dates if row.added]
    return max(days, default=None)


def _of_trackers(trackers: list[TrackerHealth]) -> Iterator[str]:
    offsets = [row.clock_offset_s for row in trackers if row.clock_offset_s is not None and row.vehicle_id]
    common = median(offsets) if len(offsets) >= ENOUGH else 0.0
    if abs(common) > OUR_CLOCK_S:
        yield f"Most trackers' clocks differ from ours by {common:.0f} s: the clock of this machine is wrong. Is NTP running?"
    for row in trackers:
        if row.vehicle_id is None:
            if row.last_received_at is not None:
                way = f"python app.py trackers map {row.tracker_id} VEHICLE"
                yield f"Tracker {row.tracker_id} reports but is on no vehicle: {way}"
            continue
        if row.shared_with:
            yield f"Trackers {row.tracker_id} and {', '.join(row.shared_with)} are both on vehicle {row.vehicle_id}."
        if row.clock_offset_s and abs(row.clock_offset_s - common) > OUR_CLOCK_S:
            yield f"The clock of tracker {row.tracker_id} is off by {-row.clock_offset_s:.0f} s (corrected)."
        if row.last_error is not None and row.last_error_at is not None:
            yield f"Tracker {row.tracker_id}, {row.last_error_at:%Y-%m-%d %H:%M} UTC: {row.last_error}"


def _of_broker(mqtt_url: str) -> Iterator[str]:
    """Asks the broker as a client that may publish nothing and reads nothing."""
    try:
        address = parse_url(mqtt_url)
    except ValueError as error:
        yield f"{error}."
        return
    where = f"{address.host}:{address.port}"
    try:
        refusal = ask_broker(address, ANSWERS_WITHIN_S)
    except NotABroker:
        yield f"Something at {where} takes connections but does not answer as an MQTT broker. Check MQTT_URL, MQTT_PORT."
    except OSError as error:
        yield f"The broker at {where} cannot be reached ({error}). Start it (python app.py run does), or check MQTT_URL."
    else:
        if refusal is not None:
            yield f"The broker at {where} does not let us in: {refusal}. Check user and password in MQTT_URL."


def _of_snapshot(snapshot_at: datetime | None, now: datetime) -> Iterator[str]:
    if snapshot_at is None:
        yield "The live process has written nothing yet: no arrivals are computed. Start it: python app.py run"
    elif now - snapshot_at > SNAPSHOT_OLD:
        yield f"The live process wrote last {_spoken(now - snapshot_at)} ago: arrivals stand still. Start it: python app.py run"


def _spoken(age: timedelta) -> str:
    seconds = round(age.total_seconds())
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
