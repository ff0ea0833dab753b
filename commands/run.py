"""`run`: the whole system, started and watched by one parent."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from commands.common import HOUSE, SAMPLE, Settings, current_network, example, fail, import_network, open_engine, pass_settings

if TYPE_CHECKING:
    from gps_ingest.operations.supervisor import Supervisor
    from transit.store.database import Engine

DEMO_VEHICLES = 8  # the FACTS speak of 6-10 of 14 buses in use
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(epilog=example("python app.py run --demo", "PORT=8001 MQTT_PORT=1884 DATA_DIR=/srv/bus python app.py run"))
@click.option("--demo", is_flag=True, help="The sample network where none is loaded, and simulated buses on it.")
@pass_settings
def run(settings: Settings, demo: bool) -> None:
    """Start everything: broker (unless MQTT_URL), ingest, live, web; with --demo a simulated fleet."""
    from gps_ingest.operations.exclusion import DataDirInUse, PortTaken, exclusive, refuse_taken_port
    from gps_ingest.operations.supervisor import Supervisor

    say = progress()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(_environment_of(settings), say)
    supervisor.listen()
    try:
        with exclusive(settings.data_dir):
            refuse_taken_port("PORT", settings.bind, settings.port)
            if not settings.mqtt_url:
                refuse_taken_port("MQTT_PORT", settings.bind, settings.mqtt_port)
            _run_alone(supervisor, settings, demo, say)
    except (DataDirInUse, PortTaken) as error:
        fail(str(error))
    say("ended")


def _run_alone(supervisor: Supervisor, settings: Settings, demo: bool, say: Callable[[str], None]) -> None:
    from gps_ingest.operations.daily import DailyScorecard
    from gps_ingest.operations.readiness import Readiness

    engine = open_engine(settings, may_create=True)
    say(f"database {engine.url.render_as_string(hide_password=True)}")
    drives = demo and _prepare_demo(engine, settings, say)
    engine.dispose()
    _warn(settings, say)
    try:
        _start_all(supervisor, settings, drives, say)
        if supervisor.watch(Readiness(settings.address)):
            say(f"ready: {settings.address}   (end it with Ctrl-C)")
            scorecard = [sys.executable, str(HOUSE / "app.py"), "scorecard", "--keep"]
            supervisor.watch(DailyScorecard(supervisor, settings.clock, scorecard))
    finally:
        supervisor.stop()


def _start_all(supervisor: Supervisor, settings: Settings, drives: bool, say: Callable[[str], None]) -> None:
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


def progress() -> Callable[[str], None]:
    started = time.monotonic()
    return lambda sentence: click.echo(f"[{time.monotonic() - started:5.1f} s] {sentence}")


def _environment_of(settings: Settings) -> dict[str, str]:
    """What the children see: the same, with the clock's anchor and the place of the data fixed."""
    return {**os.environ, "DATA_DIR": str(settings.data_dir), "TRANSIT_NOW": str(settings.clock), "PYTHONUNBUFFERED": "1"}


def _prepare_demo(engine: Engine, settings: Settings, say: Callable[[str], None]) -> bool:
    """The sample network where none is loaded, and its trackers on their buses. Whether the demo fleet may drive."""
    from gps_ingest.simulation.simulator import demo_trackers
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
    network = current_network(engine)
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


@click.command(epilog=example("python app.py doctor", "python app.py doctor --lang id"))
@click.option("--lang", type=click.Choice(["id", "en"]), help="The language; that of LANG where not given, else English.")
@pass_settings
def doctor(settings: Settings, lang: str | None) -> None:
    """Say in plain words what is wrong with this set-up and its trackers; exit code 1 where something is."""
    from gps_ingest.operations.doctor import examine
    from transit.store.database import open_database
    from web.live.snapshot import SnapshotReader
    from web.words.troubles import all_is_well, sentence

    language = lang or ("id" if os.environ.get("LANG", "").startswith("id") else "en")
    snapshot = SnapshotReader(settings.data_dir).read()
    openly = settings.bind not in LOOPBACK and not settings.admin_password
    engine = open_database(settings.database_url)
    made_at = None if snapshot is None else snapshot.made_at
    now = settings.clock()
    found = examine(engine, settings.broker_url, settings.data_dir, now, made_at, openly)
    for trouble in found.troubles:
        click.echo(f"- {sentence(trouble, language, found.timezone, now)}")
    if found.troubles:
        sys.exit(1)
    click.echo(all_is_well(language))
