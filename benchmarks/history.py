"""What the record takes on disk, and how soon the playback and a month's report open on three months of it.

    python -m benchmarks.history [--minutes 120] [--large-minutes 20] [--days 92] [--write]

The simulator drives the sample's routes with 14 buses; its fixes go through the pipeline and the forecaster, and the live
process's own recorder writes what the console and the riders are shown, a frame each ten seconds. Those minutes are repeated
over service hours of 17 h a day, with their moments moved, as are the observed calls in the database; the figures of a day are
computed from them once, and stored for each day. Then the pages are asked for as a dispatcher does, through the application.
500 buses are recorded for some minutes, and counted up to a day.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

from benchmarks.headways import SAMPLE, SHOWN
from benchmarks.measured_commit import measured_commit
from gps_ingest.simulation.simulator import Fleet
from gtfs.reader import read_network
from transit.arrivals.steadiness import Steadiness
from transit.control.facts import HoldingSettings
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.quality.performance import DayFigures
from transit.store.database import Engine, migrate, open_database, writing
from transit.store.history import HEAD, path_of_hour
from transit.store.networks import save_network
from transit.store.record import CONSOLE
from transit.store.record import SHOWN as SHOWN_KIND
from transit.store.service_days import keep_day, load_days, save_day
from transit.store.stop_events import save_stop_events
from transit.store.tables import from_micros, to_micros
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent, is_fresh
from transit.tracking.trip_choice import AssignmentHint
from web.factory import create_app
from web.live.control import ControlRoom
from web.live.recorder import EVERY, Recorder
from web.settings import WebSettings

BEGIN = datetime(2026, 11, 22, 23, tzinfo=UTC)  # 06:00 at UTC+7, a Monday: whole hours, as files are
SERVICE = timedelta(hours=17)  # 05:00 to 22:00
HOURS = int(SERVICE / timedelta(hours=1))
BUSES, MANY = 14, 500
ASKED = 5  # times, of which the median is told
WRITTEN = Path(__file__).parent / "results" / "history.md"
OPENS_S, TWO_HOURS_S, MONTH_S = 1.0, 3.0, 5.0  # what issue 17 asks for


def record(network: Network, vehicles: int, length: timedelta, data_dir: Path) -> list[StopEvent]:
    """Drives and writes the record of some time; returns the calls."""
    fleet, pipeline, forecaster = Fleet(network, vehicles, 1, BEGIN), Pipeline(network), Forecaster(network)
    control, recorder, steadiness = ControlRoom(network, settings=HoldingSettings()), Recorder(data_dir), Steadiness()
    off_s = {box.tracker_id: box.clock_off_s for box in fleet.boxes}
    events: list[StopEvent] = []
    now = BEGIN
    while now < BEGIN + length:
        now += EVERY
        for tracker_id, fixes in fleet.next_reports(now):
            for fix in fixes:
                report = AvlReport(
                    vehicle_id=f"BUS-{tracker_id.removeprefix('demo-')}",
                    tracker_id=tracker_id,
                    reported_at=datetime.fromtimestamp(fix["timestamp"] - off_s[tracker_id], UTC),
                    received_at=now,
                    lat=fix["latitude"],
                    lon=fix["longitude"],
                    bearing=fix.get("bearing"),
                    speed_mps=fix.get("speed"),
                )
                outcome = pipeline.step(report, AssignmentHint(), now)
                forecaster.learn(outcome.events)
                control.hear(outcome.events, now)
                events += outcome.events
        states = {vehicle_id: replace(state, memory=b"") for vehicle_id, state in pipeline.states.items()}
        fresh = [state for state in states.values() if is_fresh(state.report.reported_at, now, SHOWN)]
        forecaster.observe(fresh, now)
        standing = forecaster.standing(fresh, now)
        predictions = steadiness.hold(forecaster.predict(fresh, now, next_trips=True), now)
        waiting = {v: datetime.fromtimestamp(at, UTC) for v, (_, at) in forecaster.departures.since.items()}
        state = control.state(
            now, "", states=states, predictions=predictions, waiting=waiting, standing=standing, in_outage=False
        )
        recorder.record(now, state, states=states, predictions=predictions, standing=standing, troubles=[], alerts=[])
    return events


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def repeat(source: Path, target: Path, length: timedelta, days: int) -> Iterator[tuple[date, timedelta]]:
    """Writes the record of many days; yields each day with how far its repetitions are moved."""
    hours = int(length.total_seconds()) // 3600
    for back in range(1, days + 1):
        for part in range(-(-int(SERVICE.total_seconds()) // 3600 // hours)):
            moved = timedelta(hours=part * hours - 1) - timedelta(days=back)
            for hour in range(hours):
                at = BEGIN + timedelta(hours=hour)
                for kind in (CONSOLE, SHOWN_KIND):
                    _move(path_of_hour(source, kind, at), path_of_hour(target, kind, at + moved), moved)
            yield (BEGIN + moved).date(), moved


def _move(source: Path, target: Path, moved: timedelta) -> None:
    content, place, parts = source.read_bytes(), 0, []
    while place + HEAD <= len(content):
        end = place + HEAD + int.from_bytes(content[place : place + 4], "big")
        at = from_micros(int.from_bytes(content[place + 4 : place + HEAD], "big"))
        parts += [content[place : place + 4], to_micros(at + moved).to_bytes(8, "big"), content[place + HEAD : end]]
        place = end
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join(parts))


def moved_calls(events: Sequence[StopEvent], moved: timedelta) -> list[StopEvent]:
    days = round((moved + timedelta(hours=12)) / timedelta(days=1))
    return [
        replace(
            event,
            trip=replace(
                event.trip,
                start_date=event.trip.start_date + timedelta(days=days),
                start_s=None if event.trip.start_s is None else event.trip.start_s + round(moved.total_seconds()) % 86_400,
            ),
            arrived_at=event.arrived_at + moved,
            departed_at=None if event.departed_at is None else event.departed_at + moved,
        )
        for event in events
    ]


def asked(what: Callable[[], object]) -> float:
    """Seconds: the median of several; the first, which loads what later ones find, is among them."""
    times = []
    for _ in range(ASKED):
        started = perf_counter()
        what()
        times.append(perf_counter() - started)
    return median(times)


def opens(client: object, path: str) -> Callable[[], None]:
    def ask() -> None:
        answer = client.get(path, environ_base={"REMOTE_ADDR": "127.0.0.1"})  # type: ignore[attr-defined]
        assert answer.status_code == 200, (path, answer.status_code)
        assert len(answer.data) > 1000, path

    return ask


def fill(
    engine: Engine, network: Network, data_dir: Path, source: Path, events: list[StopEvent], options: argparse.Namespace
) -> str:
    """The database and the record of many days; returns the network's version."""
    migrate(engine)
    with writing(engine) as connection:
        version = save_network(connection, network, now=BEGIN, source="benchmark")
    for _, moved in repeat(source, data_dir, timedelta(minutes=options.minutes), options.days):
        with writing(engine) as connection:
            save_stop_events(connection, moved_calls(events, moved))
    return version


