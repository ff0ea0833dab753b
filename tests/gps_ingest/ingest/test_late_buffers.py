"""A late buffer is whole when nothing came to it for a while; until then it waits and grows."""

from __future__ import annotations

from datetime import timedelta

from gps_ingest.ingest.late_buffers import QUIET_S, LateBuffer, LateBuffers
from tests.builders import SEVEN

LATER = SEVEN + timedelta(minutes=5)


def test_a_buffer_is_whole_when_it_was_quiet_for_long_enough_and_stays_until_it_is_removed():
    late = LateBuffers()
    late.add("BUS1", SEVEN, 100.0)
    assert late.next_whole(100.0 + QUIET_S - 0.1) is None
    buffer = late.next_whole(100.0 + QUIET_S)
    assert buffer == LateBuffer("BUS1", SEVEN, SEVEN, 100.0) == late.next_whole(100.0 + QUIET_S)
    late.remove(buffer)
    assert late.next_whole(100.0 + QUIET_S) is None


def test_a_buffer_covers_all_that_came_of_its_vehicle_and_waits_since_the_last():
    late = LateBuffers()
    late.add("BUS1", LATER, 100.0)
    late.add("BUS2", SEVEN, 100.0)
    late.add("BUS1", SEVEN, 120.0)
    assert late.next_whole(100.0 + QUIET_S) == LateBuffer("BUS2", SEVEN, SEVEN, 100.0)
    late.remove(LateBuffer("BUS2", SEVEN, SEVEN, 100.0))
    assert late.next_whole(120.0 + QUIET_S) == LateBuffer("BUS1", SEVEN, LATER, 120.0)


def test_a_buffer_to_which_more_came_since_it_was_handed_out_is_not_removed():
    late = LateBuffers()
    late.add("BUS1", SEVEN, 100.0)
    buffer = late.next_whole(200.0)
    late.add("BUS1", LATER, 201.0)
    late.remove(buffer)
    assert late.next_whole(300.0) == LateBuffer("BUS1", SEVEN, LATER, 201.0)
