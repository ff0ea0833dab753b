"""The command line: the only place that reads the environment, and where the rooms are put together."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from transit.clock import Clock, parse_clock

if TYPE_CHECKING:
    from transit.network import Network
    from transit.store.database import Engine
    from web.settings import WebSettings

HOUSE = Path(__file__).resolve().parent
SAMPLE = HOUSE / "data" / "binjai"
DEMO_VEHICLES = 8  # the FACTS speak of 6-10 of 14 buses in use
SCORED_AT_HOUR_UTC = 19  # 02:00 in Binjai
LOOPBACK = ("127.0.0.1", "::1", "localhost")


# ---- settings


@dataclass(frozen=True)
class Settings:
    """What the environment says. README.md has the table."""

    port: int
    mqtt_port: int
    bind: str
    data_dir: Path
    database_url: str
    mqtt_url: str  # empty: the embedded broker
    tile_url: str
    admin_password: str
    clock: Clock

    @classmethod
    def of_environment(cls) -> Settings:
        data_dir = Path(os.environ.get("DATA_DIR") or "var").expanduser().resolve()
        try:
            clock = parse_clock(os.environ.get("TRANSIT_NOW", ""))
        except ValueError as error:
            fail(str(error))
        return cls(
            _port("PORT", 8000),
            _port("MQTT_PORT", 1883),
            os.environ.get("BIND") or "127.0.0.1",
            data_dir,
            os.environ.get("DATABASE_URL") or f"sqlite:///{data_dir / 'transit.db'}",
            os.environ.get("MQTT_URL", ""),
            os.environ.get("TILE_URL", ""),
            os.environ.get("ADMIN_PASSWORD", ""),
            clock,
        )

    @property
    def broker_url(self) -> str:
        """Where our own processes reach the broker."""
        if self.mqtt_url:
            return self.mqtt_url
        from gps_ingest import broker

        return broker.url_of(self.data_dir, self.bind, self.mqtt_port)

    @property
    def address(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.bind, f"[{self.bind}]" if ":" in self.bind else self.bind)
        return f"http://{host}:{self.port}"

    def for_web(self) -> WebSettings:
        from web.settings import WebSettings

        fresh_s = 10.0 * max(self.clock.speed, 1.0)  # ten seconds of the wall, however fast a set clock runs

        return WebSettings(self.data_dir, self.database_url, self.tile_url, self.admin_password, self.clock, SAMPLE, fresh_s)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        fail(f"{name} is {text!r}; give a port number from 1 to 65535")
    return int(text)


def fail(sentence: str) -> NoReturn:
    """Ends the command with a sentence for the one who typed it."""
    click.echo(sentence, err=True)
    sys.exit(1)


# ---- what most commands need


def opened(settings: Settings, *, may_create: bool = False) -> Engine:
    """The database, at the schema that this version knows; otherwise the command ends with the way out."""
    from transit.store.database import DatabaseError, UnknownSchema, check_schema, migrate, open_database

    try:
        engine = open_database(settings.database_url)
        (migrate if may_create else check_schema)(engine)
    except UnknownSchema as error:
        fail(str(error))
    except DatabaseError as error:
        fail(f"The database cannot be opened: {error.orig}. Check DATABASE_URL and DATA_DIR.")
    except Exception as error:  # a URL that SQLAlchemy cannot read, a driver that is missing
        fail(f"DATABASE_URL cannot be used: {error}")
    return engine


def loaded(engine: Engine) -> Network:
    """The current network; without one the command ends with the way out."""
    from transit.store.networks import current_version, load_network

    with engine.connect() as connection:
        version = current_version(connection)
        if version is None:
            fail("No network is loaded. Import one: python app.py gtfs import FOLDER_OR_ZIP (data/binjai is the sample)")
        return load_network(connection, version)


def told_to_stop() -> threading.Event:
    """Set by SIGINT or SIGTERM, even where a shell handed SIGINT down as ignored."""
    event = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: event.set())
    return event


def read_gtfs(source: Path) -> Network:
    """The network of a feed; what of it was left out or read as something plain is told on stderr."""
    from gtfs.reader import BrokenFeed, read_feed

    try:
        network, warnings = read_feed(source)
    except BrokenFeed as error:
        fail(f"{source}: {error}\nNothing was imported; the network that was loaded stays.")
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    return network


def import_network(engine: Engine, network: Network, source: str, now: datetime) -> str:
    from transit.store.database import writing
    from transit.store.networks import save_network

    with writing(engine) as connection:
        return save_network(connection, network, now=now, source=source)


EXISTING = click.Path(exists=True, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)
pass_settings = click.make_pass_decorator(Settings)


def example(*lines: str) -> str:
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from the environment: PORT, MQTT_PORT, BIND, DATA_DIR, DATABASE_URL, MQTT_URL, TILE_URL, "
    "ADMIN_PASSWORD, TRANSIT_NOW. README.md says what each is.",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Trans Binjai: from a tracker's MQTT message to the rider's page and GTFS-Realtime."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    context.obj = Settings.of_environment()


# ---- the whole system


@main.command(epilog=example("python app.py run --demo", "PORT=8001 MQTT_PORT=1884 DATA_DIR=/srv/bus python app.py run"))
@click.option("--demo", is_flag=True, help="The sample network where none is loaded, and simulated buses on it.")
@pass_settings
def run(settings: Settings, demo: bool) -> None:
    """Start everything: broker (unless MQTT_URL), ingest, live, web; with --demo a simulated fleet."""
    from gps_ingest.supervisor import Supervisor

    say = progress()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(_environment_of(settings), say)
    supervisor.listen()
    with alone(settings.data_dir):
        _refuse_taken_ports(settings)
        engine = opened(settings, may_create=True)
        say(f"database {engine.url.render_as_string(hide_password=True)}")
        drives = demo and _prepare_demo(engine, settings, say)
        engine.dispose()
        _warn(settings, say)
        try:
            _start_all(supervisor, settings, drives, say)
            if supervisor.watch(_Ready(settings)):
                say(f"ready: {settings.address}   (end it with Ctrl-C)")
                supervisor.watch(_Daily(supervisor, settings))
        finally:
            supervisor.stop()
    say("ended")


def _start_all(supervisor: Any, settings: Settings, drives: bool, say: Callable[[str], None]) -> None:
    this = [sys.executable, str(HOUSE / "app.py")]
    if not settings.mqtt_url:
        supervisor.start("broker", [*this, "broker"])
        say(f"broker mqtt://{settings.bind}:{settings.mqtt_port}")
    for name in ("ingest", "live", "web"):
        supervisor.start(name, [*this, name])
    say("ingest, live and web are starting")
    if drives:
        supervisor.start("simulate", [*this, "simulate", "--vehicles", str(DEMO_VEHICLES)], restarts=False)
        say(f"demo: {DEMO_VEHICLES} simulated buses")


class _Daily:
    """Once a day, in the small hours, the scorecard of the day before is made and kept; never an end to wait for."""

    def __init__(self, supervisor: Any, settings: Settings) -> None:
        self.supervisor, self.settings = supervisor, settings
        self.done: object = None

    def __call__(self) -> bool:
        now = self.settings.clock()
        if now.hour == SCORED_AT_HOUR_UTC and self.done != now.date():
            self.done = now.date()
            words = [sys.executable, str(HOUSE / "app.py"), "scorecard", "--keep"]
            self.supervisor.start("scorecard", words, restarts=False)
        return False


class _Ready:
    """Whether the web answers; asks twice a second."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.address + "/healthz"
        self.next_at = 0.0

    def __call__(self) -> bool:
        from urllib.error import HTTPError, URLError
        from urllib.request import urlopen

        if time.monotonic() < self.next_at:
            return False
        self.next_at = time.monotonic() + 0.3
        try:
            with urlopen(self.url, timeout=1.0):
                return True
        except HTTPError:  # it answers, and says that something is not well yet
            return True
        except (URLError, OSError):
            return False


