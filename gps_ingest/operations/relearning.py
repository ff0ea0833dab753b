"""Learning anew from every stored call, while nothing else runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from transit.forecasting.forecaster import Forecaster
from transit.forecasting.relearning import relearn
from transit.plan.network import Network
from transit.store.database import Engine, writing
from transit.store.learnt import save_learnt
from transit.store.stop_events import load_stop_events


@dataclass(frozen=True, slots=True)
class Relearnt:
    """used: calls that were learnt from; the others of those read are of trips that the network no longer has."""

    used: int
    read: int
    last_event_id: int


def relearn_all(engine: Engine, network: Network, now: datetime) -> Relearnt:
    """What was learnt before is replaced by what the stored calls teach. now: when that was, for the record."""
    forecaster, last_event_id, read, used = Forecaster(network), 0, 0, 0
    with engine.connect() as connection:
        while rows := load_stop_events(connection, last_event_id):
            used += relearn(forecaster, [event for _, event in rows])
            last_event_id, read = rows[-1][0], read + len(rows)
    with writing(engine) as connection:
        save_learnt(connection, forecaster.dump(), last_event_id, now=now)
    return Relearnt(used, read, last_event_id)
