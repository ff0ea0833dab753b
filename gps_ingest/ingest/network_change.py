"""From one network to the next: the vehicles that fit it go on, the others begin anew."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from transit.plan.network import Network
from transit.store.database import Engine, writing
from transit.store.vehicles import forget_states, load_states_made_with, save_states
from transit.tracking.pipeline import Pipeline
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NetworkInUse:
    """A version of the network, and the pipeline that drives the vehicles on it."""

    version: str
    pipeline: Pipeline


def take_up(engine: Engine, version: str, network: Network, hints: Mapping[str, AssignmentHint]) -> NetworkInUse:
    """States of another network are made anew from their last report, or dropped where that does not fit."""
    with engine.connect() as connection:
        made_with = load_states_made_with(connection)
    fitting = [state for made, state in made_with if made == version]
    others = [state for made, state in made_with if made != version]
    pipeline = Pipeline(network, fitting)
    moved, dropped = [], []
    for old in others:
        outcome = pipeline.step(old.report, hints.get(old.vehicle_id, NO_HINT), old.report.received_at)
        if outcome.state is None:
            dropped.append(old.vehicle_id)
        else:
            moved.append(outcome.state)
    if others:
        with writing(engine) as connection:
            forget_states(connection, dropped)
            save_states(connection, moved, network_version=version)
    log.info("network %s, %d vehicles known", version, len(fitting) + len(moved))
    return NetworkInUse(version, pipeline)