def progress() -> Callable[[str], None]:
    started = time.monotonic()
    return lambda sentence: click.echo(f"[{time.monotonic() - started:5.1f} s] {sentence}")


@contextmanager
def alone(data_dir: Path) -> Iterator[IO[str]]:
    """Two systems on one DATA_DIR would overwrite each other: the second is refused."""
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            other = f"app.py run (process {lock.read().strip()})"
            fail(f"{data_dir} is in use by another {other}; end it, or give another DATA_DIR")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def _environment_of(settings: Settings) -> dict[str, str]:
    """What the children see: the same, with the clock's anchor and the place of the data fixed."""
    return {**os.environ, "DATA_DIR": str(settings.data_dir), "TRANSIT_NOW": str(settings.clock), "PYTHONUNBUFFERED": "1"}


def _refuse_taken_ports(settings: Settings) -> None:
    wanted = [("PORT", settings.port)] + ([] if settings.mqtt_url else [("MQTT_PORT", settings.mqtt_port)])
    for name, port in wanted:
        family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, port))
            except OSError as error:
                why = "is taken by another program" if error.errno == 98 else f"cannot be used: {error.strerror}"
                fail(f"Port {port} on {settings.bind} {why}. Give another one, for instance: {name}={port + 1} make run")


def _prepare_demo(engine: Engine, settings: Settings, say: Callable[[str], None]) -> bool:
    """The sample network where none is loaded, and its trackers on their buses. Whether the demo fleet may drive."""
    from gps_ingest.simulator import demo_trackers
    from gtfs.reader import read_network
    from transit.store.database import writing
    from transit.store.networks import current_version
    from transit.store.trackers import load_tracker_map, map_tracker

    now = settings.clock()
    with engine.connect() as connection:
        version = current_version(connection)
    if version is None:
        import_network(engine, read_network(SAMPLE), "data/binjai", now)
        say("network: the sample of Kota Binjai was imported (an example, not the city's own data)")
    network = loaded(engine)
    if not network.is_sample:
        say("network: not the sample, so no demo fleet drives on it")
        return False
    with writing(engine) as connection:
        known = load_tracker_map(connection)
        for tracker_id, vehicle_id in demo_trackers(network, DEMO_VEHICLES):
            if tracker_id not in known:
                map_tracker(connection, tracker_id, vehicle_id, now=now)
    return True


