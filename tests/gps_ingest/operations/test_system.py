"""A system's processes in their order, and when its broker is open to anybody."""

from __future__ import annotations

from gps_ingest.operations.system import Part, parts_of, takes_reports_from_anybody


def names(parts: list[Part]) -> list[str]:
    return [part.name for part in parts]


def test_the_broker_comes_first_and_is_left_out_where_there_is_another():
    assert names(parts_of(has_own_broker=True, demo_vehicles=0)) == ["broker", "ingest", "live", "web"]
    assert names(parts_of(has_own_broker=False, demo_vehicles=0)) == ["ingest", "live", "web"]


def test_simulated_buses_come_last_and_may_leave():
    *others, fleet = parts_of(has_own_broker=True, demo_vehicles=8)
    assert fleet == Part("simulate", ("simulate", "--vehicles", "8"), restarts=False)
    assert all(part.restarts for part in others)


def test_a_broker_is_open_where_others_reach_it_and_it_knows_no_users(tmp_path):
    assert takes_reports_from_anybody("0.0.0.0", "", tmp_path)
    assert not takes_reports_from_anybody("127.0.0.1", "", tmp_path)
    assert not takes_reports_from_anybody("0.0.0.0", "mqtt://other", tmp_path)
    (tmp_path / "broker.users").write_text("bus:secret\n")
    assert not takes_reports_from_anybody("0.0.0.0", "", tmp_path)
