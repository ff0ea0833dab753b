"""A fleet that drives as real buses do and reports as real trackers do: the world, which knows nothing of how we look at it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import cycle
from random import Random
from threading import Event
from zoneinfo import ZoneInfo

from gps_ingest.publisher import Fix, Tracker
from transit.geometry import Plane
from transit.network import Network
from transit.patterns import Pattern, patterns_of

REPORT_EVERY_S = 5
STEP_S = 1.0
TURN_S = 0.25  # of the wall clock
LONGEST_LEAP = timedelta(minutes=15)  # a laptop that slept: the fleet begins anew instead of driving through the night
CRUISE_MPS = 9.5  # between lights and stops, when streets are empty
ACCELERATION_MPS2 = 1.0
DWELL_S = (16.0, 0.55)  # median and log standard deviation
SKIPS_STOP = 0.12
LIGHT_EVERY_M = 700.0
LIGHT_S = (5.0, 45.0)
LAYOVER_S = (90.0, 300.0)
DEPOT_EVERY_S = 50 * 60  # the last bus of the fleet goes to the depot so often ...
DEPOT_STAYS_S = 12 * 60  # ... and stays so long
DEPOT_AWAY_M = (700.0, 450.0)  # east and north of a terminal: nobody published where the depot is
NOISE_M = (4.0, 14.0)  # standard deviation of a tracker's fix, by tracker
NOISE_HOLDS = 0.9  # a fix errs much as the one before did
UNDER_TREES_PER_S, UNDER_TREES_S = 1 / 420, (15.0, 50.0)  # no fix
NO_SIGNAL_PER_S, NO_SIGNAL_S = 1 / 1500, (60.0, 240.0)  # fixes wait in the tracker's buffer
WRONG_CLOCK_S = 150.0  # one tracker's clock is so far ahead
WRONG_CLOCK = 2  # which one
# how fast traffic flows, by local hour; between them it changes evenly
FLOW = {
    0: 1.0, 5: 1.0, 6: 0.85, 7: 0.62, 8: 0.72, 10: 0.82, 12: 0.74, 14: 0.8, 16: 0.66, 17: 0.6, 18: 0.72, 20: 0.88,
    22: 1.0, 24: 1.0,
}


class Mode(Enum):
    DRIVES = 1
    STANDS = 2  # at a stop or a light
    LAYOVER = 3
    TO_DEPOT = 4
    IN_DEPOT = 5
    FROM_DEPOT = 6


@dataclass
class Rotation:
    """The ways that a bus of one route drives one after the other, for ever."""

    ways: tuple[Pattern, ...]

    @property
    def length_m(self) -> float:
        return sum(way.end_m - way.start_m for way in self.ways)

    def place(self, metres: float) -> tuple[int, float]:
        """Which way, and how far along it, so many metres into the rotation."""
        metres %= self.length_m
        for n, way in enumerate(self.ways):
            if metres < way.end_m - way.start_m:
                return n, way.start_m + metres
            metres -= way.end_m - way.start_m
        return 0, self.ways[0].start_m


@dataclass
class Bus:
    """One bus with its driver and its tracker."""

    number: int
    rotation: Rotation
    way: int
    along_m: float
    chance: Random
    rests: bool  # goes to the depot now and then
    mode: Mode = Mode.DRIVES
    until_s: float = 0.0  # of the simulation; when standing or waiting ends
    speed_mps: float = 5.0
    temper: float = 1.0  # of the driver
    street: float = 1.0  # of the street right now, drifts
    light_m: float = 300.0  # metres to the next light
    noise: tuple[float, float] = (0.0, 0.0)
    noise_m: float = 8.0
    no_fix_until_s: float = 0.0
    no_signal_until_s: float = 0.0
    buffer: list[Fix] = field(default_factory=list)
    xy: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    serves_until_s: float = math.inf

    @property
    def tracker_id(self) -> str:
        return f"demo-{self.number}"

    @property
    def pattern(self) -> Pattern:
        return self.rotation.ways[self.way]


def demo_trackers(network: Network, vehicles: int) -> list[tuple[str, str]]:
    """(tracker_id, vehicle_id) of the demo fleet."""
    return [(f"demo-{number}", f"DEMO-{number}") for number in range(1, vehicles + 1)] if network.routes else []


def rotations_of(network: Network) -> list[Rotation]:
    """One per route: from where a way ends the bus goes on with the way that begins nearest."""
    by_route: dict[str, list[Pattern]] = {}
    patterns = patterns_of(network).by_id.values()
    for pattern in sorted(patterns, key=lambda one: (one.route_id, one.direction_id or 0, one.pattern_id)):
        known = by_route.setdefault(pattern.route_id, [])
        if pattern.end_m > pattern.start_m and not any(one.stop_ids == pattern.stop_ids for one in known):
            known.append(pattern)
    rotations = []
    for ways in by_route.values():
        left, chain = ways[1:], ways[:1]
        while left:
            end = chain[-1].stop_xy[-1]
            nearest = min(left, key=lambda one: math.dist(one.stop_xy[0], end))
            left.remove(nearest)
            chain.append(nearest)
        if chain:
            rotations.append(Rotation(tuple(chain)))
    return rotations


class Fleet:
    """All buses. advance() drives them and returns what their trackers send."""

    def __init__(self, network: Network, vehicles: int, seed: int, start: datetime) -> None:
        rotations = rotations_of(network)
        if not rotations:
            raise ValueError("the network has no route on which a bus could drive")
        self.plane: Plane = patterns_of(network).plane
        self.zone = ZoneInfo(network.timezone)
        self.start = start
        self.at_s = 0.0
        self.buses = [self._bus(n, vehicles, rotations, seed) for n in range(1, vehicles + 1)]

    def _bus(self, number: int, vehicles: int, rotations: Sequence[Rotation], seed: int) -> Bus:
        """Buses begin in the middle of their trips, spread over routes and along them."""
        chance = Random(f"{seed}:{number}")
        rotation = rotations[(number - 1) % len(rotations)]
        on_it = len(range((number - 1) % len(rotations), vehicles, len(rotations)))
        nth = (number - 1) // len(rotations)
        way, along_m = rotation.place(rotation.length_m * (nth + 0.3 + 0.3 * chance.random()) / on_it)
        bus = Bus(number, rotation, way, along_m, chance, rests=number == vehicles and vehicles > 4)
        bus.temper = chance.uniform(0.92, 1.08)
        bus.noise_m = chance.uniform(*NOISE_M)
        bus.serves_until_s = chance.uniform(0.2, 0.4) * DEPOT_EVERY_S if bus.rests else math.inf
        bus.xy = bus.pattern.line.point_at(bus.along_m)
        return bus

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.at_s)

    def advance(self, now: datetime) -> Iterator[tuple[str, list[Fix]]]:
        """(tracker_id, fixes) of every message sent until now, in the order of time."""
        while self.now + timedelta(seconds=STEP_S) <= now:
            self.at_s += STEP_S
            flow = self._flow()
            for bus in self.buses:
                _drive(bus, self.at_s, flow)
                if round(self.at_s) % REPORT_EVERY_S == bus.number % REPORT_EVERY_S:
                    fixes = self._report(bus)
                    if fixes:
                        yield bus.tracker_id, fixes

    def _flow(self) -> float:
        local = self.now.astimezone(self.zone)
        hour = local.hour + local.minute / 60
        before = max(h for h in FLOW if h <= hour)
        after = min(h for h in FLOW if h > hour)
        return FLOW[before] + (FLOW[after] - FLOW[before]) * (hour - before) / (after - before)

    def _report(self, bus: Bus) -> list[Fix]:
        """What the tracker sends now: nothing without GPS or signal, one fix, or its whole buffer."""
        chance, at_s = bus.chance, self.at_s
        if chance.random() < UNDER_TREES_PER_S * REPORT_EVERY_S:
            bus.no_fix_until_s = at_s + chance.uniform(*UNDER_TREES_S)
        if chance.random() < NO_SIGNAL_PER_S * REPORT_EVERY_S:
            bus.no_signal_until_s = at_s + chance.uniform(*NO_SIGNAL_S)
        if at_s >= bus.no_fix_until_s:
            bus.buffer.append(self._fix(bus))
        if at_s < bus.no_signal_until_s:
            return []
        sent, bus.buffer = bus.buffer, []
        return sent

    def _fix(self, bus: Bus) -> Fix:
        sway = bus.noise_m * math.sqrt(1 - NOISE_HOLDS**2)
        bus.noise = tuple(NOISE_HOLDS * one + bus.chance.gauss(0.0, sway) for one in bus.noise)  # type: ignore[assignment]
        lat, lon = self.plane.lat_lon(bus.xy[0] + bus.noise[0], bus.xy[1] + bus.noise[1])
        wrong_s = WRONG_CLOCK_S if bus.number == WRONG_CLOCK else 0.0
        speed = max(0.0, bus.speed_mps + bus.chance.gauss(0.0, 0.3)) if bus.speed_mps > 0.2 else 0.0
        fix: Fix = {
            "latitude": round(lat, 6),
            "longitude": round(lon, 6),
            "timestamp": round(self.now.timestamp() + wrong_s),
            "speed": round(speed, 1),
            "accuracy_m": round(bus.noise_m * 1.5, 1),
        }
        if speed > 1.0:
            fix["bearing"] = round((bus.heading + bus.chance.gauss(0.0, 6.0)) % 360.0, 1)
        return fix


def _drive(bus: Bus, at_s: float, flow: float) -> None:
    """One second of a bus's life."""
    if bus.mode in (Mode.STANDS, Mode.LAYOVER, Mode.IN_DEPOT):
        bus.speed_mps = 0.0
        if at_s >= bus.until_s:
            _go_on(bus)
        return
    if bus.mode in (Mode.TO_DEPOT, Mode.FROM_DEPOT):
        _drive_straight(bus, at_s)
        return
    chance = bus.chance
    bus.street = min(max(bus.street + chance.gauss(0.0, 0.012) + 0.004 * (1.0 - bus.street), 0.55), 1.25)
    wanted = CRUISE_MPS * flow * bus.temper * bus.street
    pattern = bus.pattern
    ahead_m = min(stop for stop in (*pattern.stop_dist_m, math.inf) if stop > bus.along_m + 0.5)
    ahead_m = min(ahead_m, pattern.end_m)
    braking = math.sqrt(max(2.0 * ACCELERATION_MPS2 * min(ahead_m - bus.along_m, bus.light_m), 1.0))
    bus.speed_mps = min(bus.speed_mps + ACCELERATION_MPS2 * STEP_S, wanted, max(braking, 1.5))
    moved = min(bus.speed_mps * STEP_S, ahead_m - bus.along_m)
    bus.along_m += moved
    bus.light_m -= moved
    _place_on_line(bus)
    if bus.along_m >= pattern.end_m - 0.6:
        bus.mode, bus.until_s = Mode.LAYOVER, at_s + chance.uniform(*LAYOVER_S)
    elif ahead_m - bus.along_m < 0.6:
        bus.along_m = ahead_m
        if chance.random() > SKIPS_STOP:
            crowd = 1.0 + 0.8 * (1.0 - flow)
            bus.mode, bus.until_s = Mode.STANDS, at_s + DWELL_S[0] * crowd * math.exp(chance.gauss(0.0, DWELL_S[1]))
    elif bus.light_m <= 0.0:
        bus.light_m = chance.uniform(0.5, 1.5) * LIGHT_EVERY_M
        if chance.random() < 0.5:
            bus.mode, bus.until_s = Mode.STANDS, at_s + chance.uniform(*LIGHT_S)