def _warn(settings: Settings, say: Callable[[str], None]) -> None:
    if settings.clock.set_to is not None:
        say(f"the clock is set: {settings.clock}")
    if settings.bind not in LOOPBACK and not settings.mqtt_url and not (settings.data_dir / "broker.users").exists():
        say("the broker takes reports from anybody who reaches it: see docs/TRACKERS.md for users and passwords")


# ---- its parts


@main.command(epilog=example("PORT=8001 python app.py web"))
@click.option("--workers", default=2, show_default=True, help="Processes that answer requests.")
@pass_settings
def web(settings: Settings, workers: int) -> None:
    """Serve pages, API and feeds out of the live snapshot."""
    from web.serve import serve

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    opened(settings).dispose()
    with suppress(KeyboardInterrupt):
        serve(settings.for_web(), host=settings.bind, port=settings.port, workers=workers)


@main.command(epilog=example("MQTT_URL=mqtt://ingest:secret@broker.example.org:1883 python app.py ingest"))
@pass_settings
def ingest(settings: Settings) -> None:
    """Take reports from the broker, match them, store them, and only then acknowledge them."""
    from gps_ingest.ingest import run as run_ingest

    stop_event = told_to_stop()
    try:
        run_ingest(
            opened(settings), settings.broker_url, clock=settings.clock, stop_event=stop_event, data_dir=settings.data_dir
        )
    except ValueError as error:
        fail(str(error))


@main.command(epilog=example("python app.py live"))
@pass_settings
def live(settings: Settings) -> None:
    """Compute predictions and feeds once a second: the snapshot that all web workers serve."""
    from web.live import run_live

    stop_event = told_to_stop()
    run_live(opened(settings), settings.data_dir, settings.clock, stop_event)


