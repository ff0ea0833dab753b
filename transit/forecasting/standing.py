"""How long a vehicle usually stands at a place, how long a standing one keeps its predictions, and how much later it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from math import log
from typing import NamedTuple

import numpy as np

from transit.forecasting.departures import OVERDUE_S, Departures
from transit.forecasting.links import Links
from transit.forecasting.prediction import StandingVehicle, Tier
from transit.forecasting.remaining_trip import RemainingTrip
from transit.plan.geometry import distance_m
from transit.tracking.state import VehicleState, VehicleStatus

USUAL = 0.95  # the share of waits and link times up to which one is usual
BEYOND_S = 180.0  # how long beyond the usual a standing vehicle keeps its predictions
ENOUGH = 20.0  # link times, or waits, observed at a place before its own spread is used
SOFT_S = 30.0  # added to link times: relative to its length, a long link's times spread less
BINS = np.linspace(-1.5, 2.5, 41)  # log((seconds + SOFT_S) / (planned + SOFT_S)), edges
FADE = 0.98  # factor on a link's histogram at each new time: about the last fifty count
STREAM_LINKS = 10.0  # in a stream's histogram about this many times as many count
# Where nothing is observed, link times up to UNKNOWN_SHARE * planned + UNKNOWN_S are usual: 82 s for a planned 30 s, 446 s for
# 290 s (fitted to New York and Austin; no command prints the fit, decision 0052).
UNKNOWN_SHARE, UNKNOWN_S = 1.4, 40.0
AT_STOP_M = 50.0  # a vehicle this near a stop may be held there until its planned departure
LONGEST_HOLD_S = 1200.0  # a plan cannot hold it longer: the plan may be out of date
LATE_S = 300.0  # a departure up to this late against the timetable is usual (fitted like UNKNOWN_SHARE)
UNPLANNED_S, UNPLANNED_HEADWAYS = 1200.0, 2.0  # usual wait without a timetable: the longer of these seconds and headways
PARKED_S = 1800.0  # a vehicle is parked this long after its predictions ended
JAM_S = 120.0  # a vehicle that has stood for less may be at a stop or a light
PAST_M = 50.0  # a vehicle with fixes this far behind another one and this far ahead of it has passed it
STRETCH_M = 500.0  # standing vehicles this near to each other stand in the same jam
BESIDE_M = 500.0  # a vehicle farther off the line of its trip stands at none of its stops
JAM_OTHERS = 2  # vehicles besides it: fewer are no jam
LONGEST_JAM_S = 7200.0  # vehicles that have stood together for longer are parked, not jammed
AFTER_JAM_S = 600.0  # a jam dissolves one by one: who stood in it is not parked before it has stood on for so long
PAUSE_S = 90.0  # up to this a vehicle may stand at a stop or a light


class LinkSpread:
    """How link times spread around the planned ones: fading histograms by link, by stream and of the whole network."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.of_link = np.zeros((len(links.number), len(BINS) + 1), dtype=np.float32)
        self.of_stream = np.zeros((len(links.streams), len(BINS) + 1), dtype=np.float32)

    def learn(self, link: int, stream: int, seconds: float, planned_s: float) -> None:
        """A link time beyond which a standing vehicle would have no predictions counts as that: a breakdown is not usual.

        Where all vehicles become so slow, each few of them raise what is usual.
        """
        seconds = min(seconds, self.usual_s(link, stream, planned_s) + BEYOND_S)
        n = int(np.searchsorted(BINS, log((max(seconds, 0.0) + SOFT_S) / (planned_s + SOFT_S))))
        for row, fade in ((self.of_link[link], FADE), (self.of_stream[stream], 1.0 - (1.0 - FADE) / STREAM_LINKS)):
            row *= fade
            row[n] += 1.0

    def usual_s(self, link: int, stream: int, planned_s: float) -> float:
        """The seconds below which 95 % of this link's times lie."""
        for row in (self.of_link[link], self.of_stream[stream]):
            if float(row.sum()) >= ENOUGH:
                n = int(np.searchsorted(np.cumsum(row), USUAL * row.sum()))
                return float((planned_s + SOFT_S) * np.exp(BINS[min(n, len(BINS) - 1)]) - SOFT_S)
        return UNKNOWN_SHARE * planned_s + UNKNOWN_S