def _go_on(bus: Bus) -> None:
    """After a stop the bus drives on; after a layover the next way begins, or the depot calls."""
    if bus.mode is Mode.LAYOVER:
        bus.way = (bus.way + 1) % len(bus.rotation.ways)
        bus.along_m = bus.pattern.start_m
        if bus.until_s >= bus.serves_until_s:
            bus.mode = Mode.TO_DEPOT
            return
    bus.mode = Mode.FROM_DEPOT if bus.mode is Mode.IN_DEPOT else Mode.DRIVES


def _drive_straight(bus: Bus, at_s: float) -> None:
    """To the depot, or back to where the next trip begins."""
    terminal = bus.pattern.line.point_at(bus.pattern.start_m)
    depot = (terminal[0] + DEPOT_AWAY_M[0], terminal[1] + DEPOT_AWAY_M[1])
    target = depot if bus.mode is Mode.TO_DEPOT else terminal
    bus.speed_mps = 7.0
    left = math.dist(bus.xy, target)
    bus.heading = math.degrees(math.atan2(target[0] - bus.xy[0], target[1] - bus.xy[1])) % 360.0
    if left > bus.speed_mps:
        share = bus.speed_mps / left
        bus.xy = (bus.xy[0] + (target[0] - bus.xy[0]) * share, bus.xy[1] + (target[1] - bus.xy[1]) * share)
        return
    bus.xy = target
    if bus.mode is Mode.TO_DEPOT:
        bus.mode, bus.until_s = Mode.IN_DEPOT, at_s + DEPOT_STAYS_S
        bus.serves_until_s = at_s + DEPOT_STAYS_S + DEPOT_EVERY_S
    else:
        bus.mode, bus.until_s = Mode.STANDS, at_s + bus.chance.uniform(60.0, 150.0)


