"""What is wrong with a set-up: what is stored of the fleet, and what only a look at the machine shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from gps_ingest.mqtt import NotABroker, ask_broker, parse_url
from transit.forecasting.prediction import StandingVehicle
from transit.operations import parts
from transit.operations.facts import FleetFacts
from transit.operations.findings import troubles_of
from transit.operations.limits import DEFAULT, InboxLimits
from transit.operations.settings import InForce, in_force
from transit.operations.troubles import Trouble, TroubleKind
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.store.database import DatabaseError, Engine, UnknownSchema, check_schema
from transit.store.matters import load_open
from transit.store.networks import current_version, load_network
from transit.store.operations import load_facts
from transit.store.settings import load_settings
from transit.store.stored_count import noticed_loss
from transit.store.watch_reports import read_report

SNAPSHOT_OLD = timedelta(seconds=30)
LEAST_FREE_MB = 500
ANSWERS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, the most urgent first; none where all is well. timezone: of the network, for the words.

    began_at: by Trouble.key, when the live process first found it, where it has lasted for a while.
    """

    troubles: list[Trouble]
    timezone: str
    began_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveLook:
    """What only the live process knows, and when it last wrote it."""

    at: datetime
    watch: FleetWatch = NO_WATCH
    standing: Sequence[StandingVehicle] = ()
    troubles: Sequence[Trouble] = ()


def examine(
    engine: Engine,
    mqtt_url: str,
    data_dir: Path,
    now: datetime,
    *,
    live: LiveLook | None,
    offered_openly: bool = False,
    limits: InboxLimits = DEFAULT,
) -> Examination:
    """live: its last snapshot; None without one. offered_openly: BIND is not loopback, and nobody can log in."""
    last = live if live is not None and now - live.at <= SNAPSHOT_OLD else LiveLook(now)  # what it knew before is over
    loose = {row.subject: row.since for row in last.troubles if row.kind is TroubleKind.LOOSE and row.since is not None}
    facts = FleetFacts(now, watch=last.watch, standing=last.standing, loose=loose, limits=limits)
    stored = _of_database(engine, facts)
    troubles = [
        *stored.troubles,
        *_of_broker(mqtt_url),
        *_of_snapshot(live.at if live else None, now),
        *_of_machine(data_dir, now),
    ]
    troubles += parts.troubles(FleetFacts(now, parts=read_report(data_dir)))
    if offered_openly:
        troubles.append(Trouble(TroubleKind.OFFERED_OPENLY))
    return replace(stored, troubles=sorted(troubles, key=lambda trouble: trouble.weight))


def _of_database(engine: Engine, seen: FleetFacts) -> Examination:
    """seen: what only the live process knows, and the limits that the settings of the city may change."""
    try:
        check_schema(engine)
    except UnknownSchema as error:
        return Examination([Trouble(TroubleKind.DATABASE_UNKNOWN, figures={"said": str(error)})], "UTC")
    except DatabaseError as error:
        return Examination([Trouble(TroubleKind.DATABASE_AWAY, figures={"said": str(error.orig)})], "UTC")
    with engine.connect() as connection:
        version = current_version(connection)
        network = None if version is None else load_network(connection, version)
        set_here = in_force(InForce(limits=seen.limits), load_settings(connection)).limits
        stored = load_facts(connection, network, seen.now, seen.watch, limits=set_here)
        facts = replace(stored, standing=seen.standing, loose=seen.loose)
        began_at = {matter.trouble.key: matter.began_at for matter in load_open(connection)}
    return Examination(troubles_of(facts), facts.timezone, began_at)


def _of_broker(mqtt_url: str) -> Iterator[Trouble]:
    """Asks the broker as a client that may publish nothing and reads nothing."""
    try:
        address = parse_url(mqtt_url)
    except ValueError as error:
        yield Trouble(TroubleKind.BROKER_URL_WRONG, figures={"said": str(error)})
        return
    where = f"{address.host}:{address.port}"
    try:
        refusal = ask_broker(address, ANSWERS_WITHIN_S)
    except NotABroker:
        yield Trouble(TroubleKind.BROKER_IS_NONE, where)
    except OSError as error:
        yield Trouble(TroubleKind.BROKER_AWAY, where, figures={"said": str(error)})
    else:
        if refusal is not None:
            yield Trouble(TroubleKind.BROKER_REFUSES_US, where, figures={"said": refusal})


def _of_snapshot(snapshot_at: datetime | None, now: datetime) -> Iterator[Trouble]:
    if snapshot_at is None:
        yield Trouble(TroubleKind.LIVE_NEVER_RAN)
    elif now - snapshot_at > SNAPSHOT_OLD:
        yield Trouble(TroubleKind.LIVE_STOPPED, since=snapshot_at, figures={"age_s": (now - snapshot_at).total_seconds()})


def _of_machine(data_dir: Path, now: datetime) -> Iterator[Trouble]:
    loss = noticed_loss(data_dir, now)
    if loss is not None:
        yield Trouble(TroubleKind.STORED_LOST, since=loss.last_stored_at, figures={"reports": loss.reports})
    free_mb = shutil.disk_usage(data_dir if data_dir.exists() else Path.cwd()).free / 1e6
    if free_mb < LEAST_FREE_MB:
        yield Trouble(TroubleKind.DISK_FULL, figures={"free_mb": free_mb})
    if data_dir.exists() and not os.access(data_dir, os.W_OK):
        yield Trouble(TroubleKind.DATA_DIR_READ_ONLY, figures={"folder": str(data_dir)})
