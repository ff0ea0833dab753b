"""The packed memory of a vehicle: today's, one from before there were formats, one of a later version, one that is broken."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import SEVEN, a_drive, a_network, a_report, a_trip_instance
from tests.conftest import HOUSE
from transit.store.vehicles import STATE
from transit.tracking.memory import FORMAT, Memory, pack, unpack
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import VehicleState, VehicleStatus

AS_FORMAT_4 = HOUSE / "tests" / "cases" / "stored_at_fb13c56" / "memory_4.hex"
DUMP = HOUSE / "tests" / "cases" / "stored_before_formats" / "schema_0003.sql"


def state_of_before() -> VehicleState:
    """BUS1 at 1,800 m of T1, as commit 5e26d64 stored it."""
    row = re.search(r"INSERT INTO \"vehicle_states\" VALUES\('BUS1',.*?X'([0-9A-F]+)'", DUMP.read_text(encoding="utf-8"))
    assert row is not None
    state = STATE.decode(bytes.fromhex(row.group(1)))
    assert state is not None
    return state


def state_of_format_4() -> VehicleState:
    """BUS1 off the line of T1, seven fixes after it left it at 1,800 m, as commit fb13c56 stored it."""
    state = STATE.decode(bytes.fromhex(AS_FORMAT_4.read_text(encoding="ascii")))
    assert state is not None
    return state


def driven_on(state: VehicleState) -> VehicleState:
    """After 60 m more, 10 s later."""
    pipeline = Pipeline(a_network(), [state])
    (before,) = a_drive(from_m=1800.0, to_m=1800.0)
    seconds = timedelta(seconds=10)
    (after,) = a_drive(start=state.report.reported_at + seconds, from_m=1860.0, to_m=1860.0)
    assert (before.lat, before.lon) == pytest.approx((state.report.lat, state.report.lon), abs=1e-3)
    outcome = pipeline.step(replace(after, tracker_id=state.report.tracker_id))
    assert outcome.rejection is None
    assert outcome.state is not None
    return outcome.state


def test_a_memory_from_before_formats_is_gone_on_with() -> None:
    state = state_of_before()
    memory = unpack(state.memory)
    assert memory.belief is not None
    assert memory.detours == ()
    on = driven_on(state)
    assert on.matched.status is VehicleStatus.ON_TRIP
    assert on.matched.trip == state.matched.trip
    assert on.recent[-2] == state.recent[-1]  # what was known of its way is still known


def test_today_s_memory_is_read_as_it_was_packed() -> None:
    memory = unpack(state_of_before().memory)
    assert pack(unpack(pack(memory))) == pack(memory)
    assert pack(memory)[:1] == FORMAT


@pytest.mark.parametrize("content", [b"", b"\x7f", b"\x01rest", FORMAT, FORMAT + b"\x91\x05", b"\x93\x01\x02", b"nonsense"])
def test_a_later_format_or_a_broken_one_begins_anew_with_that_vehicle(content: bytes) -> None:
    assert pack(unpack(content)) == pack(Memory())
    state = driven_on(replace(state_of_before(), memory=content))
    assert state.matched.status in (VehicleStatus.ON_TRIP, VehicleStatus.UNASSIGNED)
    assert len(state.recent) <= 1


def test_a_memory_of_format_4_is_gone_on_with_without_since_when_its_status_lasts() -> None:
    state = state_of_format_4()
    memory = unpack(state.memory)
    assert memory.belief is not None
    published = memory.published
    assert published is not None
    assert (published.status, published.trip) == ("off_route", a_trip_instance())
    assert published.along_m == pytest.approx(2220.0, abs=0.1)
    assert published.off_since == SEVEN.timestamp() + 295.0
    assert (published.off_m, published.t) == (120.0, SEVEN.timestamp() + 370.0)
    pipeline = Pipeline(a_network(), [state])
    beside = replace(a_report((2280.0, 150.0), SEVEN + timedelta(seconds=380)), tracker_id=state.report.tracker_id)
    on = pipeline.step(beside).state
    assert on is not None
    assert on.matched.status is VehicleStatus.OFF_ROUTE  # anew it would not be off a line yet
    assert on.matched.trip == state.matched.trip


def test_a_memory_of_format_4_that_is_broken_begins_anew() -> None:
    for published in ([], ["off_route"], "off_route", 5):
        assert pack(unpack(b"\x04" + msgspec.msgpack.encode([None, published]))) == pack(Memory())


def test_a_memory_of_format_3_is_gone_on_with_without_its_one_suspect() -> None:
    memory = unpack(state_of_before().memory)
    assert memory.belief is not None
    plain = msgspec.msgpack.decode(pack(memory)[1:])
    plain[1].insert(4, 1_795_000_000.0)  # since when the status lasts
    plain.insert(3, ["BUS9", "a report that was refused"])
    assert pack(unpack(b"\x03" + msgspec.msgpack.encode(plain))) == pack(memory)


def test_a_memory_of_format_2_is_gone_on_with() -> None:
    memory = unpack(state_of_before().memory)
    assert memory.belief is not None
    assert memory.belief.hypotheses
    plain = msgspec.msgpack.decode(pack(memory)[1:])
    for hypothesis in plain[0][3]:  # of the belief; format 2 had no must_refit and mean_m, which come last
        assert hypothesis.pop() is None
        assert hypothesis.pop() is False
    plain[1].insert(4, 1_795_000_000.0)
    plain.insert(3, None)
    assert pack(unpack(b"\x02" + msgspec.msgpack.encode(plain))) == pack(memory)