def stood_s(remaining: RemainingTrip, departures: Departures) -> float:
    """Seconds that a vehicle has stood; at its first stop beyond its departure, as the expected departure allows for that.

    On its way a hold until a planned departure counts: what is predicted for the stops ahead does not allow for it.
    """
    if remaining.state.standing is None:
        return 0.0
    return max(remaining.fixed_at - (_due(remaining, departures) if remaining.waits else _since(remaining)), 0.0)


def still_there(stood_s: float, silent_s: float) -> float:
    """How likely a vehicle that has stood for stood_s still stands, silent_s after its last fix; 0 for a usual stop or light.

    The longer a vehicle has stood the longer it goes on: half of those that stood for stood_s stand as long again.
    """
    if silent_s <= 0.0 or stood_s <= PAUSE_S:
        return 0.0
    return min((stood_s - PAUSE_S) / PAUSE_S, 1.0) * stood_s / (stood_s + silent_s)


def share_beyond(still: float, quantile: float) -> float:
    """How far a quantile of the arrival lies towards that of a vehicle that still stands; still: how likely it does.

    Those that have driven on come first: a quantile below their share is one of theirs, one above it a lower one of the rest.
    """
    return max((still - 1.0 + quantile) / (still * quantile), 0.0) if still > 0.0 else 0.0


def promise_end(remaining: RemainingTrip, departures: Departures, spread: LinkSpread, links: Links) -> float:
    """When the predictions of a standing vehicle end if it does not move, Unix seconds; inf for one that moves."""
    if remaining.state.standing is None:
        return float("inf")
    zero = _due(remaining, departures)
    if not remaining.waits:
        planned_s = float(links.planned_links(remaining.trip.trip_id)[remaining.start])
        return (
            zero + spread.usual_s(int(remaining.linked.links[remaining.start]), remaining.linked.stream, planned_s) + BEYOND_S
        )
    ordered = departures.ordered.get(remaining.state.vehicle_id)
    if ordered is not None and remaining.fixed_at < ordered + OVERDUE_S:
        return ordered + OVERDUE_S
    waits = departures.waits.get(remaining.linked.stream)
    seen_s = None if waits is None else waits.usual_s(USUAL, ENOUGH)
    if departures.planned(remaining.trip) is not None:
        return zero + max(LATE_S if seen_s is None else seen_s, 0.0) + BEYOND_S
    headway_s = max(
        departures.headway_s(remaining.trip, remaining.linked) or 0.0, departures.planned_headway_s(remaining.trip) or 0.0
    )
    return zero + max(UNPLANNED_S, UNPLANNED_HEADWAYS * headway_s, seen_s or 0.0) + BEYOND_S


def _due(remaining: RemainingTrip, departures: Departures) -> float:
    """When the wait of a standing vehicle begins to count, Unix seconds: since it stands, or a planned departure after that."""
    standing, since = remaining.state.standing, _since(remaining)
    assert standing is not None
    timetable = departures.timetable(remaining.trip)
    if timetable is None:
        return since
    if remaining.waits:
        due = timetable[0] if standing.due_at is None else standing.due_at.timestamp()
        return max(float(due), since)
    along = remaining.state.matched.shape_dist_traveled_m or 0.0
    near = int(np.argmin(np.abs(remaining.linked.dist_m - along)))
    if abs(float(remaining.linked.dist_m[near]) - along) > AT_STOP_M:
        return since
    return min(max(float(timetable[near]), since), since + LONGEST_HOLD_S)


def _since(remaining: RemainingTrip) -> float:
    """Since when a vehicle has stood on this trip, Unix seconds: a rest at the terminal does not count on its first metres."""
    standing, left_at = remaining.state.standing, remaining.state.trip_started_at
    assert standing is not None
    since = standing.since.timestamp()
    return since if left_at is None or remaining.waits else max(since, left_at.timestamp())


class EndedStay(NamedTuple):
    """A vehicle that has stood for longer than is usual there, and since when it has no predictions (Unix seconds)."""

    remaining: RemainingTrip
    ended_at: float


