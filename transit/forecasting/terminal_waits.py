"""How long vehicles waited at one terminal before they left, and which of those waits resemble the present one.

A weighted survival estimate (Kaplan & Meier 1958 without censoring, kernel weights as in Beran 1981): only earlier waits that
were longer than the present one count, weighted by how similar their circumstances were.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from transit.forecasting.links import Floats
from transit.plan.service_day import DAY_S

KEPT = 800  # departures remembered of a terminal: a week of one that sees a bus each ten minutes
LONGEST_GAP_S = 5400.0  # a longer gap between departures is a break in service, not a headway
ENOUGH_GAPS = 5  # with fewer gaps there is no usual headway
RECENT_GAPS = 60

HALF_LIFE_S = 4 * 86400.0
CLOCK_S = 7200.0  # standard deviation of the time of day
OTHER_DAY = 0.4  # weight of waits on another kind of day
GAP_S, GAP_SHARE = 60.0, 0.1  # standard deviation of the time since the departure before: a constant plus a share of it
LEAST_ALIKE = 0.05  # least weight of a wait, however different its circumstances
NOTHING = 1e-3  # waits with less than this share of the largest weight are left out

SLOT_S = 60.0  # standard deviation of departures that repeat at the same time each day
SLOT_WEIGHT = 2.0  # weight of the minutes at which vehicles left on earlier days
SLOT_DOUBT = 0.1  # added to the observed and the expected number of departures, so that one day makes no pattern
SLOT_AGE_S = 22 * 3600.0  # younger departures count as today's
SLOT_WINDOW_S = (1800.0, 3600.0)  # the density of departures is taken from this long before now until this long after
WEEK, FIRST_WEEKDAY, FRIDAY = 7, 3, 4  # days; counted from Monday as 0, and 1 Jan 1970 was a Thursday


class DepartureRecord(NamedTuple):
    """A departure, and the wait before it."""

    left_at: float  # Unix seconds
    clock_s: float  # the same by the local clock
    waited_s: float  # since it could have left; nan where nobody saw it wait
    gap_s: float  # since the departure before; nan for the first


LEFT_AT, CLOCK, WAITED = (DepartureRecord._fields.index(name) for name in ("left_at", "clock_s", "waited_s"))  # columns


class TerminalWaits:
    """The departures of one stream from its first stop."""

    def __init__(self, rows: Floats | None = None) -> None:
        self.rows: deque[DepartureRecord] = deque(
            () if rows is None else (DepartureRecord(*row) for row in rows.tolist()), maxlen=KEPT
        )
        self.last_at: float | None = max((row.left_at for row in self.rows), default=None)
        self._table: Floats | None = None
        self._headway_s: float | None = None

    def note_departure(self, left_at: float, clock_s: float, waited_s: float | None) -> None:
        gap_s = float("nan") if self.last_at is None else left_at - self.last_at
        self.rows.append(DepartureRecord(left_at, clock_s, float("nan") if waited_s is None else waited_s, gap_s))
        self.last_at = left_at if self.last_at is None else max(left_at, self.last_at)
        self._table = self._headway_s = None

    @property
    def table(self) -> Floats:
        """All departures, rows x the fields of DepartureRecord."""
        if self._table is None:
            self._table = np.array(self.rows, dtype=float).reshape(-1, len(DepartureRecord._fields))
        return self._table

    def headway_s(self) -> float | None:
        """The median seconds between the most recent departures; None where there are too few."""
        if self._headway_s is None:
            gaps = [row.gap_s for row in self.rows if 0.0 < row.gap_s < LONGEST_GAP_S][-RECENT_GAPS:]
            self._headway_s = float(np.median(gaps)) if len(gaps) >= ENOUGH_GAPS else None
        return self._headway_s

    def usual_s(self, share: float, enough: float) -> float | None:
        """The wait (seconds) below which a share of the observed waits lies; None with fewer than `enough` waits."""
        waited = self.table[:, WAITED]
        waited = waited[~np.isnan(waited)]
        return float(np.quantile(waited, share)) if len(waited) >= enough else None

    def possible(self, waited_s: float, now: float, clock_s: float, *, alike: bool) -> tuple[Floats, Floats]:
        """Seconds still to wait after a wait of waited_s, one for each longer wait observed, and their weights.

        alike: weigh waits by similarity of their circumstances and by the minutes of departure on earlier days. For where
        there is no timetable.
        """
        table = self.table
        left_at, clock, waited, gap = table[table[:, WAITED] > waited_s].T  # the fields of DepartureRecord
        still = waited - waited_s
        weights = 0.5 ** (np.maximum(now - left_at, 0.0) / HALF_LIFE_S)
        if alike and len(still):
            weights = weights * _same_time(clock - still, clock_s) * self._same_gap(left_at - still, left_at - gap, now)
            some = weights > NOTHING * weights.max()
            still, weights = still[some], weights[some]
            weights = weights * self._on_the_minute(now, clock_s, still)
        return still, weights

    def _same_gap(self, then: Floats, before: Floats, now: float) -> Floats:
        """Similarity of the time since the departure before: now, and when earlier vehicles had waited as long."""
        if self.last_at is None:
            return np.ones(len(then))
        since = min(max(now - self.last_at, 0.0), LONGEST_GAP_S)
        apart = np.where(np.isnan(before), LONGEST_GAP_S, np.clip(then - before, 0.0, LONGEST_GAP_S)) - since
        return np.asarray(LEAST_ALIKE + np.exp(-0.5 * (apart / (GAP_S + GAP_SHARE * since)) ** 2))

    def _on_the_minute(self, now: float, clock_s: float, still: Floats) -> Floats:
        """Weights by how much more often than by chance vehicles left at the same minute on earlier days of this kind."""
        table = self.table
        is_earlier = table[:, LEFT_AT] < now - SLOT_AGE_S
        earlier = table[is_earlier & (_kind_of_day(table[:, CLOCK]) == _kind_of_day(clock_s)), CLOCK]
        since = (earlier - clock_s + SLOT_WINDOW_S[0]) % DAY_S - SLOT_WINDOW_S[0]  # seconds after now, by the clock
        near = since[since < SLOT_WINDOW_S[1] + float(still.max())]
        count = int(np.count_nonzero(near < SLOT_WINDOW_S[1]))
        if count < ENOUGH_GAPS:
            return np.ones(len(still))
        by_chance = count / sum(SLOT_WINDOW_S) * SLOT_S * np.sqrt(2.0 * np.pi)
        observed = np.exp(-0.5 * ((still[:, None] - near[None, :]) / SLOT_S) ** 2).sum(axis=1)
        often = (observed + SLOT_DOUBT) / (by_chance + SLOT_DOUBT)
        return np.asarray((1.0 + SLOT_WEIGHT * often) / (1.0 + SLOT_WEIGHT))


def _same_time(clock: Floats, clock_s: float) -> Floats:
    """Similarity of the time of day and of the kind of day."""
    apart = np.abs(clock - clock_s) % DAY_S
    near = np.exp(-0.5 * (np.minimum(apart, DAY_S - apart) / CLOCK_S) ** 2)
    return np.asarray(near * np.where(_kind_of_day(clock) == _kind_of_day(clock_s), 1.0, OTHER_DAY))


def _kind_of_day(clock: Floats | float) -> Floats:
    """0 working day, 1 Saturday, 2 Sunday. clock: seconds by the local clock."""
    return np.asarray(np.maximum((np.floor(np.asarray(clock) / DAY_S) + FIRST_WEEKDAY) % WEEK - FRIDAY, 0))


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """The weighted quantile: the value below which a share of the weights lies."""
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    return float(values[order][min(int(np.searchsorted(summed, share * summed[-1])), len(values) - 1)])
