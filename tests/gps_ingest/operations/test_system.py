"""A system's processes in their order."""

from __future__ import annotations

from gps_ingest.operations.system import Part, parts_of


def names(parts: list[Part]) -> list[str]:
    return [part.name for part in parts]


def test_the_broker_comes_first_and_is_left_out_where_there_is_another():
    assert names(parts_of(has_own_broker=True, demo_vehicles=0)) == ["broker", "ingest", "live", "web"]
    assert names(parts_of(has_own_broker=False, demo_vehicles=0)) == ["ingest", "live", "web"]


def test_simulated_buses_come_last_and_may_leave():
    *others, fleet = parts_of(has_own_broker=True, demo_vehicles=8)
    assert fleet == Part("simulate", ("simulate", "--vehicles", "8"), restarts=False)
    assert all(part.restarts for part in others)


def test_positions_are_shared_where_it_is_asked_for():
    parts = parts_of(has_own_broker=True, demo_vehicles=0, shares=True)
    assert names(parts) == ["broker", "ingest", "live", "web", "broadcast"]


def test_the_receiver_is_a_part_where_it_is_asked_for():
    parts = parts_of(has_own_broker=True, demo_vehicles=0, receives=True)
    assert names(parts) == ["broker", "ingest", "live", "web", "receive"]