class Expiries:
    """Which vehicles' predictions have ended, and when. They stay ended until the vehicle moves, whatever is learnt.

    A vehicle that had predictions while it stood, and stands there still, keeps its place among the standing ones although its
    fixes no longer lie on its line, or cross it: it is seen, and riders who were told of it are to know.
    """

    def __init__(self) -> None:
        self._ended: dict[str, EndedStay] = {}
        self._promised: dict[str, RemainingTrip] = {}  # the last one with predictions, of vehicles that stand
        self._overtaken: dict[str, datetime] = {}  # vehicle_id -> since when it stood when another one passed it
        self._jammed: dict[str, tuple[datetime, float]] = {}  # vehicle_id -> since when it stood, and its last fix in a jam

    def ended_at(self, remaining: RemainingTrip, until: Callable[[RemainingTrip], float]) -> float | None:
        """When its predictions ended, Unix seconds; None while it has them. until: promise_end, called only if needed.

        A vehicle whose wait had ended is not on its way again before it has left its place: until then a fix that looks like
        the first metres of its trip may be noise. Nor does one that stands on its way, before its last link, wait for that trip
        by such a fix; and what ends the predictions of one that waits still ends them where it only seems to be under way.
        """
        known = self._ended.get(remaining.state.vehicle_id)
        if known is not None and _is_same_stay(known.remaining, remaining):
            return known.ended_at
        promised = self._promised.get(remaining.state.vehicle_id)
        at = until(promised if promised is not None and _only_seems_to_leave(promised, remaining) else remaining)
        return at if remaining.fixed_at >= at else None

    def remember(self, stay: EndedStay) -> None:
        self._ended[stay.remaining.state.vehicle_id] = stay

    def where_it_ended(self, remaining: RemainingTrip) -> RemainingTrip:
        """The remaining trip as it was when its predictions ended in this stay: its place does not change with each fix."""
        known = self._ended.get(remaining.state.vehicle_id)
        if known is None or known.remaining.trip != remaining.trip or not _is_same_stay(known.remaining, remaining):
            return remaining
        return _as_now(known.remaining, remaining.state)

    def promise(self, remaining: RemainingTrip) -> None:
        """Notes that a vehicle that stands has predictions now."""
        before = self._promised.get(remaining.state.vehicle_id)
        if before is None or not _only_seems_to_leave(before, remaining):
            self._promised[remaining.state.vehicle_id] = remaining

    def stay_beside(self, state: VehicleState, until: Callable[[RemainingTrip], float]) -> EndedStay | None:
        """The stay of a standing vehicle that has no remaining trip now, and had one with predictions since it stands there.

        Its predictions ended before, or end now. until: promise_end.
        """
        known, promised = self._ended.get(state.vehicle_id), self._promised.get(state.vehicle_id)
        if known is not None and _is_there_still(known.remaining, state):
            return EndedStay(_as_now(known.remaining, state), known.ended_at)
        if promised is None or promised.off_m > BESIDE_M or not _is_there_still(promised, state):
            return None
        now = _as_now(promised, state)
        return EndedStay(now, min(now.fixed_at, until(promised)))

    def watch(self, remaining: RemainingTrip, others: Iterable[VehicleState]) -> None:
        """Notes it when another vehicle drives past a standing one, which is then in no jam."""
        along, standing = remaining.state.matched.shape_dist_traveled_m, remaining.state.standing
        if along is None or standing is None or self._overtaken.get(remaining.state.vehicle_id) == standing.since:
            return
        for other in others:
            if other.matched.trip is None or other.vehicle_id == remaining.state.vehicle_id:
                continue
            if other.matched.trip.trip_id not in remaining.linked.pattern.trip_ids:
                continue
            lately = [metres for at, metres in other.recent if at > standing.since]
            if lately and min(lately) < along - PAST_M and max(lately) > along + PAST_M:
                self._overtaken[remaining.state.vehicle_id] = standing.since
                return

    def note_jam(self, state: VehicleState) -> None:
        """Notes that a vehicle stands in a jam now."""
        if state.standing is not None:
            self._jammed[state.vehicle_id] = state.standing.since, state.report.reported_at.timestamp()

    def parked_from(self, state: VehicleState, ended_at: float) -> float:
        """From when a vehicle is parked whose predictions ended at ended_at, Unix seconds."""
        jammed, standing = self._jammed.get(state.vehicle_id), state.standing
        if jammed is None or standing is None or jammed[0] != standing.since or self.was_overtaken(state):
            return ended_at + PARKED_S
        return max(ended_at + PARKED_S, jammed[1] + AFTER_JAM_S)

    def was_overtaken(self, state: VehicleState) -> bool:
        return state.standing is not None and self._overtaken.get(state.vehicle_id) == state.standing.since


