"""Faults of trackers and labels, put into a recording: each changes what is heard, never what the buses did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from math import atan2, cos, degrees, exp, hypot, radians, sqrt
from random import Random
from typing import NamedTuple

from transit.plan.geometry import METRES_PER_DEGREE

NEW_DAY_S = 3600.0  # after so long without a fix a vehicle begins another day
SIGN_LAGS_S = 900.0  # how long a driver leaves the sign of the day before
DRIFT_S = 90.0  # time constant of noise that drifts
SECTORS = 8
FAST_MPS, KMH_PER_MPS, TURN_DEG = 40.0, 3.6, 360.0
FROZEN_S, BETWEEN_S = (180.0, 900.0), (1200.0, 3600.0)  # how long a receiver repeats its point, and how long it is right
BURST_S = 600.0
STALE_FOR_S, AHEAD_S = 240.0, 600.0


class HeardFix(NamedTuple):
    """One fix as it comes in. Unix seconds; fix_at is by the tracker's clock, came_at by ours."""

    vehicle_id: str
    came_at: float
    fix_at: float
    lat: float
    lon: float
    bearing: float | None
    speed_mps: float | None
    accuracy_m: float | None
    trip_id: str  # as labelled
    route_id: str
    true_at: float | None  # when the recorded fix was made that this one stands for; None: it stands for none


Fixes = list[HeardFix]
FixFault = Callable[[Fixes, Random], Fixes]  # of one vehicle, in order of time


def each(change: Callable[[HeardFix, Random], HeardFix]) -> FixFault:
    """A fault that changes each fix by itself."""
    return lambda fixes, random: [change(fix, random) for fix in fixes]


def moved(fix: HeardFix, east_m: float, north_m: float) -> HeardFix:
    east_deg = east_m / (METRES_PER_DEGREE * cos(radians(fix.lat)))
    return fix._replace(lat=fix.lat + north_m / METRES_PER_DEGREE, lon=fix.lon + east_deg)


def way_m(before: HeardFix, fix: HeardFix) -> tuple[float, float]:
    """Metres east and north."""
    east_m = (fix.lon - before.lon) * METRES_PER_DEGREE * cos(radians(fix.lat))
    return east_m, (fix.lat - before.lat) * METRES_PER_DEGREE


def with_true_fields(fixes: Fixes) -> Fixes:
    """Bearing and speed as a good tracker would send them, from the fix before; recordings often lack them."""
    heard = [fix._replace(bearing=0.0, speed_mps=0.0) for fix in fixes[:1]]
    for before, fix in pairwise(fixes):
        east_m, north_m = way_m(before, fix)
        seconds = max(fix.fix_at - before.fix_at, 1.0)
        is_moving = hypot(east_m, north_m) > 0.0
        bearing = degrees(atan2(east_m, north_m)) % TURN_DEG if is_moving else heard[-1].bearing
        heard.append(fix._replace(bearing=bearing, speed_mps=hypot(east_m, north_m) / seconds))
    return heard


def bearing_from(change: Callable[[float, Random], float]) -> FixFault:
    def fault(fixes: Fixes, random: Random) -> Fixes:
        return [fix._replace(bearing=change(fix.bearing or 0.0, random)) for fix in with_true_fields(fixes)]

    return fault


def speed_from(change: Callable[[float], float]) -> FixFault:
    return lambda fixes, _: [fix._replace(speed_mps=change(fix.speed_mps or 0.0)) for fix in with_true_fields(fixes)]


def accuracy_in_turn(*metres: float) -> FixFault:
    return lambda fixes, _: [fix._replace(accuracy_m=metres[n % len(metres)]) for n, fix in enumerate(fixes)]


def white_noise(sigma_m: float) -> FixFault:
    return each(lambda fix, random: moved(fix, random.gauss(0.0, sigma_m), random.gauss(0.0, sigma_m)))


