"""The calls of each trip, out of stop_times.txt: a fault costs the value, the call or the trip that it is in, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from gtfs import columns
from gtfs.problems import Findings
from gtfs.rows import Row
from transit.plan.network import StopTime

FILE = columns.STOP_TIMES.file
HALF_DAY_S = 43_200  # a time that runs back by more than this began to count anew at midnight
Call = tuple[int, int, StopTime]  # stop_sequence, line, stop time
_make_stop_time: Any = StopTime


def calls_of_trips(
    rows: Iterable[Row], trip_ids: Collection[str], known_stops: Collection[str], placed: Collection[str], findings: Findings
) -> dict[str, tuple[StopTime, ...]]:
    """trip_id -> its usable calls in order. placed: the stops that have a position; calls elsewhere are passed over."""
    gathered: dict[str, list[Call]] = {}
    for line, values, extra in rows:
        trip_id, stop_id, sequence = values[0], values[1], values[2]
        if trip_id not in trip_ids:
            if not findings.is_lost(columns.TRIPS.file, trip_id):
                findings.warning(FILE, line, "trip_id", f'"{trip_id}" is not in trips.txt; the row is left out')
        elif extra and extra.get(columns.FLEX_WINDOW) and values[3] is None and values[4] is None:
            findings.lose(columns.FLEX_TRIPS, trip_id)
            message = "demand-responsive trips (GTFS-Flex) are not supported; the row is left out"
            findings.warning(FILE, line, columns.FLEX_WINDOW, message)
        elif stop_id not in placed:
            if stop_id not in known_stops and not findings.is_lost(columns.STOPS.file, stop_id):
                findings.warning(FILE, line, "stop_id", f'"{stop_id}" is not in stops.txt; the row is left out')
        else:
            call = (sequence, line, _make_stop_time(*values[1:], extra))
            try:
                gathered[trip_id].append(call)
            except KeyError:
                gathered[trip_id] = [call]
    calls_of_trip = {}
    for trip_id, calls in gathered.items():
        calls.sort(key=lambda call: call[:2])
        calls_of_trip[trip_id] = tuple(call for _, _, call in (calls if _is_sound(calls) else _mend(trip_id, calls, findings)))
    return calls_of_trip


def _is_sound(calls: list[Call]) -> bool:
    """True where numbers, times and distances grow along the trip and its two ends have a time."""
    latest, farthest, before = -1, -1.0, -1
    for sequence, _, call in calls:
        arrival, departure, along = call.arrival_s, call.departure_s, call.shape_dist_traveled
        if arrival is not None:
            if arrival < latest:
                return False
            latest = arrival
        if departure is not None:
            if departure < latest:
                return False
            latest = departure
        if along is not None:
            if along < farthest:
                return False
            farthest = along
        if sequence == before:
            return False
        before = sequence
    return all(call.arrival_s is not None or call.departure_s is not None for _, _, call in (calls[0], calls[-1]))


def _mend(trip_id: str, calls: list[Call], findings: Findings) -> list[Call]:
    """The calls that can be used; none where nobody can tell what the trip does."""
    distinct = _without_repeats(trip_id, calls, findings)
    timed = _with_growing_times(_with_growing_distances(distinct, findings), findings)
    for (_, line, call), name in zip((timed[:1] + timed[-1:]), ("departure_time", "arrival_time"), strict=False):
        if call.arrival_s is None and call.departure_s is None:
            message = f'the first and the last stop of a trip need a time; trip "{trip_id}" is left out'
            findings.warning(FILE, line, name, message)
            findings.lose(columns.TRIPS.file, trip_id)
            return []
    return timed


def _without_repeats(trip_id: str, calls: list[Call], findings: Findings) -> list[Call]:
    """Each stop_sequence once; none at all where two different calls share one."""
    kept: list[Call] = []
    for sequence, line, call in calls:
        if not kept or kept[-1][0] != sequence:
            kept.append((sequence, line, call))
        elif kept[-1][2] == call:
            findings.warning(FILE, line, "", f"repeats line {kept[-1][1]} and is left out")
        else:
            message = f'{sequence} is twice in trip "{trip_id}", which is left out; number the stops upwards'
            findings.warning(FILE, line, "stop_sequence", message)
            findings.lose(columns.TRIPS.file, trip_id)
            return []
    return kept


def _with_growing_times(calls: list[Call], findings: Findings) -> list[Call]:
    """A time that runs backwards is read as not given, or as one after midnight where it runs back by most of a day."""
    kept, latest = [], -1

    def grown(seconds: int | None, line: int, name: str) -> int | None:
        nonlocal latest
        if seconds is not None and seconds < latest:
            midnight = seconds < latest - HALF_DAY_S and seconds + 2 * HALF_DAY_S >= latest
            read = "after midnight" if midnight else "as empty"
            message = f"is earlier than the time before it and is read {read}; after midnight go on with 24:00:00"
            findings.warning(FILE, line, name, message)
            seconds = seconds + 2 * HALF_DAY_S if midnight else None
        latest = latest if seconds is None else seconds
        return seconds

    for sequence, line, call in calls:
        arrival, departure = grown(call.arrival_s, line, "arrival_time"), grown(call.departure_s, line, "departure_time")
        kept.append((sequence, line, replace(call, arrival_s=arrival, departure_s=departure)))
    return kept


def _with_growing_distances(calls: list[Call], findings: Findings) -> list[Call]:
    """Where one distance runs backwards none of the trip's is believed."""
    farthest = -1.0
    for _, line, call in calls:
        if call.shape_dist_traveled is not None:
            if call.shape_dist_traveled < farthest:
                message = "is less than at the stop before; this trip's distances are read as empty"
                findings.warning(FILE, line, "shape_dist_traveled", message)
                return [(sequence, at, replace(stop_time, shape_dist_traveled=None)) for sequence, at, stop_time in calls]
            farthest = call.shape_dist_traveled
    return calls
