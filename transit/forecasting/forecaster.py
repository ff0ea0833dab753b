"""When each vehicle reaches each stop: predicted from observed calls, and from how such predictions fared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from math import log
from typing import NamedTuple

import numpy as np

from transit.forecasting import saved_state as learnt_state
from transit.forecasting.baselines import METHODS
from transit.forecasting.departures import Departures
from transit.forecasting.explanation import Explanation, VehicleForecast, explanation_of
from transit.forecasting.intervals import Calibration
from transit.forecasting.links import Floats, LinkedPattern, links_of
from transit.forecasting.next_trips import NextTrips
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.forecasting.regression import SOFT_S, Corrections, columns, spread
from transit.forecasting.remaining_trip import RemainingTrip, remaining_of, remaining_of_next, usual_gap_s
from transit.forecasting.standing import (
    QUANTILES,
    UNPLANNED_S,
    EndedStay,
    Expiries,
    LinkSpread,
    Postponement,
    in_jam,
    promise_end,
    share_beyond,
    standing_vehicle,
    still_there,
    stood_s,
)
from transit.forecasting.traffic import Traffic
from transit.forecasting.travel_times import TravelTimes
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.tracking.state import StopEvent, VehicleState, VehicleStatus

HORIZON_S = 2700.0  # arrivals further ahead than 45 min are not predicted
SAMPLE_EVERY_S = 40.0  # how often a vehicle's predictions are remembered, to be compared with what happened
SAMPLE_AHEAD_S = 2100.0
SAMPLED_STOPS = 7
SILENCE = 1.5  # after this many usual gaps without a fix a vehicle is not assumed to have driven on
DETOUR_MPS = 4.0  # speed at which a vehicle off its line is assumed to come back, over its distance from the line
DETOUR_WIDER = 2.0  # the interval of such a vehicle is this many times as wide
STALE_S = (-1500.0, 4500.0)  # a vehicle earlier, or later, than this does not follow the plan we have
LATENESS_SOFT_S = 80.0  # lateness changes little in the next seconds
LEAST_STAND_S = 120.0  # a vehicle that has stood for less keeps its predictions
FORGOTTEN_S = 3 * 3600.0  # predictions whose arrival was not observed until then are dropped
MISSED_S = 600.0  # so long overdue they are dropped where their vehicle does another trip: it will not come
SWEEP_EVERY_S = 300.0  # how often they are dropped
LONGEST_GAP_S = 300.0  # an arrival between two fixes further apart is too unsure to learn from
MADE_LATE_S = 5.0  # a prediction made at most this long after the arrival was made before the arrival was known
OLDEST_FIX_S = 300.0  # older fixes count as this old
EVEN = 0.5  # as likely as not
LONGEST_STOOD_S = 120.0  # longer standing counts as this: beyond a stop or a light, Postponement takes over


class Sample(NamedTuple):
    """A prediction remembered until its arrival is observed. Seconds count from `zero`, except stood_s (a duration)."""

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
    """Learns from stop events and vehicle states as they come, and predicts arrivals. predict() changes nothing.

    learnt: bytes from dump(), also of another network version: what both versions have in common is taken over.
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
        self.remembers = bool(learnt) and learnt_state.load(self, learnt or b"")  # False: the saved state could not be read

    # ---- learning

    def learn(self, events: Iterable[StopEvent]) -> None:
        """Calls in the order in which they became known."""
        for event in events:
            linked = self.links.of_trip(event.trip.trip_id)
            index = None if linked is None else linked.index.get(event.stop_sequence)
            if linked is None or index is None:
                continue
            self._settle(event, index)
            if index == 0 and event.departed_at is not None:
                self._left(event, linked, event.departed_at.timestamp())
            observed = self.times.learn(event, linked, index)
            if observed is not None:
                planned_s = float(self.links.planned_links(event.trip.trip_id)[observed.n])
                self.spread.learn(int(linked.links[observed.n]), linked.stream, observed.seconds, planned_s)
            if self.challenger is not None:
                self.challenger.learn(event, linked, observed)

    def _left(self, event: StopEvent, linked: LinkedPattern, at: float) -> None:
        self.departures.note_departure(event.vehicle_id, event.trip, linked, at, event.arrived_at.timestamp())
        call = self.times.calls.get(event.vehicle_id)
        before = None if call is None or call.trip == event.trip else self.links.of_trip(call.trip.trip_id)
        if call is not None and before is not None:
            self.next_trips.note_start(linked, before, call.place)

    def observe(self, states: Iterable[VehicleState], now: datetime) -> None:
        """Takes in where all vehicles are: traffic, waits at terminals, and the predictions to be compared with arrivals.

        To be called every few seconds, at least once a minute.
        """
        at = now.timestamp()
        states = list(states)
        held = {state.matched.trip for state in states}
        self.traffic.observe(states)
        for state in states:
            trip = state.matched.trip
            if trip is not None and state.matched.status is VehicleStatus.LAYOVER:
                since = None if state.standing is None else state.standing.since.timestamp()
                self.departures.note_wait(state.vehicle_id, trip, state.report.reported_at.timestamp(), since)
            self._expire(state, states, at)
            if at - self._sampled.get(state.vehicle_id, 0.0) >= SAMPLE_EVERY_S:
                self._sampled[state.vehicle_id] = at
                forecast = None if is_off_its_line(state) else self._forecast_of(state, at)
                if forecast is not None:
                    self._sample(forecast, at)
                    later = self._next_forecast(forecast, at, held.__contains__)
                    if later is not None:
                        self._sample(later, at)
        if at - self._swept > SWEEP_EVERY_S:
            self._sweep(at, {state.vehicle_id: state.matched.trip for state in states})

    def _expire(self, state: VehicleState, others: list[VehicleState], now: float) -> None:
        if not _has_stood(state):
            return
        remaining = remaining_of(state, self.links, self.times, self.departures, now)
        stay = self._stay(state, remaining, others, now)
        if stay is not None:
            self.expiries.remember(stay)
            self.expiries.watch(stay.remaining, others)
            if in_jam(stay.remaining, others, self.expiries):
                self.expiries.note_jam(state)
        elif remaining is not None:
            self.expiries.promise(remaining)

    def _stay(
        self, state: VehicleState, remaining: RemainingTrip | None, others: Iterable[VehicleState], now: float
    ) -> EndedStay | None:
        """The stay of a standing vehicle whose predictions have ended; None while it has them, and for one that has no trip."""
        if remaining is not None:
            ended_at = self._ended_at(remaining)
            if ended_at is None and self._waits_beyond_the_horizon(remaining, now):
                ended_at = remaining.fixed_at
            return None if ended_at is None else EndedStay(self.expiries.where_it_ended(remaining), ended_at)
        stay = self.expiries.stay_beside(state, self._promise_end)
        if stay is None or self._has_arrived(stay.remaining):
            return None
        is_taken = any(other.matched.trip == stay.remaining.trip for other in others if other != state)
        return None if is_taken else stay

    def _has_arrived(self, remaining: RemainingTrip) -> bool:
        """Whether a vehicle has called at the last stop of its trip: it stands there, and nobody waits for it."""
        call = self.times.calls.get(remaining.state.vehicle_id)
        return call is not None and call.trip == remaining.trip and call.place == remaining.linked.last

    def _waits_beyond_the_horizon(self, remaining: RemainingTrip, now: float) -> bool:
        """Whether a vehicle that waits without a planned departure has waited for so long that none is predicted any more."""
        is_free = remaining.state.vehicle_id not in self.departures.ordered and self.departures.planned(remaining.trip) is None
        if not remaining.waits or not is_free or stood_s(remaining, self.departures) < UNPLANNED_S:
            return False
        return bool(self._forecast(remaining, Tier.AT_TERMINAL, now).shown_s[0] > HORIZON_S)

    def _ended_at(self, remaining: RemainingTrip) -> float | None:
        """Since when a standing vehicle has no predictions, Unix seconds; None while it has."""
        return self.expiries.ended_at(remaining, self._promise_end)

    def _promise_end(self, remaining: RemainingTrip) -> float:
        return promise_end(remaining, self.departures, self.spread, self.links)

    def standing(self, states: Iterable[VehicleState], now: datetime) -> list[StandingVehicle]:
        """The vehicles that get no predictions because they have stood longer than is usual there, sorted by vehicle_id."""
        ordered = _by_vehicle(states)
        standing = []
        for state in ordered:
            if not _has_stood(state):
                continue
            remaining = remaining_of(state, self.links, self.times, self.departures, now.timestamp())
            stay = self._stay(state, remaining, ordered, now.timestamp())
            if stay is not None:
                jam = in_jam(stay.remaining, ordered, self.expiries)
                parked_from = self.expiries.parked_from(state, stay.ended_at)
                standing.append(standing_vehicle(*stay, parked_from=parked_from, jam=jam))
        return standing

    def _sample(self, forecast: VehicleForecast, now: float) -> None:
        remaining = forecast.remaining
        assert remaining.state.matched.trip is not None
        near = np.flatnonzero(remaining.zero + forecast.median_s - now <= SAMPLE_AHEAD_S)
        near = near[near >= forecast.passed]
        if len(near) == 0:
            return
        if len(near) > SAMPLED_STOPS:
            near = near[np.linspace(0, len(near) - 1, SAMPLED_STOPS).astype(int)]
        for k in near:
            key = (remaining.state.vehicle_id, remaining.trip.trip_id, remaining.trip.start_date, remaining.first + int(k))
            low_s, shown_s, high_s = (float(row[k]) for row in forecast.plain_s)
            sample = Sample(
                on=remaining.state.matched.trip,
                zero=remaining.zero,
                made=now,
                base_s=float(remaining.base_s[k]),
                median_s=float(forecast.median_s[k]),
                x=forecast.x[k].copy(),  # a view would keep the rows of all stops for as long as this one waits
                tier=forecast.tier,
                stood_s=forecast.stood_s,
                plain_s=(low_s, shown_s, high_s),
            )
            self._samples.setdefault(key, []).append(sample)

    def _settle(self, event: StopEvent, index: int) -> None:
        """Compares the predictions of a call with what happened, and learns from the difference.

        1. Predictions of the vehicle's next round of the same trip, made while it was on this one, are kept for later.
        2. A call whose time is not known exactly teaches nothing.
        3. By tier: the corrections learn the stretch of the usual time, the calibration the error of the median, the
           postponement how much later vehicles came that had stood.
        """
        key = (event.vehicle_id, event.trip.trip_id, event.trip.start_date, index)
        samples = self._samples.pop(key, None)
        if samples is None:
            return
        ahead = [sample for sample in samples if sample.tier is Tier.NEXT_TRIP and sample.on == event.trip]
        if ahead:
            self._samples[key] = ahead
        samples = [sample for sample in samples if (sample.tier is Tier.NEXT_TRIP) == (sample.on != event.trip)]
        if not samples or event.gap_s > LONGEST_GAP_S:
            return
        happened = event.departed_at if index == 0 and event.departed_at is not None else event.arrived_at
        at = happened.timestamp()
        for tier in Tier:
            mine = [sample for sample in samples if sample.tier is tier and sample.made <= at + MADE_LATE_S]
            if mine:
                self._learn_errors(tier, mine, at)

    def _learn_errors(self, tier: Tier, samples: list[Sample], at: float) -> None:
        """at: when the stop was reached, Unix seconds."""
        if self.challenger is None:
            y = np.array(
                [log(max(at - sample.zero, 0.0) + SOFT_S) - log(max(sample.base_s, 0.0) + SOFT_S) for sample in samples]
            )
            self.corrections[tier].learn(np.stack([sample.x for sample in samples]), y, at)
        for sample in samples:
            ahead_s = max(sample.zero + sample.median_s - sample.made, 0.0)
            self.calibration[tier].learn(ahead_s, log(max(at - sample.made, 0.0) + SOFT_S) - log(ahead_s + SOFT_S))
            low_s, shown_s, high_s = (at - sample.zero - plain_s for plain_s in sample.plain_s)
            self.postponement[tier].learn(sample.stood_s, (low_s, shown_s, high_s))

    def _sweep(self, now: float, trips: Mapping[str, TripInstance | None]) -> None:
        """trips: what each vehicle does now."""
        self._swept = now
        for key, rows in list(self._samples.items()):  # of a loop whose call is never seen newer ones come each round
            vehicle_id, trip_id, start_date, _ = key
            on = trips.get(vehicle_id)
            is_done = on is not None and (on.trip_id, on.start_date) != (trip_id, start_date)
            self._samples[key] = [
                row
                for row in rows
                if now - row.made <= FORGOTTEN_S and not (is_done and row.on != on and now - row.zero - row.median_s > MISSED_S)
            ]
            if not self._samples[key]:
                del self._samples[key]

    # ---- asking

    def predict(
        self, states: Iterable[VehicleState], now: datetime, *, horizon_s: float = HORIZON_S, next_trips: bool = False
    ) -> list[Prediction]:
        """Arrivals within horizon_s seconds, by vehicle and stop_sequence; with next_trips also those of the next trips."""
        at = now.timestamp()
        ordered = _by_vehicle(states)
        forecasts = [forecast for state in ordered if (forecast := self._forecast_of(state, at)) is not None]
        later = self._next_forecasts(forecasts, ordered, at) if next_trips else {}
        predictions = []
        for forecast in forecasts:
            predictions += self._predictions(forecast, now, at, horizon_s)
            if forecast.remaining.state.vehicle_id in later:
                predictions += self._predictions(later[forecast.remaining.state.vehicle_id], now, at, horizon_s)
        return predictions

    def _next_forecasts(
        self, forecasts: Iterable[VehicleForecast], states: Iterable[VehicleState], now: float
    ) -> dict[str, VehicleForecast]:
        """vehicle_id -> forecast of its next trip. The vehicle that ends its trip first chooses its next trip first."""
        held = {state.matched.trip for state in states}
        by_vehicle: dict[str, VehicleForecast] = {}
        for forecast in sorted(forecasts, key=_comes_to_its_end):
            later = self._next_forecast(forecast, now, held.__contains__)
            if later is not None:
                held.add(later.remaining.trip)
                by_vehicle[forecast.remaining.state.vehicle_id] = later
        return by_vehicle

    def _next_forecast(
        self, forecast: VehicleForecast, now: float, taken: Callable[[TripInstance], bool]
    ) -> VehicleForecast | None:
        """The forecast of a vehicle's next trip; None where its present trip does not end soon or the next is not known."""
        remaining, (comes_at, _) = forecast.remaining, _comes_to_its_end(forecast)
        if self.challenger is not None or forecast.tier is not Tier.LIVE or comes_at - now > HORIZON_S:
            return None
        trip = self.next_trips.trip_after(remaining.trip, comes_at, taken)
        if trip is None:
            return None
        following = remaining_of_next(remaining, trip, comes_at, self.links, self.times, self.departures, now)
        return None if following is None else self._forecast(following, Tier.NEXT_TRIP, now)

    def _predictions(self, forecast: VehicleForecast, now: datetime, at: float, horizon_s: float) -> list[Prediction]:
        remaining = forecast.remaining
        pattern, state = remaining.linked.pattern, remaining.state
        when, low, high = (np.maximum(remaining.zero + row, at) for row in (forecast.shown_s, forecast.low_s, forecast.high_s))
        moments = zip(when.tolist(), np.minimum(low, when).tolist(), np.maximum(high, when).tolist(), strict=True)
        predictions = []
        for n, (when_s, low_s, high_s) in enumerate(islice(moments, forecast.passed, None), remaining.first + forecast.passed):
            if when_s - at > horizon_s:
                break
            predictions.append(
                Prediction(
                    vehicle_id=state.vehicle_id,
                    trip=remaining.trip,
                    stop_id=pattern.stop_ids[n],
                    stop_sequence=pattern.stop_sequences[n],
                    made_at=now,
                    reported_at=state.report.reported_at,
                    predicted_at=datetime.fromtimestamp(when_s, UTC),
                    low_at=datetime.fromtimestamp(low_s, UTC),
                    high_at=datetime.fromtimestamp(high_s, UTC),
                    tier=forecast.tier,
                    is_departure=n == 0,
                )
            )
        return predictions

    def _forecast_of(self, state: VehicleState, now: float) -> VehicleForecast | None:
        remaining = remaining_of(state, self.links, self.times, self.departures, now)
        if remaining is None or self._ended_at(remaining) is not None:
            return None
        return self._forecast(remaining, Tier.AT_TERMINAL if remaining.waits else Tier.LIVE, now)

    def _forecast(self, remaining: RemainingTrip, tier: Tier, now: float) -> VehicleForecast:
        """All numbers about what lies ahead of a vehicle.

        1. The median: the usual time, stretched by the features. Stops that it has probably passed are left out.
        2. No arrival lies in the past or before the arrival at the previous stop.
        3. The interval and the number shown, from the errors of recent predictions. A vehicle that has stood for long may
           stand there still: then it comes as much later as its last fix is old. Wider for a vehicle off its line.
        4. All of them later, if the vehicle has stood for long.
        """
        if self.challenger is not None:
            return self._challenger_forecast(remaining, tier, now)
        features = self._features(remaining, now)
        x = spread(features, remaining.base_s)
        median = (remaining.base_s + SOFT_S) * np.exp(self.corrections[tier].factor(x)) - SOFT_S
        since = now - remaining.zero
        stood = stood_s(remaining, self.departures)
        still = 0.0 if remaining.waits else still_there(stood, since)
        passed = 0 if still > EVEN else _count_passed(remaining, median, now)
        median = np.maximum.accumulate(np.maximum(median, max(since, 0.0)))
        bounds = self.calibration[tier].bounds(median - since)
        waited_s = since * share_beyond(still, QUANTILES[1])
        if still > 0.0:
            low, shown, high = bounds
            latest = self.calibration[tier].bounds(median)[2]
            bounds = low, shown + waited_s, high + share_beyond(still, QUANTILES[2]) * (latest - high)
        if remaining.off_m > 0.0:
            bounds = _widen(*bounds, remaining.off_m)
        plain = tuple(row + since for row in bounds)
        moved = self.postponement[tier].moved_s(stood)
        low, shown, high = (np.maximum.accumulate(row + by) for row, by in zip(plain, moved, strict=True))
        return VehicleForecast(
            remaining=remaining,
            tier=tier,
            features=features,
            x=x,
            median_s=median,
            low_s=low,
            shown_s=shown,
            high_s=high,
            plain_s=plain,
            stood_s=stood,
            put_off_s=moved[1] + waited_s,
            passed=passed,
        )

    def _challenger_forecast(self, remaining: RemainingTrip, tier: Tier, now: float) -> VehicleForecast:
        """The challenger's forecast; it shows its median."""
        assert self.challenger is not None
        median = np.maximum.accumulate(np.maximum(self.challenger.ahead_s(remaining, now), max(now - remaining.zero, 0.0)))
        low, _, high = self.calibration[tier].bounds(median - (now - remaining.zero))
        low, high = (np.maximum.accumulate(row) + (now - remaining.zero) for row in (low, high))
        nothing = np.zeros((len(median), 0))
        return VehicleForecast(
            remaining=remaining,
            tier=tier,
            features=nothing,
            x=nothing,
            median_s=median,
            low_s=low,
            shown_s=median,
            high_s=high,
            plain_s=(low, median, high),
        )

    def _features(self, remaining: RemainingTrip, now: float) -> Floats:
        network, lately, today = self.times.today(remaining.linked, now)
        pace, pace_lately, headway = self.times.pace(remaining.state.vehicle_id, remaining.trip)
        ahead_lately, ahead_today = self._slowness_ahead(remaining, now)
        usual_s = self.links.planned_links(remaining.trip.trip_id) * np.exp(self.times.usual(remaining.linked, now).ratio)
        soft_s = np.maximum(remaining.base_s, 0.0) + SOFT_S
        early, late = self._lateness(remaining)
        values: dict[str, Floats | float] = {
            "always": 1.0,
            "network today": network,
            "stream lately": lately,
            "stream today": today,
            "own pace": pace,
            "own pace lately": pace_lately,
            "headway": headway,
            "links ahead lately": ahead_lately,
            "links ahead today": ahead_today,
            "own last minutes": 0.0 if remaining.waits else self.traffic.own(remaining.state, remaining.linked, usual_s),
            "age of fix": min(now - remaining.fixed_at, OLDEST_FIX_S) / soft_s,
            "stands": min(remaining.stood_s, LONGEST_STOOD_S) / soft_s,
            "still stopping": remaining.dwell_s / soft_s,
            "ahead of plan": early,
            "behind plan": late,
        }
        return columns(values, len(remaining.base_s))

    def _lateness(self, remaining: RemainingTrip) -> tuple[Floats | float, Floats | float]:
        """How far ahead of the timetable (below 0) and behind it each stop would be reached as usual, by the time until then.

        An early vehicle is held at timing points, a late one makes up some of its delay.
        """
        timetable = self.departures.timetable(remaining.trip)
        if timetable is None:
            return 0.0, 0.0
        late_s = remaining.zero + remaining.base_s - timetable[remaining.first :]
        if not STALE_S[0] <= late_s[0] <= STALE_S[1]:  # only a plan that is followed holds vehicles or lets them catch up
            return 0.0, 0.0
        share = late_s / (np.maximum(remaining.base_s, 0.0) + LATENESS_SOFT_S)
        return np.clip(share, -1.0, 0.0), np.clip(share, 0.0, 1.0)

    def _slowness_ahead(self, remaining: RemainingTrip, now: float) -> tuple[Floats, Floats]:
        """How slow the links up to each stop are now (log ratios: lately, over a longer while), weighted by usual seconds."""
        fast, slow = self.traffic.slowness(remaining.linked, remaining.start, now)
        weight = remaining.link_s
        if not remaining.waits:
            weight = np.concatenate(([max(remaining.part_s, 1.0)], weight[1:]))
        total = np.cumsum(weight)
        lately, today = (np.cumsum(row * weight) / total for row in (fast, slow))
        if remaining.waits:  # nothing lies between it and its first stop
            return np.concatenate(([0.0], lately)), np.concatenate(([0.0], today))
        return lately, today

    def explain(
        self, vehicle_id: str, stop_id: str, states: Iterable[VehicleState], now: datetime, *, next_trips: bool = False
    ) -> list[Explanation]:
        """An explanation for each prediction of a vehicle at a stop: on a loop there can be two. Empty without a prediction.

        The baselines explain nothing.
        """
        if self.challenger is not None:
            raise ValueError("only the method 'ours' explains itself")
        at, states = now.timestamp(), list(states)
        forecasts = [forecast for state in states if (forecast := self._forecast_of(state, at)) is not None]
        mine = [forecast for forecast in forecasts if forecast.remaining.state.vehicle_id == vehicle_id]
        if next_trips and mine and (later := self._next_forecasts(forecasts, states, at).get(vehicle_id)) is not None:
            mine.append(later)
        return [explanation for forecast in mine for explanation in self._explanations(forecast, stop_id, now)]

    def _explanations(self, forecast: VehicleForecast, stop_id: str, now: datetime) -> list[Explanation]:
        remaining, tier = forecast.remaining, forecast.tier
        usual = self.times.usual(remaining.linked, now.timestamp())
        return [
            explanation_of(
                forecast,
                k,
                prediction,
                weights=self.corrections[tier].weights,
                calibration=self.calibration[tier],
                observations=usual.weight,
                days=self.times.link_days,
                planned_s=self.links.planned_links(remaining.trip.trip_id),
            )
            for k, prediction in enumerate(self._predictions(forecast, now, now.timestamp(), HORIZON_S), forecast.passed)
            if prediction.stop_id == stop_id
        ]

    # ---- keeping

    def dump(self) -> bytes:
        """What was learnt, in a bounded number of bytes, without the state of the moment (traffic, waits)."""
        return learnt_state.dump(self)


