"""A late buffer is whole when nothing came to it for a while; until then it waits and grows."""

from __future__ import annotations

from datetime import timedelta

from gps_ingest.ingest.late_buffers import QUIET_S, LateBuffer, LateBuffers
from tests.builders import SEVEN

LATER = SEVEN + timedelta(minutes=5)


def test_a_buffer_is_handed_out_once_when_it_was_quiet_for_long_enough():
    late = LateBuffers()
    late.add("BUS1", SEVEN, 100.0)
    assert list(late.take_whole(100.0 + QUIET_S - 0.1)) == []
    assert list(late.take_whole(100.0 + QUIET_S)) == [LateBuffer("BUS1", SEVEN, SEVEN, 100.0)]
    assert list(late.take_whole(100.0 + QUIET_S)) == []


def test_a_buffer_covers_all_that_came_of_its_vehicle_and_waits_since_the_last():
    late = LateBuffers()
    late.add("BUS1", LATER, 100.0)
    late.add("BUS2", SEVEN, 100.0)
    late.add("BUS1", SEVEN, 120.0)
    assert [buffer.vehicle_id for buffer in late.take_whole(100.0 + QUIET_S)] == ["BUS2"]
    assert list(late.take_whole(120.0 + QUIET_S)) == [LateBuffer("BUS1", SEVEN, LATER, 120.0)]


def test_a_buffer_that_could_not_be_stored_is_handed_out_again():
    late = LateBuffers()
    late.add("BUS1", SEVEN, 100.0)
    assert next(late.take_whole(200.0)) == LateBuffer("BUS1", SEVEN, SEVEN, 100.0)  # and then the database is away
    assert [buffer.vehicle_id for buffer in late.take_whole(200.0)] == ["BUS1"]
    assert list(late.take_whole(200.0)) == []
