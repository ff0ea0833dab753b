"""The parts of the system, each as a process of its own."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

import click

from commands.common import (
    Settings,
    count_in_files,
    current_network,
    example,
    fail,
    open_engine,
    pass_settings,
    stop_on_signal,
    why_away,
)
from commands.logs import logs_of_workers
from commands.people import make_first_people
from commands.run import DEMO_VEHICLES

DEFAULT_RECEIVE_PORT = 5055  # the one that Traccar's apps expect


@click.command(epilog=example("PORT=8001 python app.py web"))
@click.option("--workers", default=2, show_default=True, help="Processes that answer requests.")
@pass_settings
def web(settings: Settings, workers: int) -> None:
    """Serve pages, API and feeds out of the live snapshot."""
    count_in_files(settings.data_dir, "web")
    from web.serve import serve

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    _make_first_people(settings)
    with suppress(KeyboardInterrupt):
        serve(settings.for_web(), host=settings.bind, port=settings.port, workers=workers, logs=logs_of_workers())


def _make_first_people(settings: Settings) -> None:
    """Nothing while the database is away: pages answer all the same, with a sentence where they need it."""
    trouble = why_away(settings)
    if trouble:
        click.echo(f"the web starts though the database does not answer: {trouble}", err=True)
        return
    engine = open_engine(settings)
    make_first_people(engine, settings, False, click.echo)
    engine.dispose()


@click.command(epilog=example("MQTT_URL=mqtt://ingest:secret@broker.example.org:1883 python app.py ingest"))
@pass_settings
def ingest(settings: Settings) -> None:
    """Take reports from the broker, match them, store them, and only then acknowledge them."""
    count_in_files(settings.data_dir, "ingest")
    from gps_ingest.ingest.process import run as run_ingest

    stop_event = stop_on_signal()
    try:
        run_ingest(
            open_engine(settings),
            settings.broker_url,
            clock=settings.clock,
            stop_event=stop_event,
            data_dir=settings.data_dir,
            retention=settings.retention(),
        )
    except ValueError as error:
        fail(str(error))


@click.command(epilog=example("RECEIVE_PORT=5055 python app.py receive"))
@pass_settings
def receive(settings: Settings) -> None:
    """Take positions over HTTP (OsmAnd, Traccar Client, OwnTracks) and publish them to the broker."""
    from gps_ingest.operations.exclusion import PortTaken, refuse_taken_port

    port = settings.receive_port or DEFAULT_RECEIVE_PORT
    try:
        refuse_taken_port("RECEIVE_PORT", settings.receive_bind, port)
    except PortTaken as error:
        fail(str(error))
    count_in_files(settings.data_dir, "receive")
    from gps_ingest.receive.process import ReceiveSettings, serve

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    open_engine(settings).dispose()
    with suppress(KeyboardInterrupt):
        serve(
            ReceiveSettings(
                host=settings.receive_bind,
                port=port,
                mqtt_url=settings.broker_url,
                database_url=settings.database_url,
                data_dir=settings.data_dir,
                clock=settings.clock,
            )
        )


@click.command(epilog=example("python app.py live"))
@pass_settings
def live(settings: Settings) -> None:
    """Compute predictions and feeds once a second: the snapshot that all web workers serve."""
    from web.live.process import run_live

    stop_event = stop_on_signal()
    run_live(open_engine(settings), settings.data_dir, settings.clock, stop_event, settings.retention(), settings.limits())


@click.command(epilog=example("MQTT_PORT=1884 python app.py broker"))
@pass_settings
def broker(settings: Settings) -> None:
    """Become the embedded MQTT broker."""
    from gps_ingest.broker import BrokerError, command, let_readers_in, refuse_open_door
    from gps_ingest.first_session import has_session, make_session

    try:
        refuse_open_door(settings.data_dir, settings.mqtt_bind)
        if not has_session(settings.data_dir) and not make_session(settings.data_dir, settings.clock):
            click.echo("the broker's store is new, and ingest's session could not be made in it", err=True)
        let_readers_in(settings.data_dir, settings.has_live_out)
        words = command(settings.data_dir, settings.mqtt_bind, settings.mqtt_port, settings.mqtt_ws_port)
    except BrokerError as error:
        fail(str(error))
    out = os.open(settings.data_dir / "broker" / "broker.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execv(words[0], words)


@click.command(epilog=example("python app.py simulate --vehicles 14 --seed 7"))
@click.option("--vehicles", default=DEMO_VEHICLES, show_default=True, help="How many buses, the one at the depot included.")
@click.option("--seed", default=1, show_default=True, help="The same seed drives the same day.")
@pass_settings
def simulate(settings: Settings, vehicles: int, seed: int) -> None:
    """Let simulated buses drive on the sample network and report over MQTT as trackers do."""
    from gps_ingest.simulation.demo import stop_when_replaced
    from gps_ingest.simulation.simulator import simulate as drive

    stop_event = stop_on_signal()
    engine = open_engine(settings)
    network = current_network(engine)
    if not network.is_sample:
        fail("The loaded network is not the sample: simulated buses would be taken for real ones. Nothing is simulated.")
    threading.Thread(target=stop_when_replaced, args=(engine, stop_event), daemon=True).start()
    drive(network, mqtt_url=settings.broker_url, vehicles=vehicles, seed=seed, clock=settings.clock, stop_event=stop_event)
