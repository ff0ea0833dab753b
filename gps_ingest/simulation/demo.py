"""The demonstration: a sample network with simulated buses, which leave when an operator's own network comes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from gps_ingest.simulation.simulator import demo_trackers
from transit.plan.network import Network
from transit.store.database import DatabaseError, Engine, writing
from transit.store.networks import current_version, load_network, save_network
from transit.store.trackers import load_tracker_map, map_tracker

LOOK_EVERY_S = 2.0  # whether the network was replaced


@dataclass(frozen=True, slots=True)
class Demo:
    """is_new: the sample was stored just now, because there was no network; may_drive: the network is a sample."""

    is_new: bool
    may_drive: bool


def prepare_demo(engine: Engine, sample: Callable[[], Network], source: str, vehicles: int, now: datetime) -> Demo:
    """Stores the sample where no network is loaded, and puts the demo's trackers on their buses.

    sample: is asked only then. A network that is no sample stays as it is, and nothing drives on it.
    """
    with engine.connect() as connection:
        version = current_version(connection)
    is_new = version is None
    if version is None:
        with writing(engine) as connection:
            version = save_network(connection, sample(), now=now, source=source)
    with writing(engine) as connection:
        network = load_network(connection, version)
        if not network.is_sample:
            return Demo(is_new, may_drive=False)
        mapped = load_tracker_map(connection)
        for tracker_id, vehicle_id in demo_trackers(network, vehicles):
            if tracker_id not in mapped:
                map_tracker(connection, tracker_id, vehicle_id, now=now)
    return Demo(is_new, may_drive=True)


def stop_when_replaced(engine: Engine, stop_event: Event, every_s: float = LOOK_EVERY_S) -> None:
    """Returns when stop_event is set, and sets it once the current network is no sample."""
    seen = None
    while not stop_event.wait(every_s):
        with suppress(DatabaseError), engine.connect() as connection:
            version = current_version(connection)
            if version != seen and version is not None and not load_network(connection, version).is_sample:
                stop_event.set()
            seen = version