def _is_same_place(before: VehicleState, now: VehicleState) -> bool:
    """Whether a vehicle stands where it stood before, and has not left meanwhile."""
    return before.standing is not None and now.standing is not None and before.standing.since == now.standing.since


def _is_there_still(remaining: RemainingTrip, state: VehicleState) -> bool:
    """Whether a vehicle stands where it stood with this trip ahead, and is on no other."""
    return _is_same_place(remaining.state, state) and state.matched.trip in (None, remaining.trip)


def _as_now(remaining: RemainingTrip, state: VehicleState) -> RemainingTrip:
    """The remaining trip from before, with the last fix and standing of its vehicle."""
    stood = replace(remaining.state, report=state.report, standing=state.standing)
    return remaining._replace(state=stood, fixed_at=state.report.reported_at.timestamp())


def _is_same_stay(ended: RemainingTrip, remaining: RemainingTrip) -> bool:
    """Whether the stay in which the predictions had ended goes on: at the same place, with the same wait or trip ahead."""
    before, now = ended.state.standing, remaining.state.standing
    if before is None or now is None or not _is_same_place(ended.state, remaining.state):
        return False
    if ended.waits == remaining.waits:
        return before.due_at == now.due_at
    return ended.waits or (ended.first < ended.linked.last and ended.trip.trip_id == remaining.trip.trip_id)


def _only_seems_to_leave(waited: RemainingTrip, remaining: RemainingTrip) -> bool:
    """Whether a vehicle that counts as on its way, and was not seen to leave, stands where it waited for that trip."""
    is_first_link = waited.waits and not remaining.waits and remaining.start == 0 and remaining.state.trip_started_at is None
    is_same_trip = waited.trip.trip_id == remaining.trip.trip_id
    return is_first_link and is_same_trip and _is_same_place(waited.state, remaining.state)


def in_jam(remaining: RemainingTrip, others: Iterable[VehicleState], expiries: Expiries) -> bool:
    """Whether JAM_OTHERS or more vehicles on trips stand near it. Never at a terminal, or where others drive past."""
    standing, report = remaining.state.standing, remaining.state.report
    if standing is None or remaining.waits or expiries.was_overtaken(remaining.state):
        return False
    if (report.reported_at - standing.since).total_seconds() > LONGEST_JAM_S:
        return False
    near = [other for other in others if other.vehicle_id != remaining.state.vehicle_id and _is_stuck(other)]
    close = [other for other in near if distance_m(report.lat, report.lon, other.report.lat, other.report.lon) <= STRETCH_M]
    return len(close) >= JAM_OTHERS


def _is_stuck(state: VehicleState) -> bool:
    standing = state.standing
    if standing is None or state.matched.status is not VehicleStatus.ON_TRIP:
        return False
    return (state.report.reported_at - standing.since).total_seconds() >= JAM_S


def standing_vehicle(remaining: RemainingTrip, ended_at: float, *, parked_from: float, jam: bool) -> StandingVehicle:
    """What riders and operators see of a vehicle whose predictions have ended. ended_at, parked_from: Unix seconds."""
    assert remaining.state.standing is not None
    pattern = remaining.linked.pattern
    along = remaining.state.matched.shape_dist_traveled_m or 0.0
    near = 0 if remaining.waits else int(np.argmin(np.abs(remaining.linked.dist_m - along)))
    return StandingVehicle(
        vehicle_id=remaining.state.vehicle_id,
        trip=remaining.trip,
        since=remaining.state.standing.since,
        stop_id=pattern.stop_ids[near],
        next_stop_sequence=pattern.stop_sequences[remaining.first],
        reported_at=remaining.state.report.reported_at,
        ended_at=datetime.fromtimestamp(ended_at, UTC),
        waits=remaining.waits,
        in_jam=jam,
        is_parked=not jam and remaining.fixed_at >= parked_from,
    )


