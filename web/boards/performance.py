"""The performance of a day, a week or a month, by route, hour and day."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from transit.plan.directions import RouteDirection, headsign_of, usual_trip
from transit.plan.network import Network, Route
from transit.plan.service_day import local_date, moment
from transit.quality.performance import DayEnds, DayFigures, HourFigures, PerformanceFigures, together
from transit.store.advice_answers import AdviceRecord, record_of
from transit.store.service_days import figures_of_day, keep_day, load_days
from transit.store.ticket_figures import TicketFigures, ticket_figures
from web.world import World

TODAY_EVERY_S = 60  # how often today's figures are computed again
COMPUTED_AT_ONCE = 7  # most days computed for one request; others are listed as missing
FINISHED_AFTER = timedelta(hours=8)  # after midnight; then all trips of the day before are over and its figures final


class Period(StrEnum):
    DAY = "hari"
    WEEK = "minggu"
    MONTH = "bulan"


@dataclass(frozen=True)
class NamedFigures:
    """One row of figures. name: its text in the first column."""

    name: str
    figures: PerformanceFigures
    route: Route | None = None
    first_kept: float | None = None  # share of days
    last_kept: float | None = None
    looked_at: datetime | None = None  # for the playback: the middle of its hour with most trips missing
    first_at: datetime | None = None  # likewise: the hour of the first bus, of the first day on which it was not kept
    last_at: datetime | None = None
    empty_km: float | None = None  # driven without a trip; None: not recorded, or not told apart by this


@dataclass(frozen=True)
class PerformanceBoard:
    period: Period
    first: date
    last: date
    total: PerformanceFigures
    looked_at: datetime | None  # as of the rows
    by_direction: list[NamedFigures]
    by_hour: list[NamedFigures]
    by_day: list[NamedFigures]
    left_out: list[str]  # "2026-11-28: Biru 06–09, 12; Hijau 07", hours without enough coverage, a line for each day
    hours_left_out: int  # of a route
    missing: list[date]  # days of which nothing is computed
    advice: AdviceRecord
    empty_km: float | None
    days_without_empty: int  # of which what was driven without a trip is not recorded
    tickets: TicketFigures
    scores: Mapping[str, Any] | None  # of the promises of the last scored day in the span
    scored_day: date | None
    eta_score: float | None  # of all scored days of the span, each by how many promises were scored
    scored_days: int

    def promise_shown(self, figure: str) -> tuple[datetime, str] | None:
        """An example of the scored day for a figure: when the prediction was made, and its stop_id."""
        example = ((self.scores or {}).get("examples") or {}).get(figure)
        return None if example is None else (datetime.fromtimestamp(example["made_at"], UTC), example["stop_id"])


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
    last = min(last, today)
    days, missing = _days(world, network, first, last, now)
    hours = [row for figures in days.values() for row in figures.hours if row.route_id in network.routes]
    hours = [row for row in hours if _is_over(row, network, now)]
    ends = [row for day, figures in days.items() if day < today for row in figures.ends]  # today's last bus is not known yet
    with world.engine.connect() as connection:
        since, until = moment(first, 0, network.timezone), moment(last + timedelta(days=1), 0, network.timezone)
        advice, tickets = record_of(connection, since, until), ticket_figures(connection, since, until)
    scorecards = _scorecards(world, first, last)
    scored_day, scores = scorecards[-1] if scorecards else (None, None)
    known = [figures for figures in days.values() if figures.empty_m is not None]
    left_out = [row for row in hours if _is_left_out(row)]
    return PerformanceBoard(
        period=period,
        first=first,
        last=last,
        total=together(hours),
        looked_at=_looked_at(hours, network),
        by_direction=list(_by_direction(network, hours, ends)),
        by_hour=_grouped(hours, lambda row: row.hour, lambda hour: f"{hour % 24:02d}", network, _empty_by_hour(known)),
        by_day=_grouped(hours, lambda row: row.day, lambda some: some.isoformat(), network, _empty_by_day(days)),
        left_out=_hours_by_day(network, left_out),
        hours_left_out=len({(row.day, row.route_id, row.hour) for row in left_out}),
        missing=missing,
        advice=advice,
        empty_km=sum(sum((figures.empty_m or {}).values()) for figures in known) / 1000.0 if known else None,
        days_without_empty=len(days) - len(known),
        tickets=tickets,
        scores=scores,
        scored_day=scored_day,
        eta_score=_eta_score(scorecards),
        scored_days=len(scorecards),
    )


def _empty_by_hour(days: Iterable[DayFigures]) -> dict[Any, float]:
    """Hour -> km."""
    km: dict[Any, float] = {}
    for figures in days:
        for hour, metres in (figures.empty_m or {}).items():
            km[hour] = km.get(hour, 0.0) + metres / 1000.0
    return km


def _empty_by_day(days: Mapping[date, DayFigures]) -> dict[Any, float]:
    """Day -> km."""
    return {day: sum(figures.empty_m.values()) / 1000.0 for day, figures in days.items() if figures.empty_m is not None}


def _hours_by_day(network: Network, rows: Iterable[HourFigures]) -> list[str]:
    """A line for each day: the hours of its routes."""
    days: dict[date, dict[str, set[int]]] = {}
    for row in rows:
        name = network.routes[row.route_id].short_name or row.route_id
        days.setdefault(row.day, {}).setdefault(name, set()).add(row.hour)
    return [
        f"{day}: {'; '.join(f'{name} {hour_spans(hours)}' for name, hours in sorted(some.items()))}"
        for day, some in sorted(days.items())
    ]


def hour_spans(hours: Iterable[int]) -> str:
    """Hours of a service day, those in a row as one: "06–09, 12"; 25 is one o'clock."""
    spans: list[list[int]] = []
    for hour in sorted(hours):
        if spans and hour == spans[-1][1] + 1:
            spans[-1][1] = hour
        else:
            spans.append([hour, hour])
    names = [[f"{hour % 24:02d}" for hour in span] for span in spans]
    return ", ".join(first if first == last else f"{first}–{last}" for first, last in names)


