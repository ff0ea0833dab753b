"""How simulated buses drive: traffic, lights, people at stops, layovers, the way to the depot. Run times are its own."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from random import Random
from zoneinfo import ZoneInfo

from transit.plan.network import Network
from transit.plan.patterns import Pattern, patterns_of
from transit.plan.service_day import local_date, seconds_of_day, services_on

STEP_S = 1.0
CRUISE_MPS = 9.5  # between lights and stops, when streets are empty
OFF_LINE_MPS = 7.0  # on the way to the depot, or to where the next trip begins
ACCELERATION_MPS2 = 1.0
DOORS_S = 7.0  # stopping for anybody at all
BOARDING_S = (2.0, 4.5)  # each
PEOPLE_PER_MIN = 0.75  # who come to a stop when it is busiest
LONGEST_GATHERING_S = 1200.0  # who waited longer has walked
ALIGHT = 0.7  # stops at which somebody wants out
LIGHT_EVERY_M = 700.0
LIGHT_S = (5.0, 45.0)
DRIVEN_LAYOVER_S = (90.0, 300.0)
DEADHEAD_M = 60.0  # where the next trip begins further away, the bus drives there
DEPOT_EVERY_S = 50 * 60  # the last bus of a fleet goes to the depot so often ...
DEPOT_STAYS_S = 12 * 60  # ... and stays so long
DEPOT_FIRST_S = (3 * 60.0, 8 * 60.0)  # it begins there, and comes out after so long
DEPOT_AWAY_M = (700.0, 450.0)  # east and north of a terminal: nobody published where the depot is
SLACK_S = 15 * 60  # a trip is driven so long before its first and after its last departure
LOOK_AGAIN_S = 300.0  # how often the plan is asked which trips run
# how fast traffic flows, by local hour; between them it changes evenly
FLOW = {
    0: 1.0,
    5: 1.0,
    6: 0.85,
    7: 0.62,
    8: 0.72,
    10: 0.82,
    12: 0.74,
    14: 0.8,
    16: 0.66,
    17: 0.6,
    18: 0.72,
    20: 0.88,
    22: 1.0,
    24: 1.0,
}


class Mode(Enum):
    DRIVES = 1
    STANDS = 2  # at a stop or a light
    LAYOVER = 3
    TO_DEPOT = 4
    IN_DEPOT = 5
    TO_TERMINAL = 6  # from the depot, or from where the last trip ended


@dataclass
class Rotation:
    """The ways that a bus of one route drives one after the other, for ever."""

    ways: tuple[Pattern, ...]

    @property
    def length_m(self) -> float:
        return sum(way.end_m - way.start_m for way in self.ways)

    def place(self, metres: float) -> tuple[Pattern, float]:
        """Which way, and how far along it, so many metres into the rotation."""
        metres %= self.length_m
        for way in self.ways:
            if metres < way.end_m - way.start_m:
                return way, way.start_m + metres
            metres -= way.end_m - way.start_m
        return self.ways[0], self.ways[0].start_m

    def after(self, way: Pattern) -> Pattern:
        """What follows a way; for one that no longer runs, what begins nearest to its end."""
        if way in self.ways:
            return self.ways[(self.ways.index(way) + 1) % len(self.ways)]
        return min(self.ways, key=lambda other: math.dist(other.stop_xy[0], way.stop_xy[-1]))


@dataclass
class Bus:
    """One bus with its driver. Seconds are the simulation's."""

    number: int
    pattern: Pattern
    along_m: float
    chance: Random
    rests: bool  # goes to the depot now and then
    mode: Mode = Mode.DRIVES
    until_s: float = 0.0  # when standing or waiting ends
    speed_mps: float = 5.0
    temper: float = 1.0  # of the driver
    street: float = 1.0  # of the street right now, drifts
    light_m: float = 300.0  # metres to the next light
    xy: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    serves_until_s: float = math.inf


