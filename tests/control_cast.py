"""A line there and back of 4 km with a bus every 10 minutes, and buses put on it by hand: for the tests of headway control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.builders import STRAIGHT, Way, a_city, a_report, a_trip_instance, at, every
from transit.arrivals.alerts import Alert
from transit.control.calls import RecentCalls
from transit.control.circuit import Circuit, circuits_of
from transit.control.corridor import Corridor, corridor_of
from transit.control.facts import ControlFacts, HoldingSettings
from transit.control.holding import HoldingAdvice, advise
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.network import Network
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus

BACK = [*reversed(STRAIGHT)]
SPEED_MPS = 5.0
RUN_S = 800  # of each direction
NOW = at(9)


def there_and_back(minutes: float = 10.0) -> Network:
    """R1: trip R1a1 eastwards, R1b1 back; stops each 500 m."""
    ways = [
        Way("R1", line, direction_id=n, headway=every(minutes), speed_mps=SPEED_MPS) for n, line in enumerate((STRAIGHT, BACK))
    ]
    return a_city(*ways)


@dataclass
class Control:
    """The cast's network with what is known of it at NOW."""

    network: Network = field(default_factory=there_and_back)
    now: datetime = NOW
    states: dict[str, VehicleState] = field(default_factory=dict)
    predictions: dict[str, list[Prediction]] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)
    standing: dict[str, StandingVehicle] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    in_outage: bool = False
    settings: HoldingSettings = field(default_factory=HoldingSettings)

    def __post_init__(self) -> None:
        self.calls = RecentCalls(self.network)

    @property
    def circuit(self) -> Circuit:
        return circuits_of(self.network, local_date(self.now, self.network.timezone))["R1"]

    def facts(self) -> ControlFacts:
        return ControlFacts(
            now=self.now,
            network=self.network,
            circuits={"R1": self.circuit},
            calls=self.calls,
            states=self.states,
            predictions=self.predictions,
            waiting=self.waiting,
            standing=self.standing,
            alerts=self.alerts,
            in_outage=self.in_outage,
            settings=self.settings,
        )

    def corridor(self) -> Corridor:
        return corridor_of(self.facts(), self.circuit)

    def advice(self) -> Mapping[str, HoldingAdvice]:
        facts = self.facts()
        return {row.vehicle_id: row for row in advise(facts, self.circuit, corridor_of(facts, self.circuit))}

    def drives(self, vehicle_id: str, trip_id: str, along_m: float, *, heard_s_ago: float = 5.0) -> Control:
        """A bus so far along a trip, forecast to keep its speed to the end, to wait a minute there and to drive back."""
        self._put(vehicle_id, trip_id, along_m, VehicleStatus.ON_TRIP, heard_s_ago)
        self._forecast(vehicle_id, trip_id, self.now - timedelta(seconds=along_m / SPEED_MPS), Tier.LIVE)
        ends_at = self.now + timedelta(seconds=RUN_S - along_m / SPEED_MPS)
        self._forecast(vehicle_id, other(trip_id), ends_at + timedelta(seconds=60), Tier.NEXT_TRIP)
        return self

    def waits(self, vehicle_id: str, trip_id: str, since: datetime, *, heard_s_ago: float = 5.0) -> Control:
        """A bus that waits at the first stop of a trip."""
        self._put(vehicle_id, trip_id, 0.0, VehicleStatus.LAYOVER, heard_s_ago)
        self.waiting[vehicle_id] = since
        self._forecast(vehicle_id, trip_id, max(self.now, since + timedelta(seconds=120)), Tier.AT_TERMINAL)
        return self

    def left(self, vehicle_id: str, trip_id: str, when: datetime) -> Control:
        self.calls.hear([a_call(self.network, vehicle_id, trip_id, 0, when)], self.now)
        return self

    def passed(self, vehicle_id: str, trip_id: str, along_m: float) -> Control:
        """It was seen to pass the stops behind a place where it is now, at its usual speed."""
        pattern = patterns_of(self.network).of_trip(trip_id)
        for n, metres in enumerate(pattern.stop_dist_m):
            if metres <= along_m:
                when = self.now - timedelta(seconds=(along_m - metres) / SPEED_MPS)
                self.calls.hear([a_call(self.network, vehicle_id, trip_id, n, when)], self.now)
        return self

    def ran(self, vehicle_id: str, trip_id: str, when: datetime, seconds: float) -> Control:
        """A whole trip, begun at a moment."""
        last = len(self.network.trips[trip_id].stop_times) - 1
        self.left(vehicle_id, trip_id, when)
        self.calls.hear([a_call(self.network, vehicle_id, trip_id, last, when + timedelta(seconds=seconds))], self.now)
        return self

    def _put(self, vehicle_id: str, trip_id: str, along_m: float, status: VehicleStatus, heard_s_ago: float) -> None:
        when = self.now - timedelta(seconds=heard_s_ago)
        pattern = patterns_of(self.network).of_trip(trip_id)
        ahead = [n for n, metres in zip(pattern.stop_sequences, pattern.stop_dist_m, strict=True) if metres > along_m]
        report = a_report((along_m, 0.0), when, vehicle_id=vehicle_id, delay_s=0.0)
        matched = MatchedPosition(when, status, a_trip_instance(trip_id, 0), along_m, 0.0)
        self.states[vehicle_id] = VehicleState(vehicle_id, report, matched, None, ahead[0] if ahead else None)

    def _forecast(self, vehicle_id: str, trip_id: str, begins_at: datetime, tier: Tier) -> None:
        calls = self.network.trips[trip_id].stop_times
        for call, (arrival_s, _) in zip(calls, patterns_of(self.network).planned(trip_id), strict=True):
            predicted_at = begins_at + timedelta(seconds=arrival_s)
            if predicted_at >= self.now:
                row = Prediction(
                    vehicle_id=vehicle_id,
                    trip=a_trip_instance(trip_id, 0),
                    stop_id=call.stop_id,
                    stop_sequence=call.stop_sequence,
                    made_at=self.now,
                    reported_at=self.now,
                    predicted_at=predicted_at,
                    low_at=predicted_at,
                    high_at=predicted_at,
                    tier=tier,
                    is_departure=call is calls[0],
                )
                self.predictions.setdefault(vehicle_id, []).append(row)


def other(trip_id: str) -> str:
    return trip_id.translate(str.maketrans("ab", "ba"))


def a_call(network: Network, vehicle_id: str, trip_id: str, index: int, when: datetime) -> StopEvent:
    call = network.trips[trip_id].stop_times[index]
    return StopEvent(vehicle_id, a_trip_instance(trip_id, 0), call.stop_id, call.stop_sequence, when, when, 10.0)


def minutes(seconds: Iterable[float | None]) -> list[float | None]:
    return [None if one is None else round(one / 60.0, 1) for one in seconds]
