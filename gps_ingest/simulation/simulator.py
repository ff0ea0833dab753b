"""A fleet that drives as real buses do and reports as real trackers do: the world, which knows nothing of how we look at it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event

from gps_ingest.simulation.drivers import (
    DEPOT_EVERY_S,
    DEPOT_FIRST_S,
    STEP_S,
    Bus,
    Mode,
    Rotation,
    Town,
    depot_of,
    drive,
    place_on_line,
)
from gps_ingest.simulation.publisher import Connection, Fix, Tracker
from transit.plan.geometry import Plane
from transit.plan.network import Network
from transit.plan.patterns import patterns_of

REPORTS_EVERY_S = (5, 5, 6, 8, 10)  # one of these, by tracker
FIRST_WITHIN_S = 5  # of the start
TURN_S = 0.25  # of the wall clock
LONGEST_LEAP = timedelta(minutes=15)  # a laptop that slept: the fleet begins anew instead of driving through the night
FIX_NOISE_M = (4.0, 14.0)  # standard deviation of a tracker's fix on each axis, by tracker
NOISE_HOLDS = 0.9  # a fix errs much as the one before did
ACCURACY_OF_NOISE = 1.5  # what a tracker gives as accuracy_m for its standard deviation: 68 % of fixes lie within
UNDER_TREES_PER_S, UNDER_TREES_S = 1 / 420, (15.0, 50.0)  # no fix
NO_SIGNAL_PER_S, NO_SIGNAL_S = 1 / 1500, (60.0, 240.0)  # fixes wait in the tracker's buffer
WRONG_CLOCK_S = 150.0  # one tracker's clock is so far ahead
WRONG_CLOCK = 2  # which one
ITS_OWN = 200  # up to so many trackers have a connection each, as in life; more share
SHARED = 4  # connections
FLEET_GOODBYE_S = 1.0  # for all together


@dataclass
class SimulatedTracker:
    """The tracker on a bus: when it reports, how it errs, what it holds back."""

    bus: Bus
    chance: Random
    every_s: int
    noise_m: float
    noise: tuple[float, float] = (0.0, 0.0)
    clock_off_s: float = 0.0
    no_fix_until_s: float = 0.0
    no_signal_until_s: float = 0.0
    sent: int = 0
    buffer: list[Fix] = field(default_factory=list)

    @property
    def tracker_id(self) -> str:
        return f"demo-{self.bus.number}"

    def is_due(self, at_s: float) -> bool:
        first = self.bus.number % min(self.every_s, FIRST_WITHIN_S)
        return round(at_s) % self.every_s == first

    def report(self, plane: Plane, now: datetime, at_s: float) -> list[Fix]:
        """What it sends now: nothing without GPS or signal, one fix, or its whole buffer."""
        if self.chance.random() < UNDER_TREES_PER_S * self.every_s:
            self.no_fix_until_s = at_s + self.chance.uniform(*UNDER_TREES_S)
        if self.chance.random() < NO_SIGNAL_PER_S * self.every_s:
            self.no_signal_until_s = at_s + self.chance.uniform(*NO_SIGNAL_S)
        if at_s >= self.no_fix_until_s:
            self.buffer.append(self._fix(plane, now))
        if at_s < self.no_signal_until_s:
            return []
        fixes, self.buffer = self.buffer, []
        return fixes

    def _fix(self, plane: Plane, now: datetime) -> Fix:
        bus, chance = self.bus, self.chance
        sway = self.noise_m * math.sqrt(1 - NOISE_HOLDS**2)
        east, north = (NOISE_HOLDS * error + chance.gauss(0.0, sway) for error in self.noise)
        self.noise = (east, north)
        lat, lon = plane.lat_lon(bus.xy[0] + east, bus.xy[1] + north)
        speed = max(0.0, bus.speed_mps + chance.gauss(0.0, 0.3)) if bus.speed_mps > 0.2 else 0.0
        self.sent += 1
        fix: Fix = {
            "latitude": round(lat, 6),
            "longitude": round(lon, 6),
            "timestamp": round(now.timestamp() + self.clock_off_s),
            "speed": round(speed, 1),
            "accuracy_m": round(self.noise_m * ACCURACY_OF_NOISE, 1),
            "seq": self.sent,
        }
        if speed > 1.0:
            fix["bearing"] = round((bus.heading + chance.gauss(0.0, 6.0)) % 360.0, 1)
        return fix


def demo_trackers(network: Network, vehicles: int) -> list[tuple[str, str]]:
    """(tracker_id, vehicle_id) of the demo fleet."""
    return [(f"demo-{number}", f"DEMO-{number}") for number in range(1, vehicles + 1)] if network.routes else []


class Fleet:
    """All buses with their trackers. Raises ValueError on a network without a line to drive on."""

    def __init__(self, network: Network, vehicles: int, seed: int, start: datetime) -> None:
        self.town = Town(network)
        self.plane: Plane = patterns_of(network).plane
        self.start = start
        self.at_s = 0.0
        rotations = list(self.town.rotations(start).values())
        self.buses = [_bus(n, vehicles, rotations, Random(f"{seed}:{n}")) for n in range(1, vehicles + 1)]
        self.boxes = [_box(bus, Random(f"{seed}:{bus.number}:tracker")) for bus in self.buses]

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.at_s)

    def next_reports(self, now: datetime) -> list[tuple[str, list[Fix]]]:
        """Drives until now. (tracker_id, fixes) of every message sent meanwhile, in order of time; several fixes = a buffer."""
        reports: list[tuple[str, list[Fix]]] = []
        while (self.start + timedelta(seconds=self.at_s + STEP_S)) <= now:
            self.at_s += STEP_S
            at = self.now
            flow = self.town.flow(at)
            for box in self.boxes:
                drive(box.bus, self.town, at, self.at_s, flow)
                if box.is_due(self.at_s) and (fixes := box.report(self.plane, at, self.at_s)):
                    reports.append((box.tracker_id, fixes))
        return reports


def _bus(number: int, vehicles: int, rotations: Sequence[Rotation], chance: Random) -> Bus:
    """Buses begin in the middle of their trips, spread over routes and along them; the last one of several in the depot."""
    rests = number == vehicles and vehicles > 4
    rotation = rotations[(number - 1) % len(rotations)]
    on_it = len(range((number - 1) % len(rotations), vehicles - 1 if vehicles > 4 else vehicles, len(rotations))) or 1
    nth = (number - 1) // len(rotations)
    pattern, along_m = rotation.place(rotation.length_m * (nth + 0.3 + 0.3 * chance.random()) / on_it)
    bus = Bus(number=number, pattern=pattern, along_m=along_m, chance=chance, rests=rests)
    bus.temper = chance.uniform(0.92, 1.08)
    place_on_line(bus)
    if rests:
        bus.mode, bus.until_s = Mode.IN_DEPOT, chance.uniform(*DEPOT_FIRST_S)
        bus.along_m, bus.xy, bus.serves_until_s = pattern.start_m, depot_of(pattern), DEPOT_EVERY_S
    return bus


def _box(bus: Bus, chance: Random) -> SimulatedTracker:
    off_s = WRONG_CLOCK_S if bus.number == WRONG_CLOCK else 0.0
    return SimulatedTracker(
        bus=bus, chance=chance, every_s=chance.choice(REPORTS_EVERY_S), noise_m=chance.uniform(*FIX_NOISE_M), clock_off_s=off_s
    )


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
    begins = clock() - timedelta(seconds=FIRST_WITHIN_S)
    fleet = Fleet(network, vehicles, seed, begins)
    with _lines(mqtt_url, fleet) as publish:
        while not stop_event.is_set():
            now = clock()
            if abs(now - fleet.now) > LONGEST_LEAP:
                seed += 1
                fleet = Fleet(network, vehicles, seed, now - timedelta(seconds=FIRST_WITHIN_S))
            for tracker_id, fixes in fleet.next_reports(now):
                publish(tracker_id, fixes)
            stop_event.wait(TURN_S)


@contextmanager
def _lines(mqtt_url: str, fleet: Fleet) -> Iterator[Callable[[str, list[Fix]], None]]:
    """The way to the broker: a connection for each tracker, or a few for thousands."""
    names = [box.tracker_id for box in fleet.boxes]
    if len(names) <= ITS_OWN:
        trackers = {name: Tracker(mqtt_url, name) for name in names}
        lines = [tracker.connection for tracker in trackers.values()]
        of = {name: tracker.connection for name, tracker in trackers.items()}
    else:
        lines = [Connection(mqtt_url, f"fleet-{n}", in_flight=2000) for n in range(SHARED)]
        of = {name: lines[n % SHARED] for n, name in enumerate(names)}
    try:
        yield lambda tracker_id, fixes: of[tracker_id].publish(tracker_id, fixes)
    finally:
        end = time.monotonic() + FLEET_GOODBYE_S
        for line in lines:
            line.close(max(end - time.monotonic(), 0.0))