@main.command(epilog=example("MQTT_PORT=1884 python app.py broker"))
@pass_settings
def broker(settings: Settings) -> None:
    """Become the embedded MQTT broker."""
    from gps_ingest.broker import BrokerError, command

    try:
        words = command(settings.data_dir, settings.bind, settings.mqtt_port)
    except BrokerError as error:
        fail(str(error))
    out = os.open(settings.data_dir / "broker" / "broker.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execv(words[0], words)


@main.command(epilog=example("python app.py simulate --vehicles 14 --seed 7"))
@click.option("--vehicles", default=DEMO_VEHICLES, show_default=True, help="How many buses, the one at the depot included.")
@click.option("--seed", default=1, show_default=True, help="The same seed drives the same day.")
@pass_settings
def simulate(settings: Settings, vehicles: int, seed: int) -> None:
    """Let simulated buses drive on the sample network and report over MQTT as trackers do."""
    from gps_ingest.simulator import simulate as drive

    stop_event = told_to_stop()
    engine = opened(settings)
    network = loaded(engine)
    if not network.is_sample:
        fail("The loaded network is not the sample: simulated buses would be taken for real ones. Nothing is simulated.")
    threading.Thread(target=_stop_when_replaced, args=(engine, stop_event), daemon=True).start()
    drive(network, mqtt_url=settings.broker_url, vehicles=vehicles, seed=seed, clock=settings.clock, stop_event=stop_event)


def _stop_when_replaced(engine: Engine, stop_event: threading.Event) -> None:
    """Simulated buses leave when an operator's network comes."""
    from transit.store.database import DatabaseError
    from transit.store.networks import current_version, load_network

    seen = None
    while not stop_event.wait(2.0):
        with suppress(DatabaseError), engine.connect() as connection:
            version = current_version(connection)
            if version != seen and version is not None and not load_network(connection, version).is_sample:
                stop_event.set()
            seen = version


# ---- recordings


def _moment(_: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """An ISO time; UTC where it does not say."""
    if value is None:
        return None
    try:
        return parse_clock(value).set_to
    except ValueError:
        raise click.BadParameter(f"{value!r} is no ISO 8601 time like 2016-12-15T05:00:00Z", param=parameter) from None


@main.command(
    epilog=example(
        "python app.py replay --gtfs G.zip --reports R.csv.gz --predictions P.csv.gz --matches M.csv.gz",
        "python app.py replay --reports R.csv.gz --publish mqtt://127.0.0.1:1883 --speed 60",
    )
)
@click.option("--gtfs", "gtfs_path", type=EXISTING, help="The network of the recording: a folder or a zip.")
@click.option("--reports", type=EXISTING, required=True, help="CSV, gzip where the name ends in .gz.")
@click.option("--predictions", type=OUTPUT, help="Where predictions are written.")
@click.option("--matches", type=OUTPUT, help="Where the match of each report is written.")
@click.option("--assignment", type=click.Choice(["trip", "route", "none"]), default="trip", show_default=True,
              help="How much of the recording's label the pipeline may see.")
@click.option("--method", default="ours", show_default=True, help="The method of prediction.")
@click.option("--every", default=30, show_default=True, type=click.IntRange(1), help="Seconds between predictions.")
@click.option("--from", "since", callback=_moment, help="Nothing earlier is written; it is learnt from all the same.")
@click.option("--to", "until", callback=_moment, help="Nothing later is written.")
@click.option("--learn-until", callback=_moment, help="Nothing is learnt from what happens later.")
@click.option("--publish", metavar="URL", help="Play the recording through this broker instead.")
@click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="With --publish: so many times faster than it was.")
@pass_settings
def replay(
    settings: Settings, gtfs_path: Path | None, reports: Path, predictions: Path | None, matches: Path | None, assignment: str,
    method: str, every: int, since: datetime | None, until: datetime | None, learn_until: datetime | None,
    publish: str | None, speed: float,
) -> None:
    """Drive a recording through the same pipeline on a virtual clock, or play it through a real broker."""
    if publish is not None:
        _publish(settings, reports, publish, speed, since, until)
        return
    if gtfs_path is None:
        raise click.UsageError("--gtfs is needed, unless the recording is only published with --publish")
    from gps_ingest import replay as recordings

    network = read_gtfs(gtfs_path)
    started, first = time.monotonic(), []

    def say(done: int, at: datetime) -> None:
        first.append(at)
        seconds = time.monotonic() - started
        faster = (at - first[0]).total_seconds() / max(seconds, 1e-9)
        pace = f"{done / seconds:.0f} reports/s, {faster:.0f} x"
        click.echo(f"\r{done} reports, {at:%Y-%m-%d %H:%M} UTC, {pace}", nl=False, err=True)

    with (
        recordings.reading(reports) as rows,
        _maybe(recordings.writing, predictions) as predictions_out,
        _maybe(recordings.writing, matches) as matches_out,
    ):
        try:
            summary = recordings.replay(
                network, rows, predictions_out=predictions_out, matches_out=matches_out, assignment=assignment, method=method,
                every_s=every, since=since, until=until, learn_until=learn_until, progress=say,
            )
        except ValueError as error:
            fail(str(error))
    took = time.monotonic() - started
    click.echo(f"\n{summary.reports} reports, {summary.predictions} predictions in {took:.1f} s", err=True)
    for reason, count in summary.counts.most_common():
        click.echo(f"  {reason}: {count}", err=True)


@contextmanager
def _maybe(opener: Callable[[Path], Any], path: Path | None) -> Iterator[Any]:
    if path is None:
        yield None
        return
    with opener(path) as opened_file:
        yield opened_file


def _publish(
    settings: Settings, reports: Path, url: str, speed: float, since: datetime | None, until: datetime | None
) -> None:
    from gps_ingest.playback import publish_recording

    stop_event = told_to_stop()

    def say(sentence: str) -> None:
        click.echo(sentence, err=True)

    try:
        publish_recording(
            reports, mqtt_url=url, clock=settings.clock, speed=speed, stop_event=stop_event, since=since, until=until, say=say
        )
    except (OSError, ValueError) as error:
        fail(str(error))


# ---- GTFS


@main.group()
def gtfs() -> None:
    """The network: import, export, validate."""


@gtfs.command("import", epilog=example("python app.py gtfs import data/binjai", "python app.py gtfs import city.zip"))
@click.argument("source", type=EXISTING)
@pass_settings
def gtfs_import(settings: Settings, source: Path) -> None:
    """Load a GTFS folder or zip; a broken one is refused and the last good one stays. Running processes take it up."""
    network = read_gtfs(source)
    engine = opened(settings, may_create=True)
    version = import_network(engine, network, str(source), settings.clock())
    sizes = f"{len(network.routes)} routes, {len(network.stops)} stops, {len(network.trips)} trips"
    click.echo(f"Imported {source}: {sizes}, version {version}. Running processes take it up within seconds.")


@gtfs.command("export", epilog=example("python app.py gtfs export gtfs.zip"))
@click.argument("target", type=OUTPUT)
@pass_settings
def gtfs_export(settings: Settings, target: Path) -> None:
    """Write the loaded network as a GTFS zip; the same network gives the same bytes."""
    from gtfs.writer import write_network

    target.write_bytes(write_network(loaded(opened(settings))))
    click.echo(f"Wrote {target}, {target.stat().st_size} bytes.")


@gtfs.command("validate", epilog=example("python app.py gtfs validate city.zip", "python app.py gtfs validate"))
@click.argument("source", type=EXISTING, required=False)
@click.option("--country", default="", help="ISO country code, for the checks that depend on it.")
@pass_settings
def gtfs_validate(settings: Settings, source: Path | None, country: str) -> None:
    """What an independent validator and our reader say of a feed, or of the loaded network; exit code 1 on an error."""
    from gtfs.validate import has_errors, validate_feed
    from gtfs.writer import write_network

    what = write_network(loaded(opened(settings))) if source is None else source
    findings = validate_feed(what, on=settings.clock().date(), country_code=country)
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{len(findings)} findings, {'with errors' if has_errors(findings) else 'no error'}")
    sys.exit(1 if has_errors(findings) else 0)


# ---- trackers and dispatch


@main.group()
def trackers() -> None:
    """Which tracker is on which vehicle."""


@trackers.command("map", epilog=example("python app.py trackers map 356307042441013 BM-7012-RA"))
@click.argument("tracker")
@click.argument("vehicle")
@pass_settings
def trackers_map(settings: Settings, tracker: str, vehicle: str) -> None:
    """Put TRACKER on VEHICLE. A tracker swapped for another is this one edit."""
    from transit.store.database import writing
    from transit.store.trackers import load_tracker_map, map_tracker

    with writing(opened(settings)) as connection:
        others = [one for one, on in load_tracker_map(connection).items() if on == vehicle and one != tracker]
        map_tracker(connection, tracker, vehicle, now=settings.clock())
    click.echo(f"Tracker {tracker} is on vehicle {vehicle}.")
    for other in others:
        click.echo(f"Tracker {other} is on {vehicle}, too. If it was taken off: python app.py trackers unmap {other}")


@trackers.command("unmap", epilog=example("python app.py trackers unmap 356307042441013"))
@click.argument("tracker")
@pass_settings
def trackers_unmap(settings: Settings, tracker: str) -> None:
    """Take TRACKER off its vehicle; its reports are stored and drive nothing."""
    from transit.store.database import writing
    from transit.store.trackers import map_tracker

    with writing(opened(settings)) as connection:
        map_tracker(connection, tracker, None, now=settings.clock())
    click.echo(f"Tracker {tracker} is on no vehicle.")


@trackers.command("list", epilog=example("python app.py trackers list"))
@pass_settings
def trackers_list(settings: Settings) -> None:
    """Every tracker that was mapped or heard, and how it is doing."""
    from transit.store.trackers import load_tracker_health

    with opened(settings).connect() as connection:
        for row in load_tracker_health(connection):
            heard = "never heard" if row.last_received_at is None else f"heard {row.last_received_at:%Y-%m-%d %H:%M:%S} UTC"
            refused = ", ".join(f"{reason} {count}" for reason, count in row.refusals.items()) or "none"
            on = row.vehicle_id or "no vehicle"
            click.echo(f"{row.tracker_id} on {on}: {heard}, {row.accepted} accepted, refused: {refused}")


@main.command(epilog=example("python app.py assign BUS-3 --route biru", "python app.py assign BUS-3 --clear"))
@click.argument("vehicle")
@click.option("--route", help="The route_id that it serves.")
@click.option("--trip", help="The trip_id that it runs.")
@click.option("--clear", is_flag=True, help="Leave it to the matcher again.")
@pass_settings
def assign(settings: Settings, vehicle: str, route: str | None, trip: str | None, clear: bool) -> None:
    """Say which route or trip VEHICLE runs; evidence that it does not overrules this, and is reported."""
    from transit.assignment import AssignmentHint
    from transit.store import assignments
    from transit.store.database import writing

    if sum((route is not None, trip is not None, clear)) != 1:
        raise click.UsageError("give exactly one of --route, --trip and --clear")
    engine = opened(settings)
    network = loaded(engine)
    if route is not None and route not in network.routes:
        fail(f"There is no route {route!r}; there are: {', '.join(sorted(network.routes))}")
    if trip is not None and trip not in network.trips:
        fail(f"There is no trip {trip!r} in the loaded network (trips.txt, trip_id)")
    with writing(engine) as connection:
        hint = None if clear else AssignmentHint(network.trips[trip].route_id if trip else route, trip)
        assignments.assign(connection, vehicle, hint, now=settings.clock())
    click.echo(f"{vehicle}: {'left to the matcher' if clear else f'assigned to {trip or route}'}")


@main.command(epilog=example("python app.py depart BUS-3 --at 07:15", "python app.py depart BUS-3 --clear"))
@click.argument("vehicle")
@click.option("--at", "time", metavar="HH:MM", help="When it leaves its first stop next, on the agency's clock.")
@click.option("--clear", is_flag=True, help="Leave it to the forecast again.")
@pass_settings
def depart(settings: Settings, vehicle: str, time: str | None, clear: bool) -> None:
    """Say when VEHICLE leaves its terminal next; what riders see follows within a second, until it has left."""
    from transit.departure_orders import DepartureOrder, moment_of
    from transit.store import departure_orders
    from transit.store.database import writing
    from transit.store.vehicles import load_vehicle_ids

    if (time is None) == (not clear):
        raise click.UsageError("give exactly one of --at and --clear")
    engine = opened(settings)
    network = loaded(engine)
    now = settings.clock()
    with writing(engine) as connection:
        known = load_vehicle_ids(connection)
        if vehicle not in known:
            fail(f"There is no vehicle {vehicle!r}; heard so far: {', '.join(known) or 'none'}")
        if time is None:
            departure_orders.withdraw(connection, vehicle)
            click.echo(f"{vehicle}: left to the forecast")
            return
        try:
            departs_at = moment_of(time, now, network.timezone)
        except ValueError as error:
            fail(f"--at: {error}")
        departure_orders.say(connection, DepartureOrder(vehicle, departs_at, now))
    click.echo(f"{vehicle}: leaves at {time}")


@main.command(epilog=example("python app.py doctor"))
@pass_settings
def doctor(settings: Settings) -> None:
    """Say in plain words what is wrong with this set-up; exit code 1 where something is."""
    from gps_ingest.doctor import examine
    from transit.store.database import open_database
    from web.snapshot import SnapshotReader

    snapshot = SnapshotReader(settings.data_dir).read()
    openly = settings.bind not in LOOPBACK and not settings.admin_password
    engine = open_database(settings.database_url)
    made_at = None if snapshot is None else snapshot.made_at
    findings = list(examine(engine, settings.broker_url, settings.data_dir, settings.clock(), made_at, openly))
    for finding in findings:
        click.echo(f"- {finding}")
    if findings:
        sys.exit(1)
    click.echo("All is well: database, network, broker, reports, live process.")


# ---- prediction


@main.command(epilog=example("python app.py relearn"))
@pass_settings
def relearn(settings: Settings) -> None:
    """Learn anew from every stored stop event. The system must not run meanwhile."""
    from transit.forecast import Forecaster
    from transit.relearning import relearn as learn_anew
    from transit.store.database import writing
    from transit.store.learnt import save_learnt
    from transit.store.stop_events import load_stop_events

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with alone(settings.data_dir):
        engine = opened(settings)
        forecaster, last, count, learnt = Forecaster(loaded(engine)), 0, 0, 0
        with engine.connect() as connection:
            while rows := load_stop_events(connection, last):
                learnt += learn_anew(forecaster, [event for _, event in rows])
                last, count = rows[-1][0], count + len(rows)
        with writing(engine) as connection:
            save_learnt(connection, forecaster.dump(), last, now=settings.clock())
    click.echo(f"Learnt from {learnt} stop events, up to number {last}.")
    if learnt < count:
        click.echo(f"{count - learnt} are of trips that the network no longer has; nothing was learnt from them.")


@main.command(epilog=example("python app.py explain --vehicle DEMO-1 --stop tugu-45"))
@click.option("--vehicle", required=True, help="The vehicle's id.")
@click.option("--stop", "stop_id", required=True, help="The stop's id.")
@pass_settings
def explain(settings: Settings, vehicle: str, stop_id: str) -> None:
    """Say why the running system predicts what it does: links, history, today's factors, the age of the fix."""
    from web.explain import ask, sentences

    found = ask(settings.data_dir, vehicle, stop_id)
    if found is None:
        fail("The live process does not answer. Start it: python app.py run")
    if not found:
        fail(f"Nothing is predicted for {vehicle} at {stop_id} now.")
    click.echo("\n\n".join("\n".join(sentences(one)) for one in found))


def _day(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day like 2026-11-24", param=parameter) from None


@main.command(epilog=example("python app.py scorecard", "python app.py scorecard --day 2026-11-23"))
@click.option("--day", callback=_day, help="Yesterday (local) where not given.")
@click.option("--keep", is_flag=True, help="Keep it in DATA_DIR/scorecards, too.")
@pass_settings
def scorecard(settings: Settings, day: date | None, keep: bool) -> None:
    """How good a day's promises to riders were, by route and by how far away the bus was."""
    import json

    from transit.daily_score import by_route, passages_of
    from transit.service_day import local_date, moment
    from transit.store.files import write_atomically
    from transit.store.promises import read_promises
    from transit.store.stop_events import load_events_between

    engine = opened(settings)
    network = loaded(engine)
    day = day or local_date(settings.clock(), network.timezone) - timedelta(days=1)
    since, until = moment(day, 0, network.timezone), moment(day + timedelta(days=1), 3600, network.timezone)
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
    found = by_route(network, read_promises(settings.data_dir, day), passages)
    for line in _scorecard_lines(day, found):
        click.echo(line)
    if keep:
        write_atomically(settings.data_dir / "scorecards" / f"{day}.json", json.dumps(found, indent=1).encode())


def _scorecard_lines(day: date, found: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"{day}: promises sampled every 30 s, mean error in s by minutes really away"
    yield f"{'route':20} {'promises':>8} {'judged':>7}   0-3   3-6  6-10 10-15 15-30   ETA  80 %  missing %"
    for route_id, row in found.items():
        if not row.get("scored"):
            yield f"{route_id[:20]:20} {row['predictions']:8}       0   nothing to judge"
            continue
        mae = " ".join(f"{'-' if value is None else value:>5}" for value in row["mae_s"].values())
        eta, covered = row["eta_benchmark"]["score"], row.get("interval80", {}).get("coverage_pct")
        yield (
            f"{route_id[:20]:20} {row['predictions']:8} {row['scored']:7} {mae} {'-' if eta is None else eta:>5}"
            f" {'-' if covered is None else covered:>5} {row['missing_passage_pct']!s:>10}"
        )


@main.command(epilog=example("python app.py compare --champion ours --challenger history"))
@click.option("--champion", default="ours", show_default=True, help="The method in use.")
@click.option("--challenger", required=True, help="The method that might replace it.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 60), help="So many days back.")
@pass_settings
def compare(settings: Settings, champion: str, challenger: str, days: int) -> None:
    """Replay the last days with two methods; exit code 1 where the challenger is worse."""
    import csv
    import tempfile

    from gps_ingest import replay as recordings
    from transit.daily_score import passages_of, what_is_worse
    from transit.scorecard import Promise, score
    from transit.store.reports import recorded
    from transit.store.stop_events import load_events_between

    engine = opened(settings)
    network = loaded(engine)
    until = settings.clock()
    since = until - timedelta(days=days)
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
        rows = list(recorded(connection, since, until))
    if not rows:
        fail(f"There are no reports of the last {days} days to compare on.")
    found = {}
    for method in (champion, challenger):
        with tempfile.TemporaryFile("w+", newline="") as out:
            try:
                recordings.replay(network, rows, predictions_out=out, assignment="none", method=method)
            except ValueError as error:
                fail(str(error))
            out.seek(0)
            found[method] = score(
                (
                    Promise(
                        (row["vehicle_id"], row["trip_id"], row["stop_id"], int(row["stop_sequence"])),
                        *(float(row[name]) for name in ("made_at", "predicted_at", "low_at", "high_at")),
                    )
                    for row in csv.DictReader(out)
                ),
                passages,
            )
        click.echo(f"{method}: mean error {found[method].get('mae_all_s')} s, by minutes away {found[method].get('mae_s')}")
    worse = what_is_worse(found[champion], found[challenger])
    for sentence in worse:
        click.echo(f"worse: {sentence}")
    click.echo("The challenger must not replace the champion." if worse else "The challenger is no worse.")
    sys.exit(1 if worse else 0)


# ---- for riders


@main.command(epilog=example("python app.py signs --all --address https://bus.example.org --out signs.pdf"))
@click.option("--stop", "codes", multiple=True, help="A stop_code or stop_id; may be given several times.")
@click.option("--all", "every", is_flag=True, help="A sign for each stop.")
@click.option("--address", help="Where riders reach the site; this machine's address where not given.")
@click.option("--paper", type=click.Choice(["a5", "a4"]), default="a5", show_default=True)
@click.option("--out", type=OUTPUT, default="signs.pdf", show_default=True)
@pass_settings
def signs(settings: Settings, codes: tuple[str, ...], every: bool, address: str | None, paper: str, out: Path) -> None:
    """Write the signs for stops as a PDF: name, code, QR of the short address, routes, first and last bus."""
    from web.signs import sign_pdf

    network = loaded(opened(settings))
    called = {trip_stop.stop_id for trip in network.trips.values() for trip_stop in trip.stop_times}
    stops = [stop for stop in network.stops.values() if stop.stop_id in called]
    if not every:
        if not codes:
            raise click.UsageError("give --stop CODE or --all")
        unknown = [code for code in codes if not any(code in (stop.code, stop.stop_id) for stop in stops)]
        if unknown:
            fail(f"No stop has the code or id {', '.join(unknown)}")
        stops = [stop for stop in stops if stop.code in codes or stop.stop_id in codes]
    out.write_bytes(sign_pdf(network, stops, (address or settings.address).rstrip("/"), settings.clock(), paper=paper))
    click.echo(f"Wrote {out}: {len(stops)} signs.")


# ---- the guide


@main.group()
def places() -> None:
    """Places of the visitors' pages."""


@places.command("import", epilog=example("python app.py places import places.csv"))
@click.argument("source", type=EXISTING)
@pass_settings
def places_import(settings: Settings, source: Path) -> None:
    """Check a CSV or GeoJSON of places and show it; rows with published 0 stay drafts. docs/GUIDE.md has the columns."""
    from maps.guide import BrokenGuide, import_places

    folder = _own_guide(settings)
    try:
        published, drafts = import_places(source, folder)
    except BrokenGuide as error:
        fail(f"{error}\nNothing was imported; the places that were there stay.")
    click.echo(f"Imported {source}: {published} published, {drafts} drafts. The pages show them at once.")


@main.group()
def services() -> None:
    """The city's other digital services."""


@services.command("check", epilog=example("python app.py services check"))
@pass_settings
def services_check(settings: Settings) -> None:
    """Ask every address of services.csv whether it answers, and note the day: only those that do are linked."""
    from maps.guide import BrokenGuide, check_services

    try:
        results = check_services(_own_guide(settings) / "services.csv", settings.clock().date(), _answers)
    except BrokenGuide as error:
        fail(str(error))
    for service_id, result in results:
        click.echo(f"{service_id}: {result}")
    click.echo(f"{len(results)} addresses checked.")


def _own_guide(settings: Settings) -> Path:
    """DATA_DIR/guide, which begins as a copy of the sample's."""
    import shutil

    folder = settings.data_dir / "guide"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("places.csv", "services.csv", "itineraries.csv", "ground.geojson"):
        if not (folder / name).exists():
            shutil.copyfile(SAMPLE / name, folder / name)
    return folder


def _answers(url: str) -> str:
    """"ok", or a word on what is wrong with an address."""
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    try:
        with urlopen(Request(url, headers={"User-Agent": "transit-services-check"}), timeout=10.0):
            return "ok"
    except HTTPError as error:
        return f"answers with {error.code}"
    except (URLError, OSError, ValueError) as error:
        return f"no answer: {getattr(error, 'reason', error)}"


if __name__ == "__main__":
    main()
