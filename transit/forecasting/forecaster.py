"""The Forecaster: learns from observed calls and from how its predictions fared; says when each vehicle reaches each stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from math import log
from typing import NamedTuple

import numpy as np

from transit.forecasting import saved_state as learnt_state
from transit.forecasting.baselines import METHODS
from transit.forecasting.departures import Departures
from transit.forecasting.explanation import Explanation, VehicleForecast, explained
from transit.forecasting.intervals import Calibration
from transit.forecasting.links import Floats, LinkedPattern, links_of
from transit.forecasting.next_trips import NextTrips
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.forecasting.regression import NAMES, SOFT_S, Corrections, spread
from transit.forecasting.remaining_trip import RemainingTrip, next_ride_of, ride_of, usual_gap_s
from transit.forecasting.standing import Expiries, LinkSpread, Postponement, in_jam, promised_until, standing_vehicle, stood_s
from transit.forecasting.traffic import Traffic
from transit.forecasting.travel_times import TravelTimes
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.tracking.state import StopEvent, VehicleState, VehicleStatus

HORIZON_S = 2700.0  # nobody plans by a bus that is further away than 45 min
SAMPLE_EVERY_S = 40.0  # so often a vehicle's predictions are remembered, to be compared with what happened
SAMPLE_AHEAD_S = 2100.0
SAMPLED_STOPS = 7
SILENCE = 1.5  # a fix older than so many usual gaps says no more that the vehicle has gone on
DETOUR_MPS = 4.0  # who is off its line may come back to it this slowly, over the same distance on top of its way,
DETOUR_WIDER = 2.0  # and what is said of it is so many times less sure
STALE_S = (-1500.0, 4500.0)  # a vehicle earlier, or later, than this keeps to another plan than the one that is written
LATENESS_SOFT_S = 80.0  # lateness says little of the next seconds
LEAST_STAND_S = 120.0  # no vehicle's minutes end before
FORGOTTEN_S = 3 * 3600.0  # an arrival that was not seen until then will not be


class Sample(NamedTuple):
    """A prediction that waits for its truth."""

    on: TripInstance  # the trip that the vehicle was on
    zero: float  # what base_s counts from, Unix seconds
    made: float
    base_s: float
    median_s: float  # from zero
    x: Floats
    tier: Tier
    stood_s: float
    plain_s: tuple[float, float, float]  # low end, number and high end before they were put off, from zero


class Forecaster:
    """learn() events and observe() states as they come; predict() asks and changes nothing.

    learnt: what dump() gave, also of another version of the network: what is still there is taken over.
    """

    def __init__(self, network: Network, learnt: bytes | None = None, method: str = "ours") -> None:
        if method != "ours" and method not in METHODS:
            raise ValueError(f"method: there is no {method!r}; there are: ours, {', '.join(METHODS)}")
        self.network = network
        self.links = links_of(network)
        self.times = TravelTimes(self.links)
        self.traffic = Traffic(self.links, self.times)
        self.departures = Departures(network, patterns_of(network))
        self.next_trips = NextTrips(network, self.links)
        self.challenger = None if method == "ours" else METHODS[method](self.links, self.departures)
        self.corrections = {tier: Corrections() for tier in Tier}
        self.calibration = {tier: Calibration(tier) for tier in Tier}
        self.spread = LinkSpread(self.links)
        self.postponement = {tier: Postponement(tier) for tier in Tier}
        self.expiries = Expiries()
        self._samples: dict[tuple[str, str, date, int], list[Sample]] = {}
        self._sampled: dict[str, float] = {}
        self._swept = 0.0
        self.remembers = bool(learnt) and learnt_state.load(self, learnt or b"")  # False: what was learnt could not be read

    # ---- learning

    def learn(self, events: Iterable[StopEvent]) -> None:
        """Calls in the order in which they became known."""
        for event in events:
            way = self.links.of_trip(event.trip.trip_id)
            index = None if way is None else way.index.get(event.stop_sequence)
            if way is None or index is None:
                continue
            self._settle(event, index)
            if index == 0 and event.departed_at is not None:
                self._left(event, way, event.departed_at.timestamp())
            observed = self.times.learn(event, way, index)
            if observed is not None:
                planned_s = float(self.links.planned_links(event.trip.trip_id)[observed.n])
                self.spread.learn(int(way.links[observed.n]), way.corridor, observed.seconds, planned_s)
            if self.challenger is not None:
                self.challenger.learn(event, way, observed)

    def _left(self, event: StopEvent, way: LinkedPattern, at: float) -> None:
        self.departures.left(event.vehicle_id, event.trip, way, at, event.arrived_at.timestamp())
        call = self.times.calls.get(event.vehicle_id)
        before = None if call is None or call.trip == event.trip else self.links.of_trip(call.trip.trip_id)
        if call is not None and before is not None:
            self.next_trips.began(way, before, call.place)

    def observe(self, states: Iterable[VehicleState], now: datetime) -> None:
        """Where all vehicles are, every few seconds to a minute: how traffic flows, who waits, and what is said of whom."""
        at = now.timestamp()
        some = list(states)
        held = {state.matched.trip for state in some}
        self.traffic.observe(some)
        for state in some:
            trip = state.matched.trip
            if trip is not None and state.matched.status is VehicleStatus.LAYOVER:
                since = None if state.standing is None else state.standing.since.timestamp()
                self.departures.waiting(state.vehicle_id, trip, state.report.reported_at.timestamp(), since)
            self._expire(state, some, at)
            if at - self._sampled.get(state.vehicle_id, 0.0) >= SAMPLE_EVERY_S:
                self._sampled[state.vehicle_id] = at
                said = None if is_off_its_line(state) else self._say(state, at)
                for one in (said, None if said is None else self._next(said, at, held.__contains__)):
                    if one is not None:
                        self._sample(one, at)
        if at - self._swept > 600.0:
            self._sweep(at)

    def _expire(self, state: VehicleState, others: list[VehicleState], now: float) -> None:
        if (stuck := self._stuck(state, now)) is not None:
            self.expiries.remember(*stuck)
            self.expiries.watch(stuck[0], others)

    def _stuck(self, state: VehicleState, now: float) -> tuple[RemainingTrip, float] | None:
        """The trip of a vehicle that does not come on, and since when nothing is promised of it; None while it is promised."""
        if state.standing is None or (state.report.reported_at - state.standing.since).total_seconds() < LEAST_STAND_S:
            return None
        ride = ride_of(state, self.links, self.times, self.departures, now)
        ended_at = None if ride is None else self._ended_at(ride)
        return None if ride is None or ended_at is None else (ride, ended_at)

    def _ended_at(self, ride: RemainingTrip) -> float | None:
        """Since when nothing is promised of a vehicle that does not come on, Unix seconds; None while it is promised."""
        return self.expiries.ended_at(ride, lambda: promised_until(ride, self.departures, self.spread, self.links))

    def standing(self, states: Iterable[VehicleState], now: datetime) -> list[StandingVehicle]:
        """The vehicles of which nothing is predicted because they stand for longer than is usual there, by vehicle."""
        some = sorted(states, key=lambda one: one.vehicle_id)
        found = []
        for state in some:
            if (stuck := self._stuck(state, now.timestamp())) is not None:
                found.append(standing_vehicle(*stuck, jam=in_jam(stuck[0], some, self.expiries)))
        return found

    def _sample(self, said: VehicleForecast, now: float) -> None:
        ride = said.ride
        assert ride.state.matched.trip is not None
        near = np.flatnonzero(ride.zero + said.median_s - now <= SAMPLE_AHEAD_S)
        near = near[near >= said.passed]
        if len(near) == 0:
            return
        if len(near) > SAMPLED_STOPS:
            near = near[np.linspace(0, len(near) - 1, SAMPLED_STOPS).astype(int)]
        for k in near:
            key = (ride.state.vehicle_id, ride.trip.trip_id, ride.trip.start_date, ride.first + int(k))
            low_s, shown_s, high_s = (float(row[k]) for row in said.plain_s)
            sample = Sample(
                on=ride.state.matched.trip,
                zero=ride.zero,
                made=now,
                base_s=float(ride.base_s[k]),
                median_s=float(said.median_s[k]),
                x=said.x[k],
                tier=said.tier,
                stood_s=said.stood_s,
                plain_s=(low_s, shown_s, high_s),
            )
            self._samples.setdefault(key, []).append(sample)

    def _settle(self, event: StopEvent, index: int) -> None:
        """What was said of this call, against what happened."""
        key = (event.vehicle_id, event.trip.trip_id, event.trip.start_date, index)
        rows = self._samples.pop(key, None)
        if rows is None:
            return
        ahead = [row for row in rows if row.tier is Tier.NEXT_TRIP and row.on == event.trip]
        if ahead:  # said of the next round, while it was on this one
            self._samples[key] = ahead
        rows = [row for row in rows if (row.tier is Tier.NEXT_TRIP) == (row.on != event.trip)]
        if not rows or event.gap_s > 300.0:
            return
        happened = event.departed_at if index == 0 and event.departed_at is not None else event.arrived_at
        at = happened.timestamp()
        for tier in Tier:
            mine = [row for row in rows if row.tier is tier and row.made <= at + 5.0]
            if not mine:
                continue
            if self.challenger is None:
                y = np.array([log(max(at - row.zero, 0.0) + SOFT_S) - log(max(row.base_s, 0.0) + SOFT_S) for row in mine])
                self.corrections[tier].learn(np.stack([row.x for row in mine]), y, at)
            for row in mine:
                ahead_s = max(row.zero + row.median_s - row.made, 0.0)
                self.calibration[tier].learn(ahead_s, log(max(at - row.made, 0.0) + SOFT_S) - log(ahead_s + SOFT_S))
                low_s, shown_s, high_s = (at - row.zero - one for one in row.plain_s)
                self.postponement[tier].learn(row.stood_s, (low_s, shown_s, high_s))

    def _sweep(self, now: float) -> None:
        self._swept = now
        old = [key for key, rows in self._samples.items() if now - rows[-1].made > FORGOTTEN_S]
        for key in old:
            del self._samples[key]

    # ---- asking

    def predict(
        self, states: Iterable[VehicleState], now: datetime, *, horizon_s: float = HORIZON_S, next_trips: bool = False
    ) -> list[Prediction]:
        """By vehicle and stop_sequence; with next_trips those of the trip after follow."""
        at = now.timestamp()
        ordered = sorted(states, key=lambda one: one.vehicle_id)
        said = [one for state in ordered if (one := self._say(state, at)) is not None]
        later = self._next_of_all(said, ordered, at) if next_trips else {}
        found = []
        for one in said:
            found += self._predictions(one, now, at, horizon_s)
            if one.ride.state.vehicle_id in later:
                found += self._predictions(later[one.ride.state.vehicle_id], now, at, horizon_s)
        return found

    def _next_of_all(
        self, said: Iterable[VehicleForecast], states: Iterable[VehicleState], now: float
    ) -> dict[str, VehicleForecast]:
        """By vehicle; who comes first has the first choice."""
        held = {state.matched.trip for state in states}
        found: dict[str, VehicleForecast] = {}
        for one in sorted(said, key=lambda one: (one.ride.zero + float(one.median_s[-1]), one.ride.state.vehicle_id)):
            later = self._next(one, now, held.__contains__)
            if later is not None:
                held.add(later.ride.trip)
                found[one.ride.state.vehicle_id] = later
        return found

    def _next(self, said: VehicleForecast, now: float, taken: Callable[[TripInstance], bool]) -> VehicleForecast | None:
        """Of the trip after the one that a vehicle drives, where it will have come to its end before long."""
        comes_at = said.ride.zero + float(said.median_s[-1])
        if self.challenger is not None or said.tier is not Tier.LIVE or comes_at - now > HORIZON_S:
            return None
        trip = self.next_trips.after(said.ride.trip, comes_at, taken)
        if trip is None:
            return None
        ride = next_ride_of(said.ride, trip, comes_at, self.links, self.times, self.departures, now)
        return None if ride is None else self._said(ride, Tier.NEXT_TRIP, now)

    def _predictions(self, said: VehicleForecast, now: datetime, at: float, horizon_s: float) -> list[Prediction]:
        ride = said.ride
        pattern, reported_at = ride.way.pattern, ride.state.report.reported_at
        when, low, high = (np.maximum(ride.zero + row, at) for row in (said.shown_s, said.low_s, said.high_s))
        result = []
        for k in range(said.passed, len(when)):
            if when[k] - at > horizon_s:
                break
            n = ride.first + k
            lower, upper = min(low[k], when[k]), max(high[k], when[k])
            result.append(
                Prediction(
                    ride.state.vehicle_id, ride.trip, pattern.stop_ids[n], pattern.stop_sequences[n], now, reported_at,
                    datetime.fromtimestamp(when[k], UTC), datetime.fromtimestamp(lower, UTC),
                    datetime.fromtimestamp(upper, UTC), said.tier, n == 0,
                )
            )  # fmt: skip
        return result

    def _say(self, state: VehicleState, now: float) -> VehicleForecast | None:
        ride = ride_of(state, self.links, self.times, self.departures, now)
        if ride is None or self._ended_at(ride) is not None:
            return None
        return self._said(ride, Tier.AT_TERMINAL if ride.waits else Tier.LIVE, now)

    def _said(self, ride: RemainingTrip, tier: Tier, now: float) -> VehicleForecast:
        if self.challenger is not None:
            return self._challenged(ride, tier, now)
        readings = self._readings(ride, now)
        x = spread(readings, ride.base_s)
        median = (ride.base_s + SOFT_S) * np.exp(self.corrections[tier].factor(x)) - SOFT_S
        passed = _passed(ride, median, now)
        since = now - ride.zero
        median = np.maximum.accumulate(np.maximum(median, max(since, 0.0)))
        bounds = self.calibration[tier].bounds(median - since)
        if ride.off_m > 0.0:
            bounds = _wider(*bounds, ride.off_m)
        plain = tuple(row + since for row in bounds)
        stood = stood_s(ride, self.departures)
        low, shown, high = (
            np.maximum.accumulate(row + moved) for row, moved in zip(plain, self.postponement[tier].moved_s(stood), strict=True)
        )
        return VehicleForecast(
            ride=ride,
            tier=tier,
            readings=readings,
            x=x,
            median_s=median,
            low_s=low,
            shown_s=shown,
            high_s=high,
            plain_s=plain,
            stood_s=stood,
            passed=passed,
        )

    def _challenged(self, ride: RemainingTrip, tier: Tier, now: float) -> VehicleForecast:
        """What the challenger says; its median is what it shows."""
        assert self.challenger is not None
        median = np.maximum.accumulate(np.maximum(self.challenger.ahead_s(ride, now), max(now - ride.zero, 0.0)))
        low, _, high = self.calibration[tier].bounds(median - (now - ride.zero))
        low, high = (np.maximum.accumulate(row) + (now - ride.zero) for row in (low, high))
        nothing = np.zeros((len(median), 0))
        return VehicleForecast(
            ride=ride,
            tier=tier,
            readings=nothing,
            x=nothing,
            median_s=median,
            low_s=low,
            shown_s=median,
            high_s=high,
            plain_s=(low, median, high),
        )

    def _readings(self, ride: RemainingTrip, now: float) -> Floats:
        count = len(ride.base_s)
        network, fast, slow = self.times.today(ride.way, now)
        pace_slow, pace_fast, headway = self.times.pace(ride.state.vehicle_id, ride.trip)
        links_fast, links_slow = self._ahead(ride, now)
        usual = self.times.usual(ride.way, now).ratio
        whole = self.links.planned_links(ride.trip.trip_id) * np.exp(usual)
        own = 0.0 if ride.waits else self.traffic.own(ride.state, ride.way, whole)
        soft = np.maximum(ride.base_s, 0.0) + SOFT_S
        readings = np.empty((count, len(NAMES)))
        readings[:, :7] = (1.0, network, fast, slow, pace_slow, pace_fast, headway)
        readings[:, 7], readings[:, 8], readings[:, 9] = links_fast, links_slow, own
        readings[:, 10] = min(now - ride.fixed_at, 300.0) / soft
        readings[:, 11] = min(ride.stood_s, 120.0) / soft
        readings[:, 12] = ride.dwell_s / soft
        readings[:, 13], readings[:, 14] = self._lateness(ride)
        return readings

    def _lateness(self, ride: RemainingTrip) -> tuple[Floats | float, Floats | float]:
        """How far ahead of the timetable (below 0) and behind it each stop would be reached as usual, by the time until then.

        Who is early is held at timing points, who is late makes up for some of it.
        """
        timetable = self.departures.timetable(ride.trip)
        if timetable is None:
            return 0.0, 0.0
        late_s = ride.zero + ride.base_s - timetable[ride.first :]
        if not STALE_S[0] <= late_s[0] <= STALE_S[1]:  # who is held, or catches up, does so to a plan that is kept
            return 0.0, 0.0
        share = late_s / (np.maximum(ride.base_s, 0.0) + LATENESS_SOFT_S)
        return np.clip(share, -1.0, 0.0), np.clip(share, 0.0, 1.0)

    def _ahead(self, ride: RemainingTrip, now: float) -> tuple[Floats, Floats]:
        """How slow the links between the vehicle and each stop are right now, weighed by their usual seconds."""
        fast, slow = self.traffic.slowness(ride.way, ride.start, now)
        if ride.waits:
            weight = ride.link_s
            lead = 1
        else:
            weight = np.concatenate(([max(ride.part_s, 1.0)], ride.link_s[1:]))
            lead = 0
        total = np.cumsum(weight)
        means = [np.cumsum(row * weight) / total for row in (fast, slow)]
        if lead:
            means = [np.concatenate(([0.0], row)) for row in means]
        return means[0], means[1]

    def explain(
        self, vehicle_id: str, stop_id: str, states: Iterable[VehicleState], now: datetime, *, next_trips: bool = False
    ) -> list[Explanation]:
        """Of each prediction for a vehicle at a stop (a loop passes its first stop twice) why it is so; none: an empty list.

        Only "ours" explains itself.
        """
        if self.challenger is not None:
            raise ValueError("only the method 'ours' explains itself")
        at, some = now.timestamp(), list(states)
        said = [one for state in some if (one := self._say(state, at)) is not None]
        mine = [one for one in said if one.ride.state.vehicle_id == vehicle_id]
        if next_trips and mine and (later := self._next_of_all(said, some, at).get(vehicle_id)) is not None:
            mine.append(later)
        return [found for one in mine for found in self._explained(one, stop_id, now)]

    def _explained(self, said: VehicleForecast, stop_id: str, now: datetime) -> list[Explanation]:
        said_of = self._predictions(said, now, now.timestamp(), HORIZON_S)
        weights, calibration = self.corrections[said.tier].weights, self.calibration[said.tier]
        usual, planned = self.times.usual(said.ride.way, now.timestamp()), self.links.planned_links(said.ride.trip.trip_id)
        put_off_s = self.postponement[said.tier].moved_s(said.stood_s)[1]
        return [
            explained(said, k, one, weights, calibration, usual.weight, self.times.link_days, planned, put_off_s)
            for k, one in enumerate(said_of, said.passed)
            if one.stop_id == stop_id
        ]

    # ---- keeping

    def dump(self) -> bytes:
        """What was learnt, in a bounded number of bytes; what is only about now is not in it."""
        return learnt_state.dump(self)


def is_off_its_line(state: VehicleState) -> bool:
    """Whether a vehicle is off its line: how long its detour takes teaches nothing about the line."""
    return state.matched.status is VehicleStatus.OFF_ROUTE


def _wider(low_s: Floats, shown_s: Floats, high_s: Floats, off_m: float) -> tuple[Floats, Floats, Floats]:
    """An interval for a vehicle so far off its line, which is to come back to it."""
    low = np.maximum(shown_s - DETOUR_WIDER * (shown_s - low_s), 0.0)
    return low, shown_s, shown_s + DETOUR_WIDER * (high_s - shown_s) + off_m / DETOUR_MPS


def _passed(ride: RemainingTrip, median_s: Floats, now: float) -> int:
    """How many stops a vehicle has probably reached since its last fix: their median lies before now.

    While fixes come as usual these were passed in 67-98 % of cases on the recordings (docs/PREDICTION.md); "now" would be a
    promise that is seldom kept. After a longer silence the vehicle rather stands somewhere: then they are due now.
    """
    since = now - ride.fixed_at
    if ride.waits or since > SILENCE * usual_gap_s(ride.state.recent):
        return 0
    return int(np.count_nonzero(np.maximum.accumulate(median_s) < since))
