"""The Forecaster: learns from observed calls, and says for every vehicle when it reaches each stop ahead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from transit.network import Network
from transit.patterns import patterns_of
from transit.prediction import Prediction, Tier
from transit.tracking import StopEvent, VehicleState, VehicleStatus

HORIZON_S = 2700.0  # nobody plans by a bus that is further away than 45 min


class Forecaster:
    """Thin first version: the timetable's run times from where the vehicle is now."""

    def __init__(self, network: Network, learnt: bytes | None = None, method: str = "ours") -> None:
        self.network = network
        self.patterns = patterns_of(network)
        self.method = method

    def learn(self, events: Iterable[StopEvent]) -> None:
        for _ in events:
            pass

    def dump(self) -> bytes:
        return b""

    def predict(self, states: Iterable[VehicleState], now: datetime, *, horizon_s: float = HORIZON_S) -> list[Prediction]:
        found = [p for state in states for p in self._of_vehicle(state, now, horizon_s)]
        return sorted(found, key=lambda p: (p.vehicle_id, p.stop_sequence))

    def _of_vehicle(self, state: VehicleState, now: datetime, horizon_s: float) -> list[Prediction]:
        trip, along = state.matched.trip, state.matched.shape_dist_traveled_m
        waits = state.matched.status is VehicleStatus.LAYOVER
        pattern = None if trip is None else self.patterns.find(trip.trip_id)
        if trip is None or pattern is None or along is None or not (waits or state.matched.status is VehicleStatus.ON_TRIP):
            return []
        planned = self.patterns.planned(trip.trip_id)
        at = state.report.reported_at.timestamp()
        dist = pattern.stop_dist_m
        sequences = pattern.stop_sequences
        first = 0 if waits else next((n for n, one in enumerate(sequences) if one == state.next_stop_sequence), len(dist))
        when = at
        result: list[Prediction] = []
        for n in range(first, len(dist)):
            if n > first or (n > 0 and not waits):
                run = max(planned[n][0] - planned[n - 1][0], 1.0)
                length = dist[n] - dist[n - 1]
                when += run if n > first else run * min(max((dist[n] - along) / length, 0.0), 1.0) if length > 0 else 0.0
            said = max(when, now.timestamp())
            if said - now.timestamp() > horizon_s:
                break
            spread = 20.0 + 0.25 * (said - now.timestamp())
            low, high = max(said - spread, now.timestamp()), said + spread
            at_said, at_low, at_high = (datetime.fromtimestamp(x, UTC) for x in (said, low, high))
            tier = Tier.AT_TERMINAL if waits else Tier.LIVE
            result.append(
                Prediction(
                    state.vehicle_id, trip, pattern.stop_ids[n], pattern.stop_sequences[n], now,
                    state.report.reported_at, at_said, at_low, at_high, tier, n == 0,
                )
            )
        return result
