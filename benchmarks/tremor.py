"""How often a bus that broke down is not on its trip because its fixes tremble, by rhythm and noise.

    python -m benchmarks.tremor [--seeds 1]

Told nothing, a bus drives the last 3.5 km to a place of each pattern of the sample and stands there for eight minutes. Noise is
white, or drifts over 90 s. Printed is the share of the fixes of the stand that are not on a trip of the pattern driven, and how
often the answer changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, sqrt
from pathlib import Path
from random import Random

from gtfs.reader import read_network
from transit.plan.network import Network
from transit.plan.patterns import Pattern, patterns_of
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import VehicleStatus

SAMPLE = Path(__file__).parents[1] / "data" / "binjai"
BEGINS = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # a Thursday, 09:00 in Binjai
DRIVEN_M, MPS, STANDS_S, DRIFT_S = 3500.0, 7.0, 480.0, 90.0
RHYTHMS_S, WHITE_M, DRIFT_M = (1.0, 2.0, 5.0, 10.0), (5.0, 8.0, 12.0, 16.0, 20.0), (12.0, 20.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    seeds = parser.parse_args().seeds
    network = read_network(SAMPLE)
    print("| noise | a fix each | not on its trip | changes |\n|---|---|---|---|")
    for drifts, sigmas_m in ((False, WHITE_M), (True, DRIFT_M)):
        for sigma_m in sigmas_m:
            for every_s in RHYTHMS_S:
                stands = [answers(network, pattern, every_s, sigma_m, seed, drifts=drifts)
                          for seed in range(seeds) for pattern in patterns_of(network).by_id.values()]  # fmt: skip
                wrong = sum(not on for stand in stands for on, _ in stand) / sum(map(len, stands))
                changes = sum(a != b for stand in stands for (_, a), (_, b) in pairwise(stand))
                print(
                    f"| {'drift' if drifts else 'white'} {sigma_m:.0f} m | {every_s:.0f} s | {100 * wrong:.1f} % | {changes} |",
                    flush=True,
                )


def answers(
    network: Network, pattern: Pattern, every_s: float, sigma_m: float, seed: int, *, drifts: bool
) -> list[tuple[bool, str]]:
    """Of each fix of the stand whether it is on a trip of the pattern, and what is published."""
    patterns, pipeline = patterns_of(network), Pipeline(network)
    stand = []
    for seconds, along_m, (east_m, north_m) in _drive(pattern, every_s, sigma_m, seed, drifts=drifts):
        x, y = pattern.line.point_at(min(along_m, _stops_at(pattern, seed)))
        lat, lon = patterns.plane.lat_lon(x + east_m, y + north_m)
        at = BEGINS + timedelta(seconds=seconds)
        report = AvlReport(vehicle_id="BUS1", tracker_id="T1", reported_at=at, received_at=at, lat=lat, lon=lon)
        state = pipeline.step(report).state
        if state is not None and along_m >= _stops_at(pattern, seed):
            trip = state.matched.trip
            is_right = state.matched.status is VehicleStatus.ON_TRIP and trip is not None and trip.trip_id in pattern.trip_ids
            stand.append((is_right, f"{state.matched.status} {trip}"))
    return stand


def _stops_at(pattern: Pattern, seed: int) -> float:
    """Where along it breaks down, metres."""
    share = Random(f"{seed}{pattern.pattern_id}").uniform(0.25, 0.85)
    return pattern.start_m + share * (pattern.end_m - pattern.start_m)


def _drive(
    pattern: Pattern, every_s: float, sigma_m: float, seed: int, *, drifts: bool
) -> Iterator[tuple[float, float, tuple[float, float]]]:
    """Seconds, metres along if it went on, and the error of the fix."""
    random, keeps = Random(f"{seed}{pattern.pattern_id} noise"), exp(-every_s / DRIFT_S) if drifts else 0.0
    stops_at = _stops_at(pattern, seed)
    begins_at = max(pattern.start_m, stops_at - DRIVEN_M)
    east_m = north_m = 0.0
    for n in range(int(((stops_at - begins_at) / MPS + STANDS_S) / every_s)):
        east_m, north_m = (keeps * m + random.gauss(0.0, sigma_m * sqrt(1.0 - keeps * keeps)) for m in (east_m, north_m))
        yield n * every_s, begins_at + MPS * n * every_s, (east_m, north_m)


if __name__ == "__main__":
    main()