@dataclass
class Town:
    """What all buses share: the plan, the traffic, and the people who gather at stops since the last bus."""

    network: Network
    zone: ZoneInfo = field(init=False)
    served_s: dict[tuple[str, str], float] = field(default_factory=dict)  # (pattern_id, stop_id) -> when a bus left it last
    _rotations: dict[str, Rotation] = field(default_factory=dict)  # by route_id
    _asked_at: datetime | None = None

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.network.timezone)

    def rotations(self, at: datetime) -> dict[str, Rotation]:
        """What is driven now; raises ValueError where the network has nothing to drive on."""
        if self._asked_at is None or abs((at - self._asked_at).total_seconds()) >= LOOK_AGAIN_S:
            self._asked_at = at
            self._rotations = {rotation.ways[0].route_id: rotation for rotation in rotations_of(self.network, at)}
            if not self._rotations:
                raise ValueError("the network has no route on which a bus could drive")
        return self._rotations

    def flow(self, at: datetime) -> float:
        local = at.astimezone(self.zone)
        hour = local.hour + local.minute / 60
        before = max(h for h in FLOW if h <= hour)
        after = min(h for h in FLOW if h > hour)
        return FLOW[before] + (FLOW[after] - FLOW[before]) * (hour - before) / (after - before)

    def dwell_s(self, bus: Bus, stop_id: str, at_s: float, flow: float) -> float:
        """How long a bus stands; 0 where nobody wants in or out. Who follows close behind another finds few people."""
        key = (bus.pattern.pattern_id, stop_id)
        gathered_s = min(at_s - self.served_s.get(key, at_s - bus.chance.uniform(120.0, 900.0)), LONGEST_GATHERING_S)
        self.served_s[key] = at_s
        busy = max(0.15, 2.5 * (1.0 - flow))  # people travel when the streets are full
        people = _poisson(bus.chance, PEOPLE_PER_MIN * busy * gathered_s / 60.0)
        people += 1 if bus.chance.random() < ALIGHT * min(1.0, 0.4 + busy) else 0
        return DOORS_S + sum(bus.chance.uniform(*BOARDING_S) for _ in range(people)) if people else 0.0


def _poisson(chance: Random, mean: float) -> int:
    count, left = 0, math.exp(-mean)
    product = chance.random()
    while product > left:
        count += 1
        product *= chance.random()
    return count


def rotations_of(network: Network, at: datetime) -> list[Rotation]:
    """One per route: from where a way ends the bus goes on with the way that begins nearest.

    Driven are the ways on which the plan has trips now, a demonstration's where it has no other; where it has none at all
    (any network, at any hour) all of them, so that there is always something to see.
    """
    by_route: dict[str, list[Pattern]] = {}
    patterns = patterns_of(network).by_id.values()
    for pattern in sorted(patterns, key=lambda row: (row.route_id, row.direction_id or 0, row.pattern_id)):
        if pattern.end_m > pattern.start_m:
            by_route.setdefault(pattern.route_id, []).append(pattern)
    running = running_trips(network, at)
    demo = {trip_id for trip_id in running if network.trips[trip_id].is_demo}
    rotations = []
    for ways in by_route.values():
        choices = ([way for way in ways if any(t in trips for t in way.trip_ids)] for trips in (running - demo, demo))
        rotations.append(_chain(_distinct(next((chosen for chosen in choices if chosen), ways))))
    anything = [candidate for candidate in rotations if any(t in running for way in candidate.ways for t in way.trip_ids)]
    return anything or rotations


def _distinct(ways: Iterable[Pattern]) -> list[Pattern]:
    return list({way.stop_ids: way for way in ways}.values())


def _chain(ways: list[Pattern]) -> Rotation:
    left, chain = ways[1:], ways[:1]
    while left:
        nearest = min(left, key=lambda candidate: math.dist(candidate.stop_xy[0], chain[-1].stop_xy[-1]))
        left.remove(nearest)
        chain.append(nearest)
    return Rotation(tuple(chain))


def running_trips(network: Network, at: datetime) -> set[str]:
    """trip_ids with a departure about now, of today's service day or of yesterday's past midnight."""
    offsets = patterns_of(network).offsets
    trip_ids: set[str] = set()
    today = local_date(at, network.timezone)
    for day in (today, today - timedelta(days=1)):
        services = services_on(network, day)
        now_s = seconds_of_day(at, day, network.timezone)
        for trip_id, planned in offsets.items():
            if network.trips[trip_id].service_id not in services:
                continue
            windows = network.frequencies_of.get(trip_id)
            if windows is None:
                spans = [(planned[0][1] - SLACK_S, planned[-1][0] + SLACK_S)]
            else:
                spans = [(float(window.start_s), float(window.end_s)) for window in windows]
            if any(start <= now_s < end for start, end in spans):
                trip_ids.add(trip_id)
    return trip_ids


def drive(bus: Bus, town: Town, now: datetime, at_s: float, flow: float) -> None:
    """One second of a bus's life. flow: of the traffic, 1 = free."""
    if bus.mode in (Mode.STANDS, Mode.LAYOVER, Mode.IN_DEPOT):
        bus.speed_mps = 0.0
        if at_s >= bus.until_s:
            _go_on(bus, town, now, at_s)
    elif bus.mode in (Mode.TO_DEPOT, Mode.TO_TERMINAL):
        _drive_straight(bus, at_s)
    else:
        _drive_on_line(bus, town, at_s, flow)


