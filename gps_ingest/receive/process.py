"""The receive process: an HTTP server for trackers, and what it does on the side once a second."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings

from gps_ingest.broker_log import MOST_SAID
from gps_ingest.own_secret import own_secret
from gps_ingest.receive.application import Application
from gps_ingest.receive.doorkeeper import Doorkeeper, Unusable
from gps_ingest.receive.figures import ReceiverFigures
from gps_ingest.receive.outbox import Outbox
from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.store.broker_refusals import add_broker_refusals
from transit.store.database import DatabaseError, Engine, open_database, writing
from transit.store.parent_death import end_with_parent
from transit.store.signs_of_life import RECEIVE_SIGN, Sign
from transit.store.tracker_credentials import Credential, load_credentials

LOOK_EVERY_S = 1.0  # at the credentials: one that is revoked is worth nothing a second later
HEADERS_WITHIN_MS = 10_000
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """What the process needs to know. host, port: where it listens."""

    host: str
    port: int
    mqtt_url: str
    database_url: str
    data_dir: Path
    clock: Callable[[], datetime]


def serve(settings: ReceiveSettings) -> None:
    """Serves until SIGINT or SIGTERM. Raises ValueError (mqtt_url)."""
    server = Granian(
        "gps_ingest.receive",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=1,  # so that what a tracker may send is counted in one place; it answers a thousand a second
        loop=Loops.asyncio,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS, max_buffer_size=64 * 1024),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        log_access=False,
        websockets=False,
    )
    server.serve(target_loader=partial(load, settings, os.getpid()), wrap_loader=False)


def load(settings: ReceiveSettings, server_pid: int) -> Any:
    """The application of a worker, which ends with the server."""
    end_with_parent(server_pid)
    outbox = Outbox(settings.mqtt_url, "transit-receive-" + own_secret(settings.data_dir, "receive session"))
    doorkeeper = Doorkeeper(monotonic)
    engine = open_database(settings.database_url)

    sign = Sign(settings.data_dir, RECEIVE_SIGN)

    async def work() -> None:
        outbox.start()
        try:
            while True:
                await look(engine, doorkeeper, settings.clock)
                sign.give()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            outbox.stop()

    return Application(outbox, doorkeeper, settings.clock, ReceiverFigures().count, [work])


async def look(engine: Engine, doorkeeper: Doorkeeper, clock: Callable[[], datetime]) -> None:
    """Takes up the credentials and writes down who was refused; while the database is away, what is known stays."""
    refused, unusable = doorkeeper.take_refused(), doorkeeper.take_unusable()
    try:
        doorkeeper.know(await asyncio.to_thread(_load, engine))
        if refused or unusable:
            await asyncio.to_thread(_write_refused, engine, refused, unusable, clock())
    except DatabaseError as error:
        doorkeeper.give_back(refused, unusable)
        log.error("the database does not answer: %s", error.orig)


def _load(engine: Engine) -> list[Credential]:
    with engine.connect() as connection:
        return load_credentials(connection)


def _write_refused(engine: Engine, refused: Mapping[str, int], unusable: Mapping[str, Unusable], now: datetime) -> None:
    named = [(RefusalCause.LOGIN, name, "over HTTP", count) for name, count in refused.items()]
    named += [(RefusalCause.REQUEST, address, sentence, times) for address, (sentence, times) in unusable.items()]
    rows = [
        BrokerRefusals(cause=cause, client=client, count=count, first_at=now, last_at=now, said=sentence[:MOST_SAID])
        for cause, client, sentence, count in named
    ]
    with writing(engine) as connection:
        add_broker_refusals(connection, rows)
