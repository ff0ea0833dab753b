"""What a worker knows: while one request takes in a new snapshot, the others go on with the one before."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

from tests.builders import a_report, at


def test_a_view_is_unpacked_before_others_see_it(town):
    """500 vehicles take milliseconds: requests that come meanwhile are served from the view before."""
    town.hear([a_report()]).step(at(7, 5))
    world = town.app().extensions["world"]
    world.refresh()
    assert {"states", "standing"} <= set(vars(world.view))
    assert list(world.states) == ["BUS1"]


def test_requests_do_not_wait_for_the_one_that_takes_in_a_snapshot(town):
    town.step(at(7, 5))
    world = town.app().extensions["world"]
    world.refresh()
    before = world.view
    town.step(at(7, 5) + timedelta(seconds=1))
    with world._lock:  # another request takes it in
        other = Thread(target=world.refresh)
        other.start()
        other.join(10)
        assert not other.is_alive()
        assert world.view is before
    world.refresh()
    assert world.view is not before