def drift(sigma_m: float) -> FixFault:
    def fault(fixes: Fixes, random: Random) -> Fixes:
        east_m = north_m = 0.0
        before_at, drifted = float("-inf"), []
        for fix in fixes:
            kept = exp((before_at - fix.fix_at) / DRIFT_S)
            fresh_m = sigma_m * sqrt(1.0 - kept * kept)
            east_m, north_m = kept * east_m + random.gauss(0.0, fresh_m), kept * north_m + random.gauss(0.0, fresh_m)
            before_at = fix.fix_at
            drifted.append(moved(fix, east_m, north_m))
        return drifted

    return fault


def stale_point(every: int, where: float) -> FixFault:
    """Each n-th fix repeats one old point: the fix at this share of the vehicle's recording."""

    def fault(fixes: Fixes, _: Random) -> Fixes:
        old = fixes[min(int(where * len(fixes)), len(fixes) - 1)]
        return [
            fix._replace(lat=old.lat, lon=old.lon, true_at=None) if n % every == every - 1 else fix
            for n, fix in enumerate(fixes)
        ]

    return fault


def two_stale_points(fixes: Fixes, _: Random) -> Fixes:
    """Each third fix repeats one of two old points, in turn."""
    old = [fixes[int(where * len(fixes))] for where in (0.37, 0.81)]
    return [
        fix._replace(lat=old[n // 3 % 2].lat, lon=old[n // 3 % 2].lon, true_at=None) if n % 3 == 2 else fix
        for n, fix in enumerate(fixes)
    ]


def stale_point_ahead(fixes: Fixes, _: Random) -> Fixes:
    """Each second fix repeats an old point that the vehicle comes to within AHEAD_S; then another one."""
    heard: Fixes = []
    for n, fix in enumerate(fixes):
        ends_at = (fix.fix_at // AHEAD_S + 1.0) * AHEAD_S
        old = moved(next((later for later in fixes[n:] if later.fix_at >= ends_at), fixes[-1]), 10.0, 10.0)
        heard.append(fix._replace(lat=old.lat, lon=old.lon, true_at=None) if n % 2 else fix)
    return heard


def stale_after_silence(fixes: Fixes, _: Random) -> Fixes:
    """Silent for BURST_S in each hour, and then for STALE_FOR_S the last point from before, with new times."""
    heard: Fixes = []
    for fix in fixes:
        within = fix.fix_at % 3600.0
        if within < BURST_S:
            continue
        if within < BURST_S + STALE_FOR_S and heard:
            old = heard[-1]
            heard.append(fix._replace(lat=old.lat, lon=old.lon, true_at=None))
        else:
            heard.append(fix)
    return heard


def lost(every: int) -> FixFault:
    """Each n-th fix is missing: what a fault costs that is seen through, and no more."""
    return lambda fixes, _: [fix for n, fix in enumerate(fixes) if n % every != every - 1]


def frozen_receiver(fixes: Fixes, random: Random) -> Fixes:
    """From time to time the last point is repeated, with new times."""
    heard: Fixes = []
    ends_at = begins_at = 0.0
    held = fixes[0]
    for fix in fixes:
        if fix.fix_at >= ends_at:
            if fix.fix_at >= begins_at:
                ends_at = fix.fix_at + random.uniform(*FROZEN_S)
                begins_at = ends_at + random.uniform(*BETWEEN_S)
            held = fix
            heard.append(fix)
        else:
            heard.append(fix._replace(lat=held.lat, lon=held.lon, true_at=None))
    return heard


def clock_off(offset_s: Callable[[float], float]) -> FixFault:
    """offset_s: the tracker's clock minus ours, by the seconds since the vehicle was first heard."""
    return lambda fixes, _: [fix._replace(fix_at=fix.fix_at + offset_s(fix.came_at - fixes[0].came_at)) for fix in fixes]


def thinned(to_s: float) -> FixFault:
    def fault(fixes: Fixes, _: Random) -> Fixes:
        kept = fixes[:1]
        for fix in fixes[1:]:
            if fix.fix_at - kept[-1].fix_at >= to_s - 1.0:
                kept.append(fix)
        return kept

    return fault


def bursts(fixes: Fixes, *, backwards: bool) -> Fixes:
    """Silent for BURST_S and then all at once."""
    held: dict[float, Fixes] = {}
    for fix in fixes:
        held.setdefault((fix.came_at // BURST_S + 1.0) * BURST_S, []).append(fix)
    return [
        fix._replace(came_at=at + 0.01 * n)
        for at, part in held.items()
        for n, fix in enumerate(reversed(part) if backwards else part)
    ]


def second_device(apart_m: float) -> FixFault:
    """Another device under the same name follows the vehicle's own way, backwards or at a distance, half a rhythm later."""

    def fault(fixes: Fixes, _: Random) -> Fixes:
        heard: Fixes = []
        for n, fix in enumerate(fixes):
            other = moved(fix, apart_m, 0.0) if apart_m else fixes[len(fixes) - 1 - n]
            ahead = fixes[n + 1].fix_at if n + 1 < len(fixes) else fix.fix_at + 20.0
            at = fix.fix_at + 0.5 * min(ahead - fix.fix_at, 60.0)
            heard += [fix, fix._replace(lat=other.lat, lon=other.lon, fix_at=at, came_at=at, true_at=None)]
        return heard

    return fault


def device_at_home(fixes: Fixes, random: Random) -> Fixes:
    """A second device under the same name lies in one place, its point trembling by two metres."""
    heard: Fixes = []
    for fix, later in pairwise([*fixes, fixes[-1]._replace(fix_at=fixes[-1].fix_at + 20.0)]):
        at = fix.fix_at + 0.5 * min(max(later.fix_at - fix.fix_at, 1.0), 60.0)
        home = moved(fixes[0], random.gauss(0.0, 2.0), random.gauss(0.0, 2.0))
        heard += [fix, fix._replace(lat=home.lat, lon=home.lon, fix_at=at, came_at=at, true_at=None)]
    return heard


def second_device_in_it(fixes: Fixes, random: Random) -> Fixes:
    """A second device in the same vehicle under the same name: 30 m off, half a rhythm later, its clock 20 s behind."""
    heard: Fixes = []
    for fix, later in pairwise([*fixes, fixes[-1]._replace(fix_at=fixes[-1].fix_at + 20.0)]):
        share = 0.5
        at = fix.fix_at + share * (later.fix_at - fix.fix_at)
        if later.fix_at - fix.fix_at > NEW_DAY_S:
            share, at = 0.0, fix.fix_at + 10.0
        between = fix._replace(lat=fix.lat + share * (later.lat - fix.lat), lon=fix.lon + share * (later.lon - fix.lon))
        other = moved(between, random.gauss(30.0, 5.0), random.gauss(0.0, 5.0))
        heard += [fix, other._replace(fix_at=at - 20.0, came_at=at, true_at=None)]
    return heard


def device_joins(fixes: Fixes, random: Random) -> Fixes:
    """The device at home is switched on in the middle of the vehicle's way."""
    middle = len(fixes) // 2
    return fixes[:middle] + [
        fix if fix.true_at is not None else moved(fix, home_m[0], home_m[1])
        for home_m in [way_m(fixes[middle], fixes[0])]
        for fix in device_at_home(fixes[middle:], random)
    ]


def sign_of(before: bool) -> FixFault:
    """The label is that of the vehicle's trip before, or of the one after, in its day."""

    def fault(fixes: Fixes, _: Random) -> Fixes:
        heard: Fixes = []
        for day in days_of(fixes):
            order = list(dict.fromkeys((fix.trip_id, fix.route_id) for fix in day if fix.trip_id))
            if before:
                other = dict(zip(order, [order[0], *order[:-1]] if order else [], strict=True))
            else:
                other = dict(zip(order, [*order[1:], order[-1]] if order else [], strict=True))
            for fix in day:
                trip_id, route_id = other.get((fix.trip_id, fix.route_id), (fix.trip_id, fix.route_id))
                heard.append(fix._replace(trip_id=trip_id, route_id=route_id))
        return heard

    return fault


def days_of(fixes: Fixes) -> Iterator[Fixes]:
    day: Fixes = []
    for fix in fixes:
        if day and fix.fix_at - day[-1].fix_at > NEW_DAY_S:
            yield day
            day = []
        day.append(fix)
    yield day


def old_sign(fixes: Fixes, _: Random) -> Fixes:
    """For SIGN_LAGS_S of each day the label is the last one of the day before; on the first day, of that day."""
    days = list(days_of(fixes))
    heard: Fixes = []
    for n, day in enumerate(days):
        last = next((fix for fix in reversed(days[max(n - 1, 0)]) if fix.trip_id), day[-1])
        heard += [
            fix._replace(trip_id=last.trip_id, route_id=last.route_id) if fix.fix_at < day[0].fix_at + SIGN_LAGS_S else fix
            for fix in day
        ]
    return heard


def _any_sector(bearing: float, random: Random) -> float:
    return random.randrange(SECTORS) * TURN_DEG / SECTORS


FIX_FAULTS: Mapping[str, FixFault] = {
    "true bearing, speed": lambda fixes, _: with_true_fields(fixes),
    "bearing 0": bearing_from(lambda bearing, _: 0.0),
    "bearing 137": bearing_from(lambda bearing, _: 137.0),
    "bearing 270": bearing_from(lambda bearing, _: 270.0),
    "bearing reversed": bearing_from(lambda bearing, _: (bearing + 180.0) % TURN_DEG),
    "bearing of any sector": bearing_from(_any_sector),
    "bearing 0, no speed": each(lambda fix, _: fix._replace(bearing=0.0)),
    "bearing of any sector, no speed": each(lambda fix, random: fix._replace(bearing=_any_sector(0.0, random))),
    "speed 0": speed_from(lambda speed: 0.0),
    "speed 40 m/s": speed_from(lambda speed: FAST_MPS),
    "speed km/h as m/s": speed_from(lambda speed: KMH_PER_MPS * speed),
    "accuracy 0": accuracy_in_turn(0.0),
    "accuracy 500": accuracy_in_turn(500.0),
    "accuracy 5": accuracy_in_turn(5.0),
    "accuracy 5, 500": accuracy_in_turn(5.0, 500.0),
    "accuracy 5, 5, 500, 500, 500": accuracy_in_turn(5.0, 5.0, 500.0, 500.0, 500.0),
    "three decimals": each(lambda fix, _: fix._replace(lat=round(fix.lat, 3), lon=round(fix.lon, 3))),
    "white 20 m": white_noise(20.0),
    "drift 15 m": drift(15.0),
    "drift 25 m": drift(25.0),
    "drift 25 m, accuracy 5": lambda fixes, random: accuracy_in_turn(5.0)(drift(25.0)(fixes, random), random),
    "stale 2nd, first fix": stale_point(2, 0.0),
    "stale 3rd, first fix": stale_point(3, 0.0),
    "stale 2nd, on the way": stale_point(2, 0.37),
    "stale 3rd, on the way": stale_point(3, 0.37),
    "stale 3rd, on the way back": stale_point(3, 0.81),
    "stale 5th, on the way": stale_point(5, 0.37),
    "stale 2nd, ahead": stale_point_ahead,
    "two stale points": two_stale_points,
    "stale after silence": stale_after_silence,
    "2nd fix lost": lost(2),
    "3rd fix lost": lost(3),
    "frozen 3-15 min": frozen_receiver,
    "device at home": device_at_home,
    "device joins": device_joins,
    "second device, 30 m off": second_device_in_it,
    "second device, elsewhere": second_device(0.0),
    "second device, 400 m off": second_device(400.0),
    "clock +90 s": clock_off(lambda seconds: 90.0),
    "clock -40 s": clock_off(lambda seconds: -40.0),
    "clock drifts 5 s/h": clock_off(lambda seconds: 5.0 * seconds / 3600.0),
    "clock back 10 min once": clock_off(lambda seconds: -600.0 if seconds > 2 * 3600.0 else 0.0),
    "a fix in 2 min": thinned(120.0),
    "a fix in 4 min": thinned(240.0),
    "bursts in order": lambda fixes, _: bursts(fixes, backwards=False),
    "bursts backwards": lambda fixes, _: bursts(fixes, backwards=True),
    "old sign": old_sign,
    "sign of the trip before": sign_of(before=True),
    "sign of the trip after": sign_of(before=False),
}