def _by_vehicle(states: Iterable[VehicleState]) -> list[VehicleState]:
    return sorted(states, key=lambda state: state.vehicle_id)


def _comes_to_its_end(forecast: VehicleForecast) -> tuple[float, str]:
    """When a vehicle reaches the end of its trip, Unix seconds; then its vehicle_id, to order two that come at once."""
    return forecast.remaining.zero + float(forecast.median_s[-1]), forecast.remaining.state.vehicle_id


def _has_stood(state: VehicleState) -> bool:
    """Whether a vehicle has stood for long enough that its predictions may end."""
    standing = state.standing
    return standing is not None and (state.report.reported_at - standing.since).total_seconds() >= LEAST_STAND_S


def is_off_its_line(state: VehicleState) -> bool:
    """Whether a vehicle is off its line: nothing is learnt from its times."""
    return state.matched.status is VehicleStatus.OFF_ROUTE


def _widen(low_s: Floats, shown_s: Floats, high_s: Floats, off_m: float) -> tuple[Floats, Floats, Floats]:
    """The interval for a vehicle that is off_m metres from its line and expected back."""
    low = np.maximum(shown_s - DETOUR_WIDER * (shown_s - low_s), 0.0)
    return low, shown_s, shown_s + DETOUR_WIDER * (high_s - shown_s) + off_m / DETOUR_MPS


def _count_passed(remaining: RemainingTrip, median_s: Floats, now: float) -> int:
    """How many stops a vehicle has probably reached since its last fix: those whose median lies before now.

    While fixes came as usual, 67-98 % of such stops had been passed on the recordings (docs/PREDICTION.md). After a longer
    silence the vehicle is more likely to stand, so no stop counts as passed; nor for one that stood at its last two fixes.
    """
    since = now - remaining.fixed_at
    if remaining.waits or remaining.stood_s > 0.0 or since > SILENCE * usual_gap_s(remaining.state.recent):
        return 0
    return int(np.count_nonzero(np.maximum.accumulate(median_s) < since))
