"""The network with every headway trip unrolled into departures, for programs that do not read frequencies.txt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from transit.arrivals.alerts import Alert, InformedEntity
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.network import Network, StopTime, Trip, TripInstance
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of
from transit.tracking.ages import LIVE_AGE
from transit.tracking.state import VehicleState

MOST_CALLS = 2_000_000  # stop times of an unrolled network: more than a worker should hold for a file that few ask for


class TooManyDepartures(ValueError):
    """Unrolled, this network would be larger than may be written."""


@dataclass(frozen=True)
class Expanded:
    """starts: headway trip -> the starts of its departures in order, seconds of the service day."""

    network: Network
    starts: Mapping[str, tuple[int, ...]]
    headways: Mapping[str, int]  # the longest of each trip: a run farther from every departure has none


@once_per_network
def expanded(network: Network) -> Expanded:
    """Headway trips become `<trip_id>~<HHMMSS>`, one per departure; frequencies.txt and translations.txt go.

    Raises TooManyDepartures. A block would have one vehicle run all departures of a trip at once: they have none.
    """
    starts = {trip_id: _starts(network, trip_id) for trip_id in network.frequencies_of if trip_id in network.trips}
    calls = sum(len(network.trips[trip_id].stop_times) * len(rows) for trip_id, rows in starts.items())
    if calls > MOST_CALLS:
        raise TooManyDepartures(f"unrolled, this network has {calls} stop times; at most {MOST_CALLS} are written")
    trips: dict[str, Trip] = {}
    for trip in network.trips.values():
        departures = starts.get(trip.trip_id)
        for run in [trip] if departures is None else [_departure(network, trip, start_s) for start_s in departures]:
            trips[run.trip_id] = run
    headways = {trip_id: max(row.headway_s for row in rows) for trip_id, rows in network.frequencies_of.items()}
    return Expanded(replace(network, trips=trips, frequencies=(), translations=()), starts, headways)


def _starts(network: Network, trip_id: str) -> tuple[int, ...]:
    """The departures that the windows of a trip make; a window's end is no departure."""
    windows = network.frequencies_of[trip_id]
    steps = {start_s for row in windows for start_s in range(row.start_s, row.end_s, max(row.headway_s, 1))}
    return tuple(sorted(steps))


def departure_id(trip_id: str, start_s: int) -> str:
    return f"{trip_id}~{start_s // 3600:02d}{start_s // 60 % 60:02d}{start_s % 60:02d}"


def _departure(network: Network, trip: Trip, start_s: int) -> Trip:
    """One run of a trip. Where the plan cannot be drawn, its own times are shifted as they are."""
    planned = patterns_of(network).offsets.get(trip.trip_id)
    first = trip.stop_times[0] if trip.stop_times else None
    begins = planned[0][1] if planned is not None else (first.departure_s or first.arrival_s or 0) if first else 0
    shift_s = start_s - round(begins)
    calls = tuple(_shifted(call, shift_s) for call in trip.stop_times)
    return replace(trip, trip_id=departure_id(trip.trip_id, start_s), stop_times=calls, block_id="")


def _shifted(call: StopTime, shift_s: int) -> StopTime:
    arrival_s, departure_s = (None if at is None else at + shift_s for at in (call.arrival_s, call.departure_s))
    return replace(call, arrival_s=arrival_s, departure_s=departure_s)


class PlannedDepartures:
    """Which planned departure each run by headway stands for: the nearest, and no two runs for the same.

    The run that began first chooses first, so that a bus keeps its departure when another begins behind it.
    cancelled: runs that take place in no vehicle; their departures are free for none.
    """

    def __init__(self, plan: Expanded, runs: Iterable[TripInstance], cancelled: Iterable[TripInstance] = ()) -> None:
        self._plan = plan
        self._departure_of: dict[TripInstance, TripInstance] = {}
        taken = {departure for run in cancelled if (departure := self._nearest(run, set())) is not None}
        for run in sorted({run for run in runs if run.start_s is not None}, key=lambda run: (run.start_date, run.start_s or 0)):
            departure = self._nearest(run, taken)
            if departure is not None:
                self._departure_of[run] = departure
                taken.add(departure)

    def _nearest(self, run: TripInstance, taken: set[TripInstance]) -> TripInstance | None:
        """The nearest free departure within one headway; None where all are taken, and for a trip that is not unrolled."""
        starts, begins = self._plan.starts.get(run.trip_id, ()), run.start_s or 0
        reach_s = self._plan.headways.get(run.trip_id, 0)
        low, high = bisect_left(starts, begins - reach_s), bisect_left(starts, begins + reach_s + 1)
        for start_s in sorted(starts[low:high], key=lambda start_s: (abs(start_s - begins), start_s)):
            departure = TripInstance(departure_id(run.trip_id, start_s), run.start_date)
            if departure not in taken:
                return departure
        return None

    def of(self, run: TripInstance) -> TripInstance | None:
        """The run under its name in the unrolled network; None for a run by headway that stands for no departure."""
        return self._departure_of.get(run) if run.trip_id in self._plan.starts else run


@dataclass(frozen=True)
class ExpandedFacts:
    """States, predictions, standing vehicles and notices, told of the unrolled network."""

    states: list[VehicleState]
    predictions: list[Prediction]
    standing: list[StandingVehicle]
    alerts: list[Alert]


def expanded_facts(
    plan: Expanded,
    states: Sequence[VehicleState],
    predictions: Sequence[Prediction],
    standing: Sequence[StandingVehicle],
    alerts: Sequence[Alert],
    now: datetime,
) -> ExpandedFacts:
    """The same facts with runs by headway under the names of the departures that they stand for."""
    on_trip = [state.matched.trip for state in states if state.matched.trip is not None and _is_young(state, now)]
    runs = {*on_trip, *(row.trip for row in predictions), *(row.trip for row in standing)}
    named = {entity.trip for alert in alerts for entity in alert.informed if entity.trip is not None and entity.trip.start_s}
    departures = PlannedDepartures(plan, runs, cancelled=named - runs)
    return ExpandedFacts(
        states=[_renamed(state, departures) for state in states],
        predictions=[replace(row, trip=trip) for row in predictions if (trip := departures.of(row.trip)) is not None],
        standing=[replace(row, trip=trip) for row in standing if (trip := departures.of(row.trip)) is not None],
        alerts=[replace(alert, informed=_informed(alert.informed, plan, departures)) for alert in alerts],
    )


def _is_young(state: VehicleState, now: datetime) -> bool:
    """An old state keeps no departure from those that run."""
    return abs(now - state.report.reported_at) <= LIVE_AGE


def _renamed(state: VehicleState, departures: PlannedDepartures) -> VehicleState:
    if state.matched.trip is None:
        return state
    return replace(state, matched=replace(state.matched, trip=departures.of(state.matched.trip)))


def _informed(entities: Iterable[InformedEntity], plan: Expanded, departures: PlannedDepartures) -> tuple[InformedEntity, ...]:
    """A notice on a headway trip names the departure that it means; without a start it means all of that day."""
    rows: list[InformedEntity] = []
    for entity in entities:
        run = entity.trip
        if run is None or run.trip_id not in plan.starts:
            rows.append(entity)
        elif run.start_s is None:
            starts = plan.starts[run.trip_id]
            rows += [replace(entity, trip=TripInstance(departure_id(run.trip_id, at_s), run.start_date)) for at_s in starts]
        else:
            departure = departures.of(run) or PlannedDepartures(plan, [run]).of(run)
            rows += [] if departure is None else [replace(entity, trip=departure)]
    return tuple(rows)
