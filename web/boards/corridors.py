"""What the console shows of the routes: strips of figures, ladders with the buses on them, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import render_template
from markupsafe import Markup

from transit.control.circuit import Circuit, circuits_of
from transit.control.corridor import BusState, Corridor, CorridorBus, Terminal
from transit.control.holding import HoldingAdvice
from transit.plan.network import Network, Route, Stop
from transit.plan.once_per_network import once_per_network
from transit.plan.service_day import local_date, service_day_start
from transit.store.advice_answers import AdviceRecord, record_of
from web.boards.control_map import map_buses
from web.cache import Cache
from web.live.control import read_control
from web.words import control
from web.words.languages import language
from web.world import World

# a ladder, in units of its drawing: two rails for each pair of directions, the terminals as boxes above and below
PAIR_WIDTH = 400.0
LEFT_X, RIGHT_X = 125.0, 275.0
TOP_Y, BOTTOM_Y = 56.0, 444.0
HEIGHT = 500.0
LABEL_APART = 28.0  # least distance of two labels beside one rail
NAME_LETTERS = 24  # letters of a stop's name that fit between the rails, alone on its line
HALF_LETTERS = 11  # and beside another name
LINE_Y = 11.0  # two names nearer than this are on one line
NAME_APART = 12.0  # least distance of two names beside one rail
STATE_OLD_S = 6.0  # an older state is shown as stale
CIRCUIT_DAYS_KEPT = 8  # days whose circuits are cached
CIRCUITS_KEPT = 512  # circuits whose stops' places are cached; similar days share them
RECORD_EVERY_S = 15  # how often the answers to advice are counted again


@dataclass(frozen=True)
class RailPoint:
    x: float
    y: float
    is_left: bool  # of its pair of rails


@dataclass(frozen=True)
class LadderStop:
    stop: Stop
    at: RailPoint
    letters: int  # of its name, for which there is room; 0: the same stop of the other rail has the name beside it
    label_y: float  # of its name, moved where two stops are close

    @property
    def is_moved(self) -> bool:
        return bool(self.letters) and abs(self.label_y - self.at.y) > 1.0


@dataclass(frozen=True)
class LadderBus:
    bus: CorridorBus
    at: RailPoint
    label_y: float  # moved where two buses are close
    even: RailPoint | None
    reach: RailPoint | None  # how far a silent bus may be by now


@dataclass(frozen=True)
class LadderTerminal:
    terminal: Terminal
    stop: Stop
    at: RailPoint


@dataclass(frozen=True)
class Rungs:
    """The stops of a ladder, which do not depend on the buses. drawn: as SVG by language, once somebody asked."""

    stops: list[LadderStop]
    drawn: dict[str, Markup] = field(default_factory=dict)


@dataclass(frozen=True)
class Ladder:
    width: float
    is_loop: bool
    rails: list[tuple[RailPoint, RailPoint]]
    rungs: Rungs
    buses: list[LadderBus]
    terminals: list[LadderTerminal]


@dataclass(frozen=True)
class AdviceRow:
    advice: HoldingAdvice
    stop: Stop

    @property
    def held_min(self) -> int:
        return round(self.advice.held_s / 60.0)


@dataclass(frozen=True)
class CorridorRow:
    """One route: its figures, its ladder and what is advised for its buses."""

    route: Route
    corridor: Corridor
    ladder: Ladder
    terminals: list[LadderTerminal]
    advice: list[AdviceRow]
    worst_stop: Stop | None

    @property
    def is_short(self) -> bool:
        needed = self.corridor.buses_needed
        return needed is not None and self.corridor.buses_on + self.corridor.buses_unsure < needed

    @property
    def has_silent(self) -> bool:
        return any(bus.state is BusState.SILENT for bus in self.corridor.buses)

    @property
    def is_uncertain(self) -> bool:
        return any(bus.is_uncertain for bus in self.corridor.buses)


@dataclass(frozen=True)
class ControlBoard:
    made_at: datetime
    age_s: float
    corridors: list[CorridorRow]
    places: list[dict[str, Any]]  # of the buses, for the script of the map

    @property
    def is_stale(self) -> bool:
        return abs(self.age_s) > STATE_OLD_S


def control_board(world: World) -> ControlBoard | None:
    """None where the live process has written nothing for the loaded network."""
    network, state = world.network, read_control(world.settings.data_dir)
    if network is None or state is None or state.network_version != world.version:
        return None
    rows = corridor_rows(network, state.made_at, state.corridors, state.advice)
    age_s = (world.now() - state.made_at).total_seconds()
    return ControlBoard(state.made_at, age_s, rows, [vars(bus) for bus in map_buses(world, state.all_states(), rows)])


def corridor_rows(
    network: Network, at: datetime, corridors: Iterable[Corridor], advice: Sequence[HoldingAdvice]
) -> list[CorridorRow]:
    """The corridors of a moment, now or in the past, as rows with figures, ladder and advice."""
    circuits = _circuits(network, local_date(at, network.timezone))
    known = [corridor for corridor in corridors if corridor.route_id in circuits and _fits(network, circuits, corridor)]
    return [_row(network, circuits[corridor.route_id], corridor, advice) for corridor in known]


def _fits(network: Network, circuits: Mapping[str, Circuit], corridor: Corridor) -> bool:
    """Whether a corridor can be drawn; an old frame may be of a time when the route had other rails."""
    rails = len(circuits[corridor.route_id].rails)
    return all(row.rail < rails and row.stop_id in network.stops for row in corridor.terminals)


def is_stale(world: World) -> bool:
    """Whether the console's state is too old to count as now."""
    return world.live_age_s is None or abs(world.live_age_s) > STATE_OLD_S


