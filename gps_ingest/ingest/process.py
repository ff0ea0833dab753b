"""The ingest process: messages are taken from the broker, become facts, and only then are acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic

from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.ingest.earlier_session import is_moved, move_in
from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Inbox, Message
from gps_ingest.own_secret import own_secret
from transit.store.database import DatabaseError, Engine

MOST_AT_ONCE = 3000  # messages in one commit: only when they pile up, then one fsync serves more of them
WAIT_S = 0.5  # for messages, before the rest of the round
LOOK_EVERY_S = 1.0  # at the network, the trackers' map and the dispatchers' assignments
FORGET_EVERY_S = 60.0  # old reports
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0  # a batch that the database refuses is tried again, ever less often
log = logging.getLogger(__name__)


def client_id_of(data_dir: Path) -> str:
    """The same at every start, so that the broker knows us again; a secret, so that nobody takes our messages in our name."""
    return "transit-ingest-" + own_secret(data_dir, "ingest session")


def run(engine: Engine, mqtt_url: str, *, clock: Callable[[], datetime], stop_event: Event, data_dir: Path) -> None:
    """Until stop_event is set: takes what comes in. data_dir: of our secret. Raises ValueError (mqtt_url)."""
    inbox = Inbox(mqtt_url, SUBSCRIPTIONS, client_id_of(data_dir), clock)
    ingest = Ingest(engine, clock)
    looked = forgot = monotonic()
    was_refused: str | None = None
    has_moved = is_moved(data_dir)
    while not stop_event.is_set():
        messages = inbox.receive(MOST_AT_ONCE, WAIT_S)
        if messages:
            _take_surely(ingest, messages, stop_event)
            if not stop_event.is_set():
                inbox.acknowledge(messages)
        if not has_moved and inbox.subscribed:
            has_moved = move_in(engine, mqtt_url, data_dir, clock, lambda waiting: _take_surely(ingest, waiting, stop_event))
        if inbox.refused != was_refused:
            was_refused = inbox.refused
            log.warning(was_refused) if was_refused else log.info("connected to the broker")
        if monotonic() - looked >= LOOK_EVERY_S:
            looked = monotonic()
            _try(ingest.look)
            ingest.figures.note_connection(inbox.connected)
            _try(ingest.backfill)
        if monotonic() - forgot >= FORGET_EVERY_S:
            forgot = monotonic()
            _try(ingest.forget)
    inbox.close()


def _take_surely(ingest: Ingest, messages: Sequence[Message], stop_event: Event) -> None:
    """The database may be away or its disk full: the batch waits, unacknowledged, and the broker holds what comes after."""
    wait_s = FIRST_RETRY_S
    while not stop_event.is_set():
        try:
            if ingest.network is None:
                ingest.look()
            ingest.take(messages)
            return
        except DatabaseError as error:
            log.error("the database refuses a batch, it is tried again: %s", error.orig)
            stop_event.wait(wait_s)
            wait_s = min(wait_s * 2, LONGEST_RETRY_S)


def _try(action: Callable[[], object]) -> None:
    try:
        action()
    except DatabaseError as error:
        log.error("the database does not answer: %s", error.orig)