def _place_on_line(bus: Bus) -> None:
    x, y = bus.pattern.line.point_at(bus.along_m)
    if math.dist((x, y), bus.xy) > 0.5:
        bus.heading = math.degrees(math.atan2(x - bus.xy[0], y - bus.xy[1])) % 360.0
    bus.xy = (x, y)


def simulate(
    network: Network,
    *,
    mqtt_url: str,
    vehicles: int,
    seed: int,
    clock: Callable[[], datetime],
    stop_event: Event,
) -> None:
    """Until stop_event is set: drives the fleet by the clock, at whatever speed that goes, and publishes what it reports."""
    fleet = Fleet(network, vehicles, seed, clock() - timedelta(seconds=REPORT_EVERY_S))
    trackers = {bus.tracker_id: Tracker(mqtt_url, bus.tracker_id) for bus in fleet.buses}
    seeds = cycle(range(seed + 1, seed + 1000))
    while not stop_event.is_set():
        now = clock()
        if now - fleet.now > LONGEST_LEAP or fleet.now - now > LONGEST_LEAP:
            fleet = Fleet(network, vehicles, next(seeds), now)
        for tracker_id, fixes in fleet.advance(now):
            trackers[tracker_id].publish(fixes)
        stop_event.wait(TURN_S)
    for tracker in trackers.values():
        tracker.close(0.5)
