"""The ingest process: messages are taken from the broker, become facts, and only then are acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic

from gps_ingest.broker_access import CANARY
from gps_ingest.broker_log import BrokerLog
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.first_session import client_id_of
from gps_ingest.ingest.allowance import Allowance
from gps_ingest.ingest.earlier_session import is_moved, move_in
from gps_ingest.ingest.facts import Ingest
from gps_ingest.ingest.forgetting import Forgetting
from gps_ingest.ingest.turns import Turns
from gps_ingest.mqtt import Message, Subscription
from gps_ingest.operations.canary import canary_number
from gps_ingest.operations.credential_watch import CredentialWatch
from transit.store.database import DatabaseError, Engine
from transit.store.retention import DEFAULT, Retention
from transit.store.signs_of_life import INGEST_SIGN, ProcessProgress, Sign
from transit.store.stored_count import StoredCount, notice_loss, remember

READ_AT_ONCE = 3000  # messages
READ_MORE_S = 0.8  # of reading at most, while more comes; then it is stored, else a flood would keep all others waiting
MOST_HELD = 64_000_000  # bytes that wait in memory; beyond it they wait in the broker
WAIT_S = 0.5  # for messages, before the rest of the round
WAIT_AT_WORK_S = 0.02  # the same, while calls of late reports are looked for
LOOK_EVERY_S = 1.0  # at the network, the trackers' map and the dispatchers' assignments
FORGET_REFUSALS_EVERY_S = 60.0  # what the broker refused long ago
SUBSCRIBE_EVERY_S = 600.0  # anew: only that brings what trackers had the broker retain
FOREIGN = b"0"  # in the place of a canary's number
FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0  # a batch that the database refuses is tried again, ever less often
log = logging.getLogger(__name__)


def run(
    engine: Engine,
    mqtt_url: str,
    *,
    clock: Callable[[], datetime],
    stop_event: Event,
    data_dir: Path,
    retention: Retention = DEFAULT,
) -> None:
    """Until stop_event is set: takes what comes in. data_dir: of our secret. Raises ValueError (mqtt_url)."""
    inbox = Subscription(mqtt_url, SUBSCRIPTIONS, client_id_of(data_dir), clock)
    ingest = Ingest(engine, clock)
    forgetting = Forgetting(engine, retention, clock)
    _tell_loss(ingest, data_dir)
    broker_log = BrokerLog(data_dir / "broker", clock)
    intake = Intake(inbox, ingest, data_dir)
    credentials = CredentialWatch(engine, data_dir, clock)
    looked = forgot = subscribed = monotonic()
    was_refused: str | None = None
    has_moved = is_moved(data_dir)
    while not stop_event.is_set():
        intake.read(WAIT_AT_WORK_S if ingest.late_calls.is_under_way else WAIT_S)
        intake.store(stop_event)
        intake.give_sign()
        if not has_moved and inbox.subscribed:
            has_moved = move_in(engine, mqtt_url, data_dir, clock, lambda waiting: intake.store_surely(waiting, stop_event))
        if inbox.refused != was_refused:
            was_refused = inbox.refused
            log.warning(was_refused) if was_refused else log.info("connected to the broker")
        if monotonic() - looked >= LOOK_EVERY_S:
            looked = monotonic()
            _try(ingest.look)
            _try(credentials.look)
            ingest.figures.note_connection(inbox.connected)
            _try(lambda: ingest.note_broker_refusals(broker_log))
        if monotonic() - subscribed >= SUBSCRIBE_EVERY_S:
            subscribed = monotonic()
            inbox.subscribe()
        if monotonic() - forgot >= FORGET_REFUSALS_EVERY_S:
            forgot = monotonic()
            _try(ingest.forget_broker_refusals)
        _try(ingest.backfill)
        _try(lambda: forgetting.step(monotonic()))
    inbox.close()


def _tell_loss(ingest: Ingest, data_dir: Path) -> None:
    try:
        loss = notice_loss(data_dir, ingest.stored_count, ingest.clock())
    except OSError as error:
        log.error("whether reports were lost cannot be noted: %s", error)
        return
    if loss is not None:
        log.error("%d reports that were stored until %s are not in the database any more", loss.reports, loss.last_stored_at)


class Intake:
    """From the broker to the database, a turn of all trackers at a time."""

    def __init__(self, inbox: Subscription, ingest: Ingest, data_dir: Path) -> None:
        self.inbox, self.ingest, self.data_dir = inbox, ingest, data_dir
        self.turns = Turns(Allowance(is_known=lambda sender: sender == CANARY or sender in ingest.vehicles))
        self._connection = 0
        self._sign = Sign(data_dir, INGEST_SIGN)
        self._received = self._messages = 0
        self._emptied: set[str] = set()  # topics of which our own empty message is on its way
        self._remembered: StoredCount | None = None

    def give_sign(self, *, database: bool = True) -> None:
        """Says that the process lives, and how far it has come."""
        stored = self.ingest.canary
        self._sign.give(ProcessProgress(received=self._received, stored=stored, messages=self._messages, database=database))

    def _canary(self, message: Message) -> Message:
        """The message with the canary's number alone; FOREIGN where somebody else made it up."""
        number = canary_number(message.payload, self.data_dir)
        self._received = max(self._received, number)
        return replace(message, payload=str(number).encode())

    def read(self, wait_s: float) -> None:
        """Takes what is here; waits for it only where nothing is left to be stored."""
        messages = self.inbox.read_more(READ_AT_ONCE) if self.turns else self.inbox.receive(READ_AT_ONCE, wait_s)
        until = monotonic() + READ_MORE_S
        while messages:
            self._add(messages)
            if self.turns.held_bytes > MOST_HELD or monotonic() > until:
                break
            messages = self.inbox.read_more(READ_AT_ONCE)

    def store(self, stop_event: Event) -> None:
        """One commit, if there is something for it, and then the acknowledgement."""
        if not self.turns:
            return
        turn = self.turns.next()
        started = monotonic()
        self.store_surely(turn.messages, stop_event)
        self.turns.note(turn, monotonic() - started)
        if not stop_event.is_set():
            self.inbox.acknowledge(turn.messages)

    def store_surely(self, messages: Sequence[Message], stop_event: Event) -> None:
        """The database may be away or its disk full: the batch waits, unacknowledged, and the connection is kept alive."""
        wait_s = FIRST_RETRY_S
        while not stop_event.is_set():
            try:
                if self.ingest.network is None:
                    self.ingest.look()
                self.ingest.take(messages)
                self._remember()
                return
            except DatabaseError as error:
                log.error("the database refuses a batch, it is tried again: %s", error.orig)
                self.give_sign(database=False)
                stop_event.wait(wait_s)
                wait_s = min(wait_s * 2, LONGEST_RETRY_S)
                if self.turns.held_bytes < MOST_HELD:
                    self._add(self.inbox.read_more(READ_AT_ONCE))

    def _remember(self) -> None:
        """Writes the number of stored reports beside the database, before they are acknowledged: it shows a later loss."""
        count = self.ingest.stored_count
        if count is None or count == self._remembered:
            return
        try:
            remember(self.data_dir, count, self.ingest.clock())
            self._remembered = count
        except OSError as error:  # a full disk: the next commit tries again
            log.error("the number of stored reports cannot be kept: %s", error)

    def _add(self, messages: Sequence[Message]) -> None:
        if self.inbox.connections != self._connection:  # the broker brings again what was not acknowledged
            self._connection = self.inbox.connections
            self.turns.forget()
        self._messages += len(messages)
        messages = self._without_emptied(messages)
        messages = [self._canary(row) if row.topic == CANARY else row for row in messages]
        self.inbox.acknowledge(row for row in messages if _is_foreign_canary(row))
        self.turns.add([row for row in messages if not _is_foreign_canary(row)], monotonic())

    def _without_emptied(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Has the broker drop positions that trackers had it retain, as elsewhere they would pass for new ones.

        Returns the messages without the empty ones by which that is done.
        """
        for message in messages:
            if message.retained and not message.topic.endswith("/status") and message.payload:
                self._emptied.add(message.topic)
                self.inbox.empty(message.topic)
        ours: list[Message] = []
        others: list[Message] = []
        for row in messages:
            (others if row.payload or row.topic not in self._emptied else ours).append(row)
        self._emptied -= {row.topic for row in ours}
        self.inbox.acknowledge(ours)
        return others


def _is_foreign_canary(message: Message) -> bool:
    """Whether somebody else made up a canary: it is not stored, and must not use up what our own may send."""
    return message.topic == CANARY and message.payload == FOREIGN


def _try(action: Callable[[], object]) -> None:
    try:
        action()
    except DatabaseError as error:
        log.error("the database does not answer: %s", error.orig)
