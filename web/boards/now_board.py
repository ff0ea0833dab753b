"""What the opening screen shows of a few stops and ways: the next two buses of each direction, in few bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maps.guide import Guide
from transit.arrivals.rows import Arrival
from transit.plan.journeys import Journey
from transit.plan.network import Network, Route, Stop
from web.boards.stop_board import DirectionBoard, stop_board
from web.endpoints import Endpoint, understand
from web.planner import next_journeys
from web.world import World

STOPS_AT_MOST = 8  # of one request: those kept and those near
WAYS_AT_MOST = 4
TIMES = 2  # of each direction


@dataclass(frozen=True)
class NowLine:
    """One direction at a stop. note: shown where no bus has a time."""

    route: Route
    headsign: str
    rows: list[Arrival]
    note: Arrival | None


@dataclass(frozen=True)
class NowStop:
    stop: Stop
    lines: list[NowLine]
    has_demo: bool  # whether a bus here is simulated beside the city's own timetable


@dataclass(frozen=True)
class NowWay:
    """A kept way from one endpoint to another with its next journeys."""

    start: Endpoint
    end: Endpoint
    journeys: Sequence[Journey]

    @property
    def has_demo(self) -> bool:
        return any(ride.run.is_demo for journey in self.journeys for ride in journey.rides)


def now_stops(world: World, stop_ids: Sequence[str]) -> list[NowStop]:
    """The stops in the order asked for, without those that are not in the network or not served."""
    network = world.network
    assert network is not None
    served = [stop_id for stop_id in dict.fromkeys(stop_ids) if _is_served(network, stop_id)][:STOPS_AT_MOST]
    return [_now_stop(world, stop_id) for stop_id in served]


def now_ways(world: World, guide: Guide, ways: Sequence[str]) -> list[NowWay]:
    """ways: "start>end", each the key of an endpoint."""
    network = world.network
    assert network is not None
    made = []
    for text in list(dict.fromkeys(ways))[:WAYS_AT_MOST]:
        start, end = (understand(network, guide, key).endpoint if ":" in key else None for key in [*text.split(">"), ""][:2])
        if start is not None and end is not None:
            made.append(NowWay(start, end, next_journeys(world, start, end)[:TIMES]))
    return made


def _is_served(network: Network, stop_id: str) -> bool:
    return stop_id in network.stops and any(place in network.routes_of_stop for place in network.within(stop_id))


def _now_stop(world: World, stop_id: str) -> NowStop:
    board = stop_board(world, stop_id)
    lines = [_line(direction) for direction in board.directions if not direction.ends_here]
    return NowStop(board.stop, lines, board.has_demo)


def _line(direction: DirectionBoard) -> NowLine:
    rows = [row for row in direction.rows if row.at is not None and row.can_board][:TIMES]
    note = next(iter(direction.notes), None) if len(rows) < TIMES else None
    return NowLine(direction.route, direction.headsign, rows, note)