def keep_month(engine: Engine, network: Network, data_dir: Path, version: str, now: datetime) -> float:
    """One day's figures, computed, and stored for 31 days; seconds of the computing."""
    day = (now - timedelta(days=2)).date()
    started = perf_counter()
    keep_day(engine, data_dir, network, day, network_version=version, now=now)
    took_s = perf_counter() - started
    with engine.connect() as connection:
        figures = load_days(connection, day, day)[day]
    with writing(engine) as connection:
        for back in range(1, 63):
            other = (now - timedelta(days=back)).date()
            hours = [msgspec.structs.replace(row, day=other) for row in figures.hours]
            moved = DayFigures(hours=hours, ends=figures.ends, empty_m=figures.empty_m)
            save_day(connection, other, moved, network_version=version, now=now)
    return took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=120, help="recorded of 14 buses, whole hours")
    parser.add_argument("--large-minutes", type=int, default=20, help="recorded of 500 buses; 0: not")
    parser.add_argument("--days", type=int, default=92)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    network = read_network(SAMPLE)
    lines = []

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    with tempfile.TemporaryDirectory() as folder:
        source, data_dir = Path(folder) / "once", Path(folder) / "data"
        events = record(network, BUSES, timedelta(minutes=options.minutes), source)
        a_day = SERVICE / timedelta(minutes=options.minutes) * bytes_below(source)
        say(f"{BUSES} buses: {a_day / 1e6:.1f} MB a day of {HOURS} h, {a_day * 92 / 1e9:.2f} GB in 92 days")
        if options.large_minutes:
            large = Path(folder) / "large"
            record(network, MANY, timedelta(minutes=options.large_minutes), large)
            a_day = SERVICE / timedelta(minutes=options.large_minutes) * bytes_below(large)
            say(f"{MANY} buses: {a_day / 1e6:.0f} MB a day of {HOURS} h, {a_day * 92 / 1e9:.1f} GB in 92 days")
        engine = open_database(f"sqlite:///{Path(folder) / 'transit.db'}")
        version = fill(engine, network, data_dir, source, events, options)
        now = BEGIN + timedelta(hours=3)
        say(f"on disk: {bytes_below(data_dir) / 1e6:.0f} MB of {options.days} days")
        say(f"a day's figures are computed in {keep_month(engine, network, data_dir, version, now):.1f} s, once")
        engine.dispose()
        settings = WebSettings(data_dir, f"sqlite:///{Path(folder) / 'transit.db'}", armada_is_local=True, clock=lambda: now)
        measure(create_app(settings).test_client(), network, now, say)
    if options.write:
        command = f"`python -m benchmarks.history {' '.join(sys.argv[1:])}`"
        head = f"# The record\n\n{command}, {datetime.now(UTC):%Y-%m-%d}, commit {measured_commit()}.\n\n"
        WRITTEN.write_text(head + "\n".join(f"- {line}" for line in lines) + "\n", encoding="utf-8")


