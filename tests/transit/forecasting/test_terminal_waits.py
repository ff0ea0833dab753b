"""How long vehicles waited before, and what that says of one that waits now."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_network, a_trip_instance, every
from transit.forecasting.departures import Departures
from transit.forecasting.links import links_of
from transit.forecasting.terminal_waits import KEPT, TerminalWaits, quantile
from transit.plan.patterns import patterns_of
from transit.plan.service_day import DAY_S

MONDAY_S = 4 * DAY_S  # 5 Jan 1970, by the clock of a place at Greenwich
SIX_S = 6 * 3600.0


def expected(waits: TerminalWaits, now: float, waited_s: float = 0.0, alike: bool = True) -> float:
    still, weights = waits.possible(waited_s, now, now, alike=alike)
    return quantile(still, weights, 0.5)


def a_terminal(days: int, minutes: tuple[int, ...], waits_s: tuple[float, ...], noise_s: float = 0.0) -> TerminalWaits:
    """Departures at the same minutes past each hour from six to ten, after waits in turn."""
    terminal, random, count = TerminalWaits(), np.random.default_rng(1), 0
    for day in range(days):
        for hour in range(4):
            for minute in minutes:
                at = MONDAY_S + day * DAY_S + SIX_S + hour * 3600.0 + minute * 60.0 + random.normal(0.0, noise_s)
                terminal.note_departure(at, at, waits_s[count % len(waits_s)])
                count += 1
    return terminal


def test_who_waits_is_expected_to_wait_like_the_others():
    terminal = a_terminal(3, (0, 20, 40), (170.0, 180.0, 190.0))
    assert expected(terminal, MONDAY_S + 3 * DAY_S + SIX_S) == pytest.approx(180.0, abs=15)


def test_who_has_waited_longer_than_some_is_compared_with_those_that_waited_longer_still():
    terminal = a_terminal(3, (0, 20, 40), (60.0, 300.0))
    now = MONDAY_S + 3 * DAY_S + SIX_S
    still, _ = terminal.possible(100.0, now, now, alike=False)
    assert set(still) == {200.0}


def test_a_timetable_that_nobody_wrote_down_is_found():
    """Buses arrive at any time and leave at each quarter of an hour: the likeliest departure is at such a minute."""
    terminal = a_terminal(4, (0, 15, 30, 45), (240.0, 420.0, 600.0, 780.0), noise_s=20.0)
    for minute, left_s in ((20, 600.0), (26, 240.0)):
        now = MONDAY_S + 4 * DAY_S + SIX_S + 3600.0 + minute * 60.0
        terminal.note_departure(now - 2400.0, now - 2400.0, None)  # so long ago that the time since then says nothing
        still, weights = terminal.possible(0.0, now, now, alike=True)
        total = {wait: weights[still == wait].sum() for wait in set(still)}
        others = [total[wait] for wait in total if wait != left_s]
        assert total[left_s] > 3 * max(others)


def test_where_departures_keep_no_minute_none_is_made_up():
    random, terminal, at = np.random.default_rng(2), TerminalWaits(), MONDAY_S + SIX_S
    for _ in range(KEPT):
        at += float(random.uniform(300.0, 900.0))
        terminal.note_departure(at, at, float(random.uniform(0.0, 400.0)))
    answers = [expected(terminal, at + 86000.0 + shift) for shift in range(0, 3600, 300)]
    assert min(answers) > 150.0
    assert max(answers) < 250.0


def test_a_bus_that_has_just_lost_the_one_before_waits_longer_where_that_is_the_custom():
    terminal = TerminalWaits()
    for n in range(60):
        at = MONDAY_S + SIX_S + n * 600.0 + (120.0 if n % 2 else 0.0)
        terminal.note_departure(at, at, 300.0 if n % 2 == 0 else 60.0)  # the longer ago the last one left, the shorter the wait
    last = terminal.last_at
    assert last is not None
    assert expected(terminal, last + 180.0) > expected(terminal, last + 660.0) + 60.0


def test_with_a_timetable_only_the_waits_count():
    terminal = a_terminal(4, (0, 15, 30, 45), (30.0,))
    assert expected(terminal, MONDAY_S + 4 * DAY_S + SIX_S + 420.0, alike=False) == 30.0


def test_the_usual_headway_is_that_of_late_and_no_night():
    terminal = a_terminal(2, (0, 20, 40), (60.0,))
    assert terminal.headway_s() == pytest.approx(1200.0)
    assert TerminalWaits().headway_s() is None


def test_what_is_remembered_is_bounded_and_comes_back():
    terminal = a_terminal(100, (0, 20, 40), (60.0,))
    assert len(terminal.rows) == KEPT
    again = TerminalWaits(terminal.table)
    assert np.array_equal(again.table, terminal.table)
    assert again.last_at == terminal.last_at


@given(
    st.lists(st.tuples(st.floats(0, 7200), st.one_of(st.none(), st.floats(-3600, 3600))), max_size=30),
    st.floats(0, 1e6), st.floats(-3600, 3600), st.booleans(),
)  # fmt: skip
def test_no_history_can_make_a_vehicle_leave_in_the_past(rows, since, waited_s, alike):
    terminal, at = TerminalWaits(), MONDAY_S
    for gap, waited in rows:
        at += gap
        terminal.note_departure(at, at, waited)
    still, weights = terminal.possible(waited_s, at + since, at + since, alike=alike)
    assert (still > 0.0).all()
    assert np.isfinite(weights).all()
    assert (weights > 0.0).all() or since > 60 * DAY_S


def test_waits_whose_vehicle_before_had_left_as_long_ago_count_more_than_others() -> None:
    """Two and a half minutes since the last departure: spread of 60 s and a tenth of it, in how long ago it was."""
    terminal = TerminalWaits()
    at = MONDAY_S + SIX_S
    for n in range(40):
        at += 420.0 if n % 2 == 0 else 300.0
        terminal.note_departure(at, at, 150.0)
    assert terminal.last_at is not None
    _, weights = terminal.possible(0.0, terminal.last_at + 150.0, terminal.last_at + 150.0, alike=True)
    spread_s = 60.0 + 0.1 * 150.0
    alike, other = (0.05 + np.exp(-0.5 * ((gap_s - 150.0 - 150.0) / spread_s) ** 2) for gap_s in (300.0, 420.0))
    newest, before = weights[-1], weights[-2]  # after a gap of 300 s, and of 420 s
    assert newest / before == pytest.approx(alike / other, rel=0.1)


def test_a_wait_is_remembered_as_an_hour_at_the_most() -> None:
    network = a_network(headway=every(15))
    departures, trip = Departures(network, patterns_of(network)), a_trip_instance("T1", 7 * 3600)
    linked = links_of(network).of_trip("T1")
    assert linked is not None
    departures.note_wait("BUS1", trip, 1_000_000.0)
    departures.note_departure("BUS1", trip, linked, 1_000_000.0 + 7000.0)
    (row,) = departures.waits[linked.stream].rows
    assert row.waited_s == 3600.0
