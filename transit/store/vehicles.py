"""Vehicle states: one blob per vehicle, with a revision that lets a reader ask for what is new."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from transit.store.formats import StoredFormat
from transit.store.tables import counters, vehicle_states
from transit.store.upsert import insert_into, upsert
from transit.tracking.state import VehicleState

STATE = StoredFormat(VehicleState, number=1)


def save_states(connection: Connection, states: Iterable[VehicleState], *, network_version: str | None = None) -> int:
    """Stores the states under one new revision, which is returned; network_version is what they were made with."""
    revision = _next_revision(connection)
    rows = [
        {
            "vehicle_id": state.vehicle_id,
            "revision": revision,
            "network_version": network_version,
            "state": STATE.encode(state),
        }
        for state in states
    ]
    upsert(connection, vehicle_states, rows)
    return revision


def load_states(connection: Connection, after_revision: int = 0) -> tuple[int, list[VehicleState]]:
    """The states saved after a revision, and the revision to ask with next time. One of another format is left out."""
    table = vehicle_states.c
    rows = connection.execute(
        select(table.revision, table.state).where(table.revision > after_revision).order_by(table.vehicle_id)
    ).all()
    newest = max((revision for revision, _ in rows), default=after_revision)
    states = (STATE.decode(state) for _, state in rows)
    return newest, [state for state in states if state is not None]


def load_vehicle_ids(connection: Connection) -> list[str]:
    """Every vehicle that was ever heard."""
    return list(connection.execute(select(vehicle_states.c.vehicle_id).order_by(vehicle_states.c.vehicle_id)).scalars())


def load_states_made_with(connection: Connection) -> list[tuple[str | None, VehicleState]]:
    """Every state with the network version that it was made with. One of another format is left out: it begins anew."""
    table = vehicle_states.c
    rows = connection.execute(select(table.network_version, table.state).order_by(table.vehicle_id))
    states = ((version_id, STATE.decode(state)) for version_id, state in rows)
    return [(version_id, state) for version_id, state in states if state is not None]


def forget_states(connection: Connection, vehicle_ids: Iterable[str]) -> None:
    """Drops what is known of some vehicles, so that a restart begins with them anew."""
    ids = list(vehicle_ids)
    if ids:
        connection.execute(delete(vehicle_states).where(vehicle_states.c.vehicle_id.in_(ids)))


def _next_revision(connection: Connection) -> int:
    """Counted in one writing statement: the lock is taken before anything is read."""
    statement = insert_into(connection, counters).values(name="vehicle_states", value=1)
    counted = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1}).returning(
        counters.c.value
    )
    return int(connection.execute(counted).scalar_one())