def _is_over(row: HourFigures, network: Network, now: datetime) -> bool:
    """Whether an hour is over; what is still to come counts as neither missed nor kept."""
    return moment(row.day, (row.hour + 1) * 3600.0, network.timezone) <= now


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
    """The figures of a finished day; stored for later requests."""
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
        firsts = [(row.day, row.first_kept) for row in days if row.first_kept or _end_counts(mine, row.day, min)]
        lasts = [(row.day, row.last_kept) for row in days if row.last_kept or _end_counts(mine, row.day, max)]
        yield NamedFigures(
            name=_headsign(network, direction),
            figures=together(mine),
            route=network.routes[direction.route_id],
            first_kept=_share_of(kept for _, kept in firsts),
            last_kept=_share_of(kept for _, kept in lasts),
            looked_at=_looked_at(mine, network),
            first_at=_end_at(mine, [day for day, kept in firsts if not kept] or [day for day, _ in firsts], network, min),
            last_at=_end_at(mine, [day for day, kept in lasts if not kept] or [day for day, _ in lasts], network, max),
        )


def _looked_at(rows: Sequence[HourFigures], network: Network) -> datetime | None:
    """The middle of the hour with most missing trips, for a link to the playback."""
    some = [row for row in rows if row.counts] or rows
    worst = max(some, key=lambda row: row.planned_trips - row.trips, default=None)
    return None if worst is None else _middle_of(worst, network)


def _end_counts(rows: Iterable[HourFigures], day: date, end: Callable[..., HourFigures]) -> bool:
    """Whether the first (min) or last (max) planned hour of a day was heard well enough to say that no bus left in it."""
    planned = [row for row in rows if row.day == day and row.planned_trips > 0]
    return bool(planned) and end(planned, key=lambda row: row.hour).counts


def _end_at(
    rows: Sequence[HourFigures], days: Sequence[date], network: Network, end: Callable[..., HourFigures]
) -> datetime | None:
    """The first (min) or last (max) hour with a planned trip, of the first of these days."""
    planned = [row for row in rows if days and row.day == min(days) and row.planned_trips > 0]
    return _middle_of(end(planned, key=lambda row: row.hour), network) if planned else None


def _middle_of(row: HourFigures, network: Network) -> datetime:
    return moment(row.day, row.hour * 3600 + 1800, network.timezone)


def _headsign(network: Network, direction: RouteDirection) -> str:
    trip = usual_trip(network, direction, network.trips_of_route[direction.route_id])
    return "" if trip is None else headsign_of(network, trip)


def _share_of(values: Iterable[bool | None]) -> float | None:
    some = [value for value in values if value is not None]
    return sum(some) / len(some) if some else None


def _grouped(
    hours: list[HourFigures],
    key: Callable[[HourFigures], Any],
    name: Callable[[Any], str],
    network: Network,
    empty_km: Mapping[Any, float],
) -> list[NamedFigures]:
    groups: dict[Any, list[HourFigures]] = {}
    for row in hours:
        groups.setdefault(key(row), []).append(row)
    return [
        NamedFigures(
            name=name(value),
            figures=together(rows),
            looked_at=_looked_at(rows, network),
            empty_km=empty_km.get(value),
        )
        for value, rows in sorted(groups.items())
    ]


def _scorecards(world: World, first: date, last: date) -> list[tuple[date, Mapping[str, Any]]]:
    """The stored scorecards of the days of the span, in order."""
    cards: list[tuple[date, Mapping[str, Any]]] = []
    for path in sorted((world.settings.data_dir / "scorecards").glob("????-??-??.json")):
        if first.isoformat() <= path.stem <= last.isoformat():
            try:
                scores = json.loads(path.read_text(encoding="utf-8")).get("all routes")
            except (OSError, ValueError, AttributeError):
                continue
            if scores and scores.get("scored"):
                cards.append((date.fromisoformat(path.stem), scores))
    return cards


def _eta_score(cards: Sequence[tuple[date, Mapping[str, Any]]]) -> float | None:
    rows = [(scores["eta_benchmark"]["score"], scores["scored"]) for _, scores in cards]
    weights = sum(count for score, count in rows if score is not None)
    return sum(score * count for score, count in rows if score is not None) / weights if weights else None
