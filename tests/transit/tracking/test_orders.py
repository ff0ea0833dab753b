"""Evidence beats an order: who drove a whole trip of another route than it was told is on that route at terminals, too."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.builders import STRAIGHT, Way, a_city, a_drive, a_report
from transit.plan.network import Network
from transit.tracking.memory import Memory, pack, unpack
from transit.tracking.orders import Order
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import MatchedPosition, VehicleStatus
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

NORTH = [(0.0, 0.0), (0.0, 4000.0)]
TOLD = AssignmentHint(route_id="R9")
EACH_TEN_MINUTES = tuple(7 * 3600 + 600 * n for n in range(8))


def a_town() -> Network:
    """R1 goes east and back, R9 north and back; both begin at one terminal."""
    ways = (("R1", STRAIGHT), ("R9", NORTH))
    return a_city(*[
        Way(route_id, line, EACH_TEN_MINUTES, direction)
        for route_id, out in ways for direction, line in enumerate((out, out[::-1]))
    ])  # fmt: skip


def stands(where: tuple[float, float], start: datetime, minutes: int = 7) -> list[AvlReport]:
    return [a_report(where, start + timedelta(seconds=10 * n)) for n in range(6 * minutes)]


def after(reports: list[AvlReport]) -> datetime:
    return reports[-1].reported_at + timedelta(seconds=10)


def matched(pipeline: Pipeline, reports: list[AvlReport], hint: AssignmentHint) -> list[MatchedPosition]:
    return [state.matched for report in reports if (state := pipeline.step(report, hint).state) is not None]


def routes(places: list[MatchedPosition]) -> set[str]:
    return {place.trip.trip_id[:2] for place in places if place.trip is not None}


def test_who_drove_a_whole_trip_of_another_route_than_it_was_told_waits_for_the_next_of_that_route() -> None:
    pipeline, out = Pipeline(a_town()), a_drive(STRAIGHT)
    matched(pipeline, out, TOLD)
    waits = stands((4000.0, 0.0), after(out))
    waiting = matched(pipeline, waits, TOLD)[6:]
    assert {place.status for place in waiting} == {VehicleStatus.LAYOVER}
    assert routes(waiting) == {"R1"}
    assert all(place.is_overruled for place in waiting)
    back = a_drive(STRAIGHT[::-1], after(waits))
    matched(pipeline, back, TOLD)
    at_the_shared_terminal = matched(pipeline, stands((0.0, 0.0), after(back)), TOLD)
    assert routes(at_the_shared_terminal) == {"R1"}


def test_who_is_told_another_route_on_its_way_finishes_its_trip_and_waits_for_the_route_that_it_was_told() -> None:
    pipeline, back = Pipeline(a_town()), a_drive(STRAIGHT[::-1])
    matched(pipeline, back[:30], NO_HINT)
    finishing = matched(pipeline, back[30:], TOLD)
    assert "R1" in routes(finishing)
    waiting = matched(pipeline, stands((0.0, 0.0), after(back)), TOLD)[6:]
    assert routes(waiting) == {"R9"}


def test_an_order_counts_again_as_soon_as_it_is_obeyed() -> None:
    pipeline, back = Pipeline(a_town()), a_drive(STRAIGHT[::-1])
    matched(pipeline, back, TOLD)
    north = a_drive(NORTH, after(back))
    assert "R9" in routes(matched(pipeline, north, TOLD)[20:])
    south = a_drive(NORTH[::-1], after(north) + timedelta(minutes=2))
    matched(pipeline, south, TOLD)
    waiting = matched(pipeline, stands((0.0, 0.0), after(south)), TOLD)[6:]
    assert routes(waiting) == {"R9"}
    assert not any(place.is_overruled for place in waiting)


def test_another_order_is_believed_though_the_one_before_was_refuted() -> None:
    pipeline, back = Pipeline(a_town()), a_drive(STRAIGHT[::-1])
    matched(pipeline, back, TOLD)
    waits = stands((0.0, 0.0), after(back))
    assert routes(matched(pipeline, waits[:20], TOLD)[6:]) == {"R1"}
    matched(pipeline, waits[20:21], NO_HINT)
    assert routes(matched(pipeline, waits[21:], TOLD)[6:]) == {"R9"}


def test_a_refuted_order_is_remembered_between_two_fixes() -> None:
    memory = Memory(order=Order(route_id="R9", is_refuted=True))
    assert unpack(pack(memory)).order == memory.order