def control_values(world: World) -> dict[str, object]:
    """What the template of the live part needs."""
    return {"board": control_board(world), "control": control, "followed": answers_today(world), **ladder_values()}


def ladder_values() -> dict[str, object]:
    """What the template of a ladder needs beside its row."""
    return {"shortened": shortened, "drawn_rungs": drawn_rungs, "bus_words": control.bus_words()}


def drawn_rungs(rungs: Rungs) -> Markup:
    """Drawn once for each language: half of the work of drawing a ladder, and the same each second."""
    tag = language()
    if tag not in rungs.drawn:
        rungs.drawn[tag] = Markup(render_template("ladder_rungs.html", rungs=rungs, shortened=shortened))
    return rungs.drawn[tag]


def answers_today(world: World) -> AdviceRecord:
    """The answers to advice since the service day began."""
    network, now = world.network, world.now()
    if network is None:
        return AdviceRecord(0, 0, 0)
    quarter = int(now.timestamp()) // RECORD_EVERY_S
    kept = world.advice_today
    if kept is None or kept[0] != quarter:
        since = service_day_start(local_date(now, network.timezone), network.timezone)
        with world.engine.connect() as connection:
            kept = quarter, record_of(connection, since, now)
        world.advice_today = kept
    return kept[1]


@once_per_network
def _circuits_by_day(network: Network) -> Cache[date, dict[str, Circuit]]:
    return Cache(CIRCUIT_DAYS_KEPT)


def _circuits(network: Network, day: date) -> dict[str, Circuit]:
    return _circuits_by_day(network).get(day, lambda: circuits_of(network, day))


def _row(network: Network, circuit: Circuit, corridor: Corridor, advice: Sequence[HoldingAdvice]) -> CorridorRow:
    ladder = ladder_of(network, circuit, corridor)
    mine = [row for row in advice if row.route_id == corridor.route_id]
    return CorridorRow(
        route=network.routes[corridor.route_id],
        corridor=corridor,
        ladder=ladder,
        terminals=ladder.terminals,
        advice=[AdviceRow(row, network.stops[row.stop_id]) for row in mine],
        worst_stop=network.stops.get(corridor.worst.stop_id) if corridor.worst else None,
    )


