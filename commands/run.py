"""`run`: the whole system, started and watched by one parent."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from commands.common import HOUSE, SAMPLE, Settings, example, fail, open_engine, pass_settings
from commands.logs import is_json
from commands.people import make_first_people, somebody_may_log_in

if TYPE_CHECKING:
    from gps_ingest.operations.part_watch import PartWatch
    from gps_ingest.operations.supervisor import Supervisor
    from transit.store.database import Engine

DEMO_VEHICLES = 8  # the FACTS speak of 6-10 of 14 buses in use
PROGRAM = (sys.executable, str(HOUSE / "app.py"))


@click.command(epilog=example("python app.py run --demo", "PORT=8001 MQTT_PORT=1884 DATA_DIR=/srv/bus python app.py run"))
@click.option("--demo", is_flag=True, help="The sample network where none is loaded, and simulated buses on it.")
@pass_settings
def run(settings: Settings, demo: bool) -> None:
    """Start everything: broker (unless MQTT_URL), ingest, live, web, receive (with RECEIVE_PORT); --demo: a simulated fleet."""
    from gps_ingest.broker import BrokerError, refuse_open_door
    from gps_ingest.operations.clock_in_use import clock_kept
    from gps_ingest.operations.exclusion import DataDirInUse, PortTaken, exclusive, refuse_taken_port
    from gps_ingest.operations.supervisor import Supervisor

    say = progress()
    settings.retention()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(_environment_of(settings, demo), say)
    supervisor.listen()
    try:
        with exclusive(settings.data_dir), clock_kept(settings.data_dir, settings.clock):
            refuse_taken_port("PORT", settings.bind, settings.port)
            if not settings.mqtt_url:
                refuse_open_door(settings.data_dir, settings.mqtt_bind)
                refuse_taken_port("MQTT_PORT", settings.mqtt_bind, settings.mqtt_port)
            if settings.receive_port:
                refuse_taken_port("RECEIVE_PORT", settings.receive_bind, settings.receive_port)
            _run_alone(supervisor, settings, demo, say)
    except (BrokerError, DataDirInUse, PortTaken) as error:
        fail(str(error))
    say("ended")


def _run_alone(supervisor: Supervisor, settings: Settings, demo: bool, say: Callable[[str], None]) -> None:
    from gps_ingest.operations.daily import ARCHIVED_AT_HOUR_UTC, SCORED_AT_HOUR_UTC, DailyCommand
    from gps_ingest.operations.readiness import Readiness
    from gps_ingest.operations.service_manager import ServiceManager
    from transit.store.files import forget_halves

    manager = ServiceManager(os.environ)
    if halves := forget_halves(settings.data_dir):
        say(f"{len(halves)} files that a killed process left half written are removed")
    _keep_copy_before_upgrade(settings, say)
    engine = open_engine(settings, may_create=True)
    say(f"database {engine.url.render_as_string(hide_password=True)}")
    _provision(engine, settings)
    make_first_people(engine, settings, demo, say)
    drives = demo and _demo_drives(engine, settings, say)
    engine.dispose()
    _warn(settings, say)
    try:
        _start_all(supervisor, settings, drives, say)
        manager.is_ready()  # from here on it watches us; a first start on a large history may take longer to show pages
        readiness = Readiness(settings.address)
        if supervisor.watch(lambda: manager.works() or readiness()):
            say(f"ready: {settings.address}   (end it with Ctrl-C)")
            clock = settings.clock
            scorecard = DailyCommand(supervisor, clock, "scorecard", [*PROGRAM, "scorecard", "--keep"], SCORED_AT_HOUR_UTC)
            archive = DailyCommand(supervisor, clock, "archive", [*PROGRAM, "archive"], ARCHIVED_AT_HOUR_UTC)
            part_watch = _part_watch(supervisor, settings)
            supervisor.watch(lambda: manager.works() or part_watch() or scorecard() or archive())
    finally:
        supervisor.stop()


def _keep_copy_before_upgrade(settings: Settings, say: Callable[[str], None]) -> None:
    """The way back: a backup of what an earlier version wrote, before it is migrated."""
    from gps_ingest.operations.backup import BackupFailed, make_backup
    from transit.store.database import SCHEMA, DatabaseError, UnknownSchema, open_database, schema_of

    engine = open_database(settings.database_url)
    try:
        schema = schema_of(engine)
        if schema not in (None, SCHEMA):
            backup = make_backup(engine, settings.data_dir, settings.backup_dir, settings.clock(), settings.backup_key)
            say(f"schema {schema} becomes {SCHEMA}; as it was: {backup.path}")
    except BackupFailed as error:
        fail(f"{error}\nNothing was upgraded. Make room in BACKUP_DIR ({settings.backup_dir}), or give another one.")
    except (DatabaseError, UnknownSchema):
        return  # open_engine() says what is wrong
    finally:
        engine.dispose()


def _part_watch(supervisor: Supervisor, settings: Settings) -> PartWatch:
    from gps_ingest.operations.canary import send_canary
    from gps_ingest.operations.part_watch import OwnBroker, PartWatch
    from transit.store.signs_of_life import INGEST_SIGN, LIVE_SIGN, RECEIVE_SIGN

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.mqtt_bind, settings.mqtt_bind)
    own_broker = OwnBroker(lambda number: send_canary(host, settings.mqtt_port, settings.data_dir, number))
    signs = {"ingest": INGEST_SIGN, "live": LIVE_SIGN}
    if settings.receive_port:
        signs["receive"] = RECEIVE_SIGN
    return PartWatch(
        supervisor,
        settings.data_dir,
        settings.clock,
        None if settings.mqtt_url else own_broker,
        signs,
        web_url=settings.address,
    )


def _start_all(supervisor: Supervisor, settings: Settings, drives: bool, say: Callable[[str], None]) -> None:
    from gps_ingest.operations.system import parts_of

    vehicles, receives = DEMO_VEHICLES if drives else 0, settings.receive_port is not None
    parts = parts_of(
        has_own_broker=not settings.mqtt_url, demo_vehicles=vehicles, receives=receives, shares=settings.has_live_out
    )
    for part in parts:
        supervisor.start(part.name, [*PROGRAM, *part.words], restarts=part.restarts)
    if not settings.mqtt_url:
        say(f"broker mqtt://{settings.mqtt_bind}:{settings.mqtt_port}")
    if settings.receive_port:
        say(f"trackers over HTTP: http://{settings.receive_bind}:{settings.receive_port}")
    say("ingest, live and web are starting")
    if drives:
        say(f"demo: {DEMO_VEHICLES} simulated buses")


def progress() -> Callable[[str], None]:
    if is_json():
        return logging.getLogger("run").info
    started = time.monotonic()
    return lambda sentence: click.echo(f"[{time.monotonic() - started:5.1f} s] {sentence}")


def _environment_of(settings: Settings, demo: bool) -> dict[str, str]:
    """What the children see: the same, with the clock's anchor and the place of the data fixed.

    A demonstration that only this machine reaches opens /armada to it, unless ARMADA_LOCAL says otherwise.
    """
    from gps_ingest.operations.service_manager import VARIABLES
    from transit.loopback import is_loopback_host

    fixed = {"DATA_DIR": str(settings.data_dir), "TRANSIT_NOW": str(settings.clock), "PYTHONUNBUFFERED": "1"}
    local = {"ARMADA_LOCAL": "1"} if demo and is_loopback_host(settings.bind) else {}
    return {name: value for name, value in {**local, **os.environ, **fixed}.items() if name not in VARIABLES}


def _demo_drives(engine: Engine, settings: Settings, say: Callable[[str], None]) -> bool:
    from gps_ingest.simulation.demo import prepare_demo
    from gtfs.reader import read_network

    demo = prepare_demo(engine, lambda: read_network(SAMPLE), "data/binjai", DEMO_VEHICLES, settings.clock())
    if demo.is_new:
        say("network: the sample of Kota Binjai was imported (an example, not the city's own data)")
    if not demo.may_drive:
        say("network: not the sample, so no demo fleet drives on it")
    return demo.may_drive


def _provision(engine: Engine, settings: Settings) -> None:
    """Credentials that were given while nothing ran, and those of earlier versions."""
    from gps_ingest.broker_users import BrokenUsersFile
    from gps_ingest.operations.provisioning import provision

    try:
        provision(engine, settings.data_dir, settings.clock())
    except BrokenUsersFile as error:
        fail(str(error))


def _warn(settings: Settings, say: Callable[[str], None]) -> None:
    if settings.clock.set_to is not None:
        say(f"the clock is set: {settings.clock}")


@click.command(epilog=example("python app.py doctor", "python app.py doctor --lang id"))
@click.option("--lang", type=click.Choice(["id", "en"]), help="The language; that of LANG where not given, else English.")
@pass_settings
def doctor(settings: Settings, lang: str | None) -> None:
    """Say in plain words what is wrong with this set-up and its trackers; exit code 1 where something is."""
    from gps_ingest.operations.doctor import LiveLook, examine
    from transit.loopback import is_loopback_host
    from transit.store.database import open_database
    from web.live.snapshot import SnapshotReader
    from web.words.troubles import all_is_well, sentence

    language = lang or ("id" if os.environ.get("LANG", "").startswith("id") else "en")
    snapshot = SnapshotReader(settings.data_dir).read()
    engine = open_database(settings.database_url)
    openly = not is_loopback_host(settings.bind) and not somebody_may_log_in(engine)
    now = settings.clock()
    live = None
    if snapshot is not None:
        live = LiveLook(snapshot.made_at, snapshot.watch, snapshot.standing, snapshot.troubles)
    examination = examine(
        engine,
        settings.broker_url,
        settings.data_dir,
        now,
        live=live,
        offered_openly=openly,
        limits=settings.limits(),
    )
    for trouble in examination.troubles:
        began_at = examination.began_at.get(trouble.key)
        click.echo(f"- {sentence(trouble, language, examination.timezone, now, began_at)}")
    if examination.troubles:
        sys.exit(1)
    click.echo(all_is_well(language))