def measure(client: object, network: Network, now: datetime, say: Callable[[str], None]) -> None:
    """Asks as a dispatcher and a supervisor do."""
    day = now - timedelta(days=40)
    stop_id = max(network.routes_of_stop, key=lambda row: len(network.routes_of_stop[row]))
    moment = f"{day:%Y-%m-%d}T09:30"
    span = f"dari={day:%Y-%m-%d}T08:00&sampai={day:%Y-%m-%d}T10:00"
    month = f"per=bulan&tanggal={now.date().replace(day=1) - timedelta(days=1)}"
    rows = [
        ("the playback opens", f"/armada/putar?t={moment}", OPENS_S),
        ("with a verdict on a stop", f"/armada/putar?t={moment}&halte={stop_id}", OPENS_S),
        ("its next frame", f"/armada/putar?t={moment}&part=putar", OPENS_S),
        ("two hours as CSV", f"/armada/putar.csv?{span}", TWO_HOURS_S),
        ("two hours as GeoJSON", f"/armada/putar.geojson?{span}", TWO_HOURS_S),
        ("a month's report", f"/armada/kinerja?{month}", MONTH_S),
        ("a month's report as CSV", f"/armada/kinerja.csv?{month}", MONTH_S),
        ("a month's report as PDF", f"/armada/kinerja.pdf?{month}", MONTH_S),
    ]
    for name, path, limit_s in rows:
        took_s = asked(opens(client, path))
        say(f"{name}: {took_s:.2f} s (at most {limit_s:.0f}): {'kept' if took_s <= limit_s else 'NOT KEPT'}")


if __name__ == "__main__":
    main()
