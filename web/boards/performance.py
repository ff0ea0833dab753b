"""How well the days were served: the figures of a day, a week or a month, by route, hour and day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from transit.plan.directions import RouteDirection, headsign_of, usual_trip
from transit.plan.network import Network, Route
from transit.plan.service_day import local_date, moment
from transit.quality.performance import DayEnds, DayFigures, HourFigures, ServiceFigures, together
from transit.store.advice_answers import AdviceRecord, record_of
from transit.store.service_days import figures_of_day, keep_day, load_days
from web.world import World

TODAY_EVERY_S = 60  # today's figures are computed anew so often
COMPUTED_AT_ONCE = 7  # days that nobody computed yet; a longer span of them says which are missing
FINISHED_AFTER = timedelta(hours=8)  # of the next day: then the trips of a day are over and its figures stay


class Period(StrEnum):
    DAY = "hari"
    WEEK = "minggu"
    MONTH = "bulan"


@dataclass(frozen=True)
class NamedFigures:
    """name: what the figures are of, for the first column."""

    name: str
    figures: ServiceFigures
    route: Route | None = None
    first_kept: float | None = None  # share of days
    last_kept: float | None = None
    looked_at: datetime | None = None  # a moment of it, for the playback


@dataclass(frozen=True)
class PerformanceBoard:
    period: Period
    first: date
    last: date
    total: ServiceFigures
    by_direction: list[NamedFigures]
    by_hour: list[NamedFigures]
    by_day: list[NamedFigures]
    left_out: list[str]  # "2026-11-28 07: Biru", hours without enough coverage
    missing: list[date]  # days of which nothing is computed
    advice: AdviceRecord
    scores: Mapping[str, Any] | None  # of the promises of the last scored day in the span
    scored_day: date | None


def span_of(period: Period, day: date) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in; weeks begin on Mondays."""
    if period is Period.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if period is Period.MONTH:
        first = day.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
        return first, after - timedelta(days=1)
    return day, day


def performance(world: World, period: Period, day: date) -> PerformanceBoard | None:
    """None without a network."""
    network, now = world.network, world.now()
    if network is None:
        return None
    today = local_date(now, network.timezone)
    first, last = span_of(period, day)
    last, single = min(last, today), first if first == last else None
    days, missing = _days(world, network, first, last, now)
    hours = [row for figures in days.values() for row in figures.hours if row.route_id in network.routes]
    ends = [row for figures in days.values() for row in figures.ends]
    with world.engine.connect() as connection:
        since, until = moment(first, 0, network.timezone), moment(last + timedelta(days=1), 0, network.timezone)
        advice = record_of(connection, since, until)
    scored_day, scores = _scores(world, first, last)
    return PerformanceBoard(
        period=period,
        first=first,
        last=last,
        total=together(hours),
        by_direction=list(_by_direction(network, hours, ends)),
        by_hour=_grouped(hours, lambda row: row.hour, lambda hour: f"{hour % 24:02d}", network, single),
        by_day=_grouped(hours, lambda row: row.day, lambda some: some.isoformat(), network, None),
        left_out=sorted({_hour_name(network, row) for row in hours if _is_left_out(row)}),
        missing=missing,
        advice=advice,
        scores=scores,
        scored_day=scored_day,
    )


def _hour_name(network: Network, row: HourFigures) -> str:
    return f"{row.day} {row.hour:02d}: {network.routes[row.route_id].short_name or row.route_id}"


def _is_left_out(row: HourFigures) -> bool:
    return not row.counts and bool(row.planned_trips or row.headways)


def _days(world: World, network: Network, first: date, last: date, now: datetime) -> tuple[dict[date, DayFigures], list[date]]:
    """The figures of each day, computed where they are not stored, and the days of which there are none."""
    with world.engine.connect() as connection:
        days = load_days(connection, first, last)
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    lacking = [day for day in span if day not in days]
    for day in lacking[-COMPUTED_AT_ONCE:]:
        is_over = now >= moment(day + timedelta(days=1), FINISHED_AFTER.total_seconds(), network.timezone)
        days[day] = _kept_for_a_minute(world, network, day, now) if not is_over else _computed(world, network, day, now)
    return dict(sorted(days.items())), lacking[:-COMPUTED_AT_ONCE]


def _computed(world: World, network: Network, day: date, now: datetime) -> DayFigures:
    """Of a day that is over: stored for good."""
    return keep_day(world.engine, world.settings.data_dir, network, day, network_version=world.version, now=now)


def _kept_for_a_minute(world: World, network: Network, day: date, now: datetime) -> DayFigures:
    key = (day, int(now.timestamp()) // TODAY_EVERY_S)
    kept = world.service_today
    if kept is None or kept[0] != key:
        with world.engine.connect() as connection:
            kept = key, figures_of_day(connection, world.settings.data_dir, network, day)
        world.service_today = kept
    return kept[1]


def _by_direction(network: Network, hours: list[HourFigures], ends: list[DayEnds]) -> Iterable[NamedFigures]:
    order = {route_id: n for n, route_id in enumerate(network.routes)}
    directions = sorted(
        {row.direction for row in hours}, key=lambda row: (order[row.route_id], row.direction_id or 0, row.side)
    )
    for direction in directions:
        mine = [row for row in hours if row.direction == direction]
        days = [row for row in ends if RouteDirection(row.route_id, row.direction_id, row.side) == direction]
        yield NamedFigures(
            name=_headsign(network, direction),
            figures=together(mine),
            route=network.routes[direction.route_id],
            first_kept=_share_of(row.first_kept for row in days),
            last_kept=_share_of(row.last_kept for row in days),
        )


def _headsign(network: Network, direction: RouteDirection) -> str:
    trip = usual_trip(network, direction, network.trips_of_route[direction.route_id])
    return "" if trip is None else headsign_of(network, trip)


def _share_of(values: Iterable[bool | None]) -> float | None:
    some = [value for value in values if value is not None]
    return sum(some) / len(some) if some else None


def _grouped(
    hours: list[HourFigures], key: Callable[[HourFigures], Any], name: Callable[[Any], str], network: Network, day: date | None
) -> list[NamedFigures]:
    groups: dict[Any, list[HourFigures]] = {}
    for row in hours:
        groups.setdefault(key(row), []).append(row)
    return [
        NamedFigures(
            name=name(value),
            figures=together(rows),
            looked_at=moment(day or rows[0].day, (rows[0].hour if day else 8) * 3600 + 1800, network.timezone),
        )
        for value, rows in sorted(groups.items())
    ]


def _scores(world: World, first: date, last: date) -> tuple[date | None, Mapping[str, Any] | None]:
    """The newest scorecard of the span, as the daily run kept it."""
    folder = world.settings.data_dir / "scorecards"
    for path in sorted(folder.glob("????-??-??.json"), reverse=True):
        if first.isoformat() <= path.stem <= last.isoformat():
            try:
                scores: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            return date.fromisoformat(path.stem), scores.get("all routes")
    return None, None