def ladder_of(network: Network, circuit: Circuit, corridor: Corridor) -> Ladder:
    """The circuit as a drawing: down the left rail, up the right one. The right rail of a loop is its second half."""
    columns = 2 if circuit.is_loop else len(circuit.rails)
    buses = [_ladder_bus(circuit, bus) for bus in corridor.buses]
    terminals = [
        LadderTerminal(row, network.stops[row.stop_id], place_point(circuit, row.rail, 0.0)) for row in corridor.terminals
    ]
    return Ladder(
        width=PAIR_WIDTH * ((columns + 1) // 2),
        is_loop=circuit.is_loop,
        rails=[(_column_point(n, 0.0), _column_point(n, 1.0)) for n in range(columns)],
        rungs=_ladder_rungs(network).get(circuit, lambda: Rungs(_stops_of(network, circuit))),
        buses=_apart(buses),
        terminals=terminals,
    )


@once_per_network
def _ladder_rungs(network: Network) -> Cache[Circuit, Rungs]:
    return Cache(CIRCUITS_KEPT)


def _stops_of(network: Network, circuit: Circuit) -> list[LadderStop]:
    stops = []
    for n, rail in enumerate(circuit.rails):
        for stop_id, at_s in list(zip(rail.stop_ids, rail.at_s, strict=True))[1:-1]:
            at = place_point(circuit, n, at_s)
            stops.append(LadderStop(network.stops[stop_id], at, NAME_LETTERS, at.y))
    return _with_room(stops)


def _with_room(stops: list[LadderStop]) -> list[LadderStop]:
    """Names a stop that both rails have at one height once, moves names apart, and lets two on one line share it."""
    named = [row for row in stops if not _is_named_beside(row, stops)]
    placed: list[LadderStop] = []
    for x in sorted({row.at.x for row in named}):
        column = sorted((row for row in named if row.at.x == x), key=lambda row: row.at.y)
        ys = spread_heights([row.at.y for row in column], NAME_APART, TOP_Y + NAME_APART, BOTTOM_Y - NAME_APART)
        placed += [replace(row, label_y=y) for row, y in zip(column, ys, strict=True)]
    shared = [replace(row, letters=HALF_LETTERS) if _shares_its_line(row, placed) else row for row in placed]
    return [*shared, *(replace(row, letters=0) for row in stops if row not in named)]


def _is_named_beside(stop: LadderStop, stops: list[LadderStop]) -> bool:
    return not stop.at.is_left and any(
        row.at.is_left and _pair(row) == _pair(stop) and row.stop.name == stop.stop.name and abs(row.at.y - stop.at.y) < LINE_Y
        for row in stops
    )


def _shares_its_line(stop: LadderStop, stops: list[LadderStop]) -> bool:
    return any(
        row.at.x != stop.at.x and _pair(row) == _pair(stop) and abs(row.label_y - stop.label_y) < LINE_Y for row in stops
    )


def spread_heights(ys: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Heights in order, moved as little as possible so that they are `apart`; within low..high while there is room."""
    groups: list[list[float]] = []  # groups of touching labels, with their wanted heights
    for y in ys:
        groups.append([y])
        while len(groups) > 1 and _middle(groups[-1]) - _middle(groups[-2]) < apart * (len(groups[-1]) + len(groups[-2])) / 2.0:
            last = groups.pop()
            groups[-1] += last
    moved = [_middle(group) + apart * (n - (len(group) - 1) / 2.0) for group in groups for n in range(len(group))]
    down, up = max(low - moved[0], 0.0) if moved else 0.0, max(moved[-1] - high, 0.0) if moved else 0.0
    return [round(y + down - up, 1) for y in moved]


def _middle(group: Sequence[float]) -> float:
    return sum(group) / len(group)


def _pair(stop: LadderStop) -> int:
    return int(stop.at.x // PAIR_WIDTH)


@lru_cache(maxsize=4096)
def shortened(name: str, letters: int = NAME_LETTERS) -> str:
    """A stop's name, cut to so many letters."""
    if not letters:
        return ""
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"


def _ladder_bus(circuit: Circuit, bus: CorridorBus) -> LadderBus:
    at_s = bus.place_s - circuit.place_s(bus.rail, 0.0)
    at = place_point(circuit, bus.rail, at_s)
    return LadderBus(
        bus=bus,
        at=at,
        label_y=at.y,
        even=None if bus.even_s is None else circuit_point(circuit, bus.even_s),
        reach=place_point(circuit, bus.rail, at_s + bus.reach_s) if bus.reach_s > 0.0 else None,
    )


def circuit_point(circuit: Circuit, place_s: float) -> RailPoint:
    """Where a place on the circuit is drawn."""
    for n, rail in enumerate(circuit.rails):
        if place_s <= rail.run_s or n == len(circuit.rails) - 1:
            return place_point(circuit, n, place_s)
        place_s -= rail.run_s
    raise AssertionError("a circuit has a rail")


def place_point(circuit: Circuit, rail: int, at_s: float) -> RailPoint:
    share = min(max(at_s / circuit.rails[rail].run_s, 0.0), 1.0) if circuit.rails[rail].run_s > 0.0 else 0.0
    if circuit.is_loop:
        return _column_point(0, share * 2.0) if share <= 0.5 else _column_point(1, share * 2.0 - 1.0)
    return _column_point(rail, share)


def _column_point(column: int, share: float) -> RailPoint:
    """Even columns are driven downwards, odd ones upwards."""
    goes_down = column % 2 == 0
    y = TOP_Y + (BOTTOM_Y - TOP_Y) * (share if goes_down else 1.0 - share)
    x = PAIR_WIDTH * (column // 2) + (LEFT_X if goes_down else RIGHT_X)
    return RailPoint(round(x, 1), round(y, 1), goes_down)


def _apart(buses: list[LadderBus]) -> list[LadderBus]:
    """The buses with their labels moved apart, within the drawing."""
    placed: list[LadderBus] = []
    for x in sorted({bus.at.x for bus in buses}):
        column = sorted((bus for bus in buses if bus.at.x == x), key=lambda bus: (bus.at.y, bus.bus.vehicle_id))
        ys: list[float] = []
        for bus in column:
            ys.append(max(bus.at.y, ys[-1] + LABEL_APART) if ys else bus.at.y)
        over = max(ys[-1] - (HEIGHT - LABEL_APART), 0.0)
        placed += [replace(bus, label_y=round(y - over, 1)) for bus, y in zip(column, ys, strict=True)]
    return sorted(placed, key=lambda bus: bus.bus.place_s)
