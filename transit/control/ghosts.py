"""Ghosts: departures that were due and that no bus drives, by headway or by timetable."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from itertools import pairwise

from transit.arrivals.headways import GAP_SHARE, planned_now_s
from transit.arrivals.notices import cancels, cancels_start
from transit.control.calls import Departure
from transit.control.circuit import Rail
from transit.control.facts import ControlFacts
from transit.forecasting.prediction import Prediction
from transit.plan.directions import RouteDirection
from transit.plan.network import Network, TripInstance
from transit.plan.once_per_network import once_per_network
from transit.plan.service_day import local_date, seconds_of_day, service_day_start
from transit.plan.timetable import PlannedCall, timetable_of

DUE_SINCE = timedelta(minutes=3)  # a timetabled departure may be this late and still be on time
EARLY = timedelta(minutes=1)  # a bus that left up to this long before a departure drove it
LOOKED_BACK = timedelta(minutes=45)  # older ghosts are left to the playback and the reports
AROUND = timedelta(hours=3)  # cached before and after a day, for looking back or ahead across midnight
DEPARTURES_KEPT = 4096  # cached lists (rail, day): the live process asks for all terminals each second
TIMETABLE_WITHIN = timedelta(hours=2)  # a route has a timetable now if a timetabled departure is this near


def promised_s(facts: ControlFacts, direction: RouteDirection, stop_id: str) -> int | None:
    """The planned headway (seconds) at a stop now; None where it has none, or exact times."""
    day = local_date(facts.now, facts.network.timezone)
    second = seconds_of_day(facts.now, day, facts.network.timezone)
    return planned_now_s(facts.network, direction, stop_id, day, second, only_promised=True)


def has_timetable(facts: ControlFacts, rail: Rail) -> bool:
    """Whether a timetabled departure of a rail is within TIMETABLE_WITHIN."""
    return bool(_planned(facts, rail, facts.now - TIMETABLE_WITHIN, facts.now + TIMETABLE_WITHIN))


def ghost_at(facts: ControlFacts, rail: Rail, last: Departure | None, coming: Prediction | None) -> datetime | None:
    """When the ghost of a rail was due; None without one.

    None also where it cannot be known (an outage, or no bus was heard) and where a notice cancels the departure.
    """
    if facts.in_outage or (last is None and not facts.states):
        return None
    promised = promised_s(facts, rail.direction, rail.stop_ids[0])
    if promised is not None:
        return _by_headway(facts, rail, promised, last, coming)
    return _by_timetable(facts, rail, last)


def _by_headway(
    facts: ControlFacts, rail: Rail, promised: int, last: Departure | None, coming: Prediction | None
) -> datetime | None:
    """When the next headway-based departure was due, if that is past and no bus is predicted to leave before it is a gap."""
    if last is None:
        return None
    due_at = last.at + timedelta(seconds=promised)
    gap_from = last.at + timedelta(seconds=GAP_SHARE * promised)
    is_open = facts.now >= due_at and (coming is None or coming.predicted_at > gap_from)
    run = TripInstance(rail.trip_id, local_date(due_at, facts.network.timezone))
    is_off = is_open and cancels_start(facts.alerts, facts.network, run, due_at, facts.now) is not None
    return due_at if is_open and not is_off else None


def _by_timetable(facts: ControlFacts, rail: Rail, last: Departure | None) -> datetime | None:
    """The newest overdue departure that no vehicle is on, and for which none left the terminal before the next departure.

    A bus that leaves before the next departure serves the riders of this one, whichever trip it was matched to.
    """
    planned = _planned(facts, rail, facts.now - LOOKED_BACK, facts.now + TIMETABLE_WITHIN)
    driven = _driven(facts)
    left = [row.at for row in facts.calls.departures.get(rail.direction, ())] + ([last.at] if last is not None else [])
    ghosts = []
    for call, following in pairwise([*planned, None]):
        until = facts.now if following is None else following.at - EARLY
        if call is None or call.at + DUE_SINCE > facts.now or call.trip in driven:
            continue
        if any(call.at - EARLY <= at < until for at in left):
            continue
        if cancels(facts.alerts, facts.network, call.trip, call.at, facts.now) is None:
            ghosts.append(call.at)
    return max(ghosts, default=None)


def _driven(facts: ControlFacts) -> set[TripInstance]:
    """The trips that vehicles are on or are predicted to begin."""
    on = {state.matched.trip for state in facts.states.values() if state.matched.trip is not None}
    return on | {row.trip for rows in facts.predictions.values() for row in rows}


def _planned(facts: ControlFacts, rail: Rail, since: datetime, until: datetime) -> list[PlannedCall]:
    """The timetabled departures from the first stop of a rail between two moments around now."""
    network, day = facts.network, local_date(facts.now, facts.network.timezone)
    kept, key = _kept_departures(network), (rail.direction, rail.stop_ids[0], day)
    rows = kept.get(key)
    if rows is None:
        if len(kept) >= DEPARTURES_KEPT:
            kept.clear()
        begin = service_day_start(day, network.timezone)
        calls = timetable_of(network).planned(
            rail.stop_ids[0], rail.direction, begin - AROUND, begin + timedelta(days=1) + AROUND
        )
        rows = kept[key] = [row for row in calls if row.call.index == 0]
    return rows[bisect_left(rows, since, key=_at) : bisect_right(rows, until, key=_at)]


def _at(row: PlannedCall) -> datetime:
    return row.at


@once_per_network
def _kept_departures(network: Network) -> dict[tuple[RouteDirection, str, date], list[PlannedCall]]:
    return {}
