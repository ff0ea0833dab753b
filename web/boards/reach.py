"""Which stops can be reached by bus from a place, with time to return before the last bus."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from maps.guide import Guide, Place
from transit.plan.journeys import planner_of
from transit.plan.network import Stop
from transit.plan.reach import Reached, reach_of
from transit.plan.service_day import local_date, moment
from web.boards.places import stand_of
from web.endpoints import Endpoint
from web.planner import DAY_ENDS_S, service_at
from web.world import World

CLASSES_MIN = (15, 30, 60)  # limits of the classes of stops, minutes of travel
MOST_ROWS = 60  # rows of a page; further stops are only counted
PLACES_PER_STOP = 3
ON_FOOT_M = 500.0  # a place this near to a stop is reached with it


@dataclass(frozen=True)
class ReachRow:
    """A stop, when a rider gets there, and until when a rider can stay."""

    stop: Stop
    reached: Reached
    places: list[Place]

    @property
    def minutes(self) -> int:
        return max(1, round(self.reached.journey.seconds / 60))

    @property
    def comes_at(self) -> datetime:
        return datetime.fromtimestamp(self.reached.journey.comes.at, UTC)

    @property
    def last_back_at(self) -> datetime | None:
        return None if self.reached.last_back is None else datetime.fromtimestamp(self.reached.last_back, UTC)

    @property
    def level(self) -> int:
        """0 is the nearest class of CLASSES_MIN."""
        return sum(self.minutes > most for most in CLASSES_MIN)


@dataclass(frozen=True)
class ReachBoard:
    """rows: stops with a way there and back; one_way: stops without a bus back that leaves time to stay."""

    rows: list[ReachRow]
    one_way: list[ReachRow]
    left_out: int  # number of rows beyond MOST_ROWS


def reach_board(world: World, guide: Guide, start: Endpoint, when: datetime) -> ReachBoard:
    network = world.network
    assert network is not None
    planner, service = planner_of(network), service_at(world, when)
    until = moment(local_date(when, network.timezone), DAY_ENDS_S, network.timezone).timestamp()
    near: dict[str, list[Place]] = defaultdict(list)
    for place in guide.published:
        stop_id, metres = next(iter(stand_of(network, place).stops.items()), ("", 0.0))
        is_near = place.is_good and bool(stop_id) and metres <= ON_FOOT_M
        if is_near and place.name != network.stops[stop_id].name:  # its row is called so already
            near[stop_id].append(place)
    rows = [
        ReachRow(network.stops[reached.stop_id], reached, near[reached.stop_id][:PLACES_PER_STOP])
        for reached in reach_of(planner, service, start.stops, when.timestamp(), until)
    ]
    back = [row for row in rows if row.reached.is_there_and_back]
    return ReachBoard(
        rows=back[:MOST_ROWS],
        one_way=[row for row in rows if not row.reached.is_there_and_back],
        left_out=max(0, len(back) - MOST_ROWS),
    )