def _drive_on_line(bus: Bus, town: Town, at_s: float, flow: float) -> None:
    chance, pattern = bus.chance, bus.pattern
    bus.street = min(max(bus.street + chance.gauss(0.0, 0.012) + 0.004 * (1.0 - bus.street), 0.55), 1.25)
    wanted = CRUISE_MPS * flow * bus.temper * bus.street
    stop = bisect_right(pattern.stop_dist_m, bus.along_m + 0.5)
    ahead_m = pattern.stop_dist_m[stop] if stop < len(pattern.stop_dist_m) else pattern.end_m
    braking = math.sqrt(max(2.0 * ACCELERATION_MPS2 * min(ahead_m - bus.along_m, bus.light_m), 1.0))
    bus.speed_mps = min(bus.speed_mps + ACCELERATION_MPS2 * STEP_S, wanted, max(braking, 1.5))
    moved = min(bus.speed_mps * STEP_S, ahead_m - bus.along_m)
    bus.along_m += moved
    bus.light_m -= moved
    place_on_line(bus)
    if bus.along_m >= pattern.end_m - 0.6:
        bus.mode, bus.until_s = Mode.LAYOVER, at_s + chance.uniform(*DRIVEN_LAYOVER_S)
    elif ahead_m - bus.along_m < 0.6:
        bus.along_m = ahead_m
        dwell_s = town.dwell_s(bus, pattern.stop_ids[stop], at_s, flow)
        if dwell_s > 0.0:
            bus.mode, bus.until_s = Mode.STANDS, at_s + dwell_s
    elif bus.light_m <= 0.0:
        bus.light_m = chance.uniform(0.5, 1.5) * LIGHT_EVERY_M
        if chance.random() < 0.5:
            bus.mode, bus.until_s = Mode.STANDS, at_s + chance.uniform(*LIGHT_S)


def _go_on(bus: Bus, town: Town, now: datetime, at_s: float) -> None:
    """After a stop the bus drives on; after a layover the next way begins, near or far, or the depot calls."""
    if bus.mode is Mode.STANDS:
        bus.mode = Mode.DRIVES
        return
    if bus.mode is Mode.IN_DEPOT:
        bus.mode, bus.serves_until_s = Mode.TO_TERMINAL, at_s + DEPOT_EVERY_S
        return
    rotations = town.rotations(now)
    rotation = rotations.get(bus.pattern.route_id) or rotations[min(rotations)]  # its route ended for today: another one
    bus.pattern = rotation.after(bus.pattern)
    bus.along_m = bus.pattern.start_m
    if bus.rests and at_s >= bus.serves_until_s:
        bus.mode = Mode.TO_DEPOT
    else:
        far = math.dist(bus.xy, bus.pattern.line.point_at(bus.along_m)) > DEADHEAD_M
        bus.mode = Mode.TO_TERMINAL if far else Mode.DRIVES


def depot_of(pattern: Pattern) -> tuple[float, float]:
    """Where its buses rest, beside the first stop: metres east and north on the pattern's plane."""
    terminal = pattern.line.point_at(pattern.start_m)
    return terminal[0] + DEPOT_AWAY_M[0], terminal[1] + DEPOT_AWAY_M[1]


def _drive_straight(bus: Bus, at_s: float) -> None:
    """To the depot, or to where the next trip begins."""
    resting = bus.mode is Mode.TO_DEPOT
    target = depot_of(bus.pattern) if resting else bus.pattern.line.point_at(bus.pattern.start_m)
    left = math.dist(bus.xy, target)
    if left > OFF_LINE_MPS * STEP_S:
        bus.speed_mps = OFF_LINE_MPS
        bus.heading = math.degrees(math.atan2(target[0] - bus.xy[0], target[1] - bus.xy[1])) % 360.0
        share = OFF_LINE_MPS * STEP_S / left
        bus.xy = (bus.xy[0] + (target[0] - bus.xy[0]) * share, bus.xy[1] + (target[1] - bus.xy[1]) * share)
        return
    bus.xy = target
    if resting:
        bus.mode, bus.until_s = Mode.IN_DEPOT, at_s + DEPOT_STAYS_S
    else:
        bus.mode, bus.until_s = Mode.STANDS, at_s + bus.chance.uniform(60.0, 150.0)


def place_on_line(bus: Bus) -> None:
    x, y = bus.pattern.line.point_at(bus.along_m)
    if math.dist((x, y), bus.xy) > 0.5:
        bus.heading = math.degrees(math.atan2(x - bus.xy[0], y - bus.xy[1])) % 360.0
    bus.xy = (x, y)