NODES_S = (45.0, 90.0, 180.0, 360.0, 720.0)  # seconds stood, interpolated; up to the first there is no postponement
KEPT = 1500  # outcomes remembered at each node
SURE = 150.0  # the weight of BELIEF, in outcomes
AGAIN_EVERY = 50
QUANTILES = (0.1, 0.35, 0.9)  # of the low end, the number shown, the high end
# Assumed before anything is observed, by node after the first: seconds by which the low end, the number shown and the high end
# move for a vehicle that has stood so long. A judgement, wider than stored calls show: in New York vehicles under way came
# 0 / 0 / 22 s later after 90 s (3,203 predictions), 0 / 0 / 27 after 180 s (829), 38 / 42 / 70 after 360 s (87); none was
# measured after 720 s (`python -m benchmarks.postponement --only nyc`, 28 Nov 2026, 3379134). A vehicle that never drives on
# leaves no call to count, so the high end is wider until a city's own outcomes outweigh it (SURE).
BELIEF: Mapping[Tier, tuple[tuple[float, float, float], ...]] = {
    Tier.LIVE: ((0.0, 15.0, 60.0), (5.0, 40.0, 180.0), (15.0, 90.0, 480.0), (40.0, 200.0, 1200.0)),
    Tier.AT_TERMINAL: ((0.0, 15.0, 60.0), (5.0, 40.0, 180.0), (15.0, 90.0, 480.0), (40.0, 200.0, 1200.0)),
    Tier.NEXT_TRIP: ((0.0, 0.0, 30.0), (0.0, 20.0, 120.0), (10.0, 60.0, 400.0), (30.0, 150.0, 1000.0)),
}


class Postponement:
    """How much later than predicted vehicles came, by how long they had stood at the time of prediction; for one tier."""

    def __init__(self, tier: Tier) -> None:
        self.errors = np.zeros((len(NODES_S) - 1, KEPT, len(QUANTILES)), dtype=np.float32)
        self.count = np.zeros(len(NODES_S) - 1, dtype=np.int64)  # ever seen
        self.belief = np.array(((0.0, 0.0, 0.0), *BELIEF[tier]))
        self.table = self.belief.copy()
        self._new = 0

    def learn(self, stood_s: float, errors_s: tuple[float, float, float]) -> None:
        """errors_s: actual minus low end, number shown and high end, all before the postponement."""
        n = int(np.searchsorted(_EDGES_S, stood_s)) - 1
        if n < 0:
            return
        self.errors[n, self.count[n] % KEPT] = errors_s
        self.count[n] += 1
        self._new += 1
        if self._new >= AGAIN_EVERY:
            self.sort_out()

    def sort_out(self) -> None:
        """Computes the quantiles again, made never to fall with the seconds stood."""
        self._new = 0
        for n, count in enumerate(np.minimum(self.count, KEPT)):
            if count:
                quantiles = [np.quantile(self.errors[n, :count, k], share) for k, share in enumerate(QUANTILES)]
                sure = count / (count + SURE)
                self.table[n + 1] = sure * np.array(quantiles) + (1.0 - sure) * self.belief[n + 1]
        self.table = np.maximum.accumulate(np.maximum(self.table, 0.0), axis=0)

    def moved_s(self, stood_s: float) -> tuple[float, float, float]:
        """Seconds to add to the low end, the number shown and the high end; 0 for a vehicle that moves or has just stopped."""
        grown = max(stood_s / NODES_S[-1], 1.0)
        low, shown, high = (grown * float(np.interp(stood_s, NODES_S, self.table[:, k])) for k in range(len(QUANTILES)))
        return low, max(low, shown), max(shown, high)


_EDGES_S = (60.0, *(float(np.sqrt(near * far)) for near, far in pairwise(NODES_S[1:])))
