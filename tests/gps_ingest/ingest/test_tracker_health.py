"""Names of trackers are kept of so many that are on no vehicle; invented ids beyond them share one name."""

from __future__ import annotations

from gps_ingest.decoder import NOBODY
from gps_ingest.ingest.tracker_health import MOST_UNKNOWN, TrackerMemories


def test_the_last_tracker_that_has_room_is_counted_by_its_own_name_and_the_next_is_nobody():
    clocks = TrackerMemories(most=2)
    assert [clocks.admit(name, is_mapped=False) for name in ("a", "b", "c")] == ["a", "b", NOBODY]
    assert clocks.admit("a", is_mapped=False) == "a"


def test_a_tracker_on_a_vehicle_is_known_however_many_there_are():
    clocks = TrackerMemories(most=1)
    clocks.admit("a", is_mapped=False)
    assert clocks.admit("bus", is_mapped=True) == "bus"


def test_without_a_word_there_is_room_for_five_hundred_names():
    clocks = TrackerMemories()
    assert {clocks.admit(f"t{n}", is_mapped=False) for n in range(500)} == {f"t{n}" for n in range(500)}
    assert clocks.admit("one more", is_mapped=False) == NOBODY
    assert MOST_UNKNOWN == 500


def test_a_name_that_is_put_on_a_vehicle_makes_room_for_another():
    clocks = TrackerMemories(most=1)
    clocks.admit("a", is_mapped=False)
    clocks.admit("a", is_mapped=True)
    assert clocks.admit("b", is_mapped=False) == "b"
    assert clocks.admit("c", is_mapped=False) == NOBODY
