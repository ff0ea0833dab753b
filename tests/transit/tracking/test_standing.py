"""Since when a vehicle has gone nowhere: noise, drift and rounding are no driving, a crawl that adds up is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import exp, sqrt
from random import Random

import pytest

from tests.builders import SEVEN, a_report, a_trip_instance
from transit.plan.network import TripInstance
from transit.tracking.report import AvlReport
from transit.tracking.standing import Standing, StandingPlace, is_tremor, note_wait, observe, rounded_to_m, standing_facts

Fix = tuple[float, float, float]  # seconds after SEVEN, metres east, metres north


def after(fixes: list[Fix], *, speed_mps: float | None = None, decimals: int | None = None) -> Standing:
    standing: Standing | None = None
    before: AvlReport | None = None
    for seconds, east, north in fixes:
        report = a_report((east, north), SEVEN + timedelta(seconds=seconds), speed_mps=speed_mps)
        if decimals is not None:
            report = replace(report, lat=round(report.lat, decimals), lon=round(report.lon, decimals))
        x, y = (east, north) if decimals is None else ((report.lon - 98.5) * 111_100.0, (report.lat - 3.6) * 110_574.0)
        standing, before = observe(standing, before, report, x, y), report
    assert standing is not None
    return standing


def since(standing: Standing) -> datetime:
    return standing_facts(standing).since


def there(minutes: float, *, sigma_m: float = 0.0, every_s: float = 10.0) -> list[Fix]:
    random = Random(7)
    return [(n * every_s, random.gauss(0, sigma_m), random.gauss(0, sigma_m)) for n in range(int(minutes * 60 / every_s))]


def test_noise_of_twelve_metres_is_no_driving_for_hours() -> None:
    assert since(after(there(180, sigma_m=12.0))) == SEVEN


def test_a_bus_that_drives_has_not_stood() -> None:
    fixes = [(10.0 * n, 60.0 * n, 0.0) for n in range(30)]
    assert since(after(fixes)) >= SEVEN + timedelta(seconds=270)


def test_a_crawl_counts_once_it_adds_up() -> None:
    """Half a metre a second: 100 m off the middle of where it was takes under seven minutes."""
    fixes = [(10.0 * n, 5.0 * n, 0.0) for n in range(120)]
    assert since(after(fixes)) > SEVEN + timedelta(minutes=10)


def test_a_bus_that_goes_on_has_not_stood_at_the_next_fixes() -> None:
    stood = there(30, sigma_m=5.0)
    fixes = [*stood, *((1800.0 + 10.0 * n, 60.0 * n, 0.0) for n in range(1, 4))]
    assert since(after(fixes)) >= SEVEN + timedelta(seconds=1810)


def test_one_wild_fix_does_not_end_a_stand() -> None:
    fixes = [*there(30, sigma_m=5.0), (1800.0, 160.0, 0.0), (1810.0, 3.0, 2.0)]
    assert since(after(fixes)) == SEVEN


def test_once_its_middle_is_known_a_fix_near_to_it_is_a_tremor() -> None:
    stood, t = after(there(30, sigma_m=12.0)).place, (SEVEN + timedelta(minutes=30)).timestamp()
    assert is_tremor(stood, t, 30.0, 0.0)
    assert not is_tremor(stood, t, 60.0, 0.0)  # it may be leaving


def test_a_bus_at_a_light_or_with_few_fixes_has_no_middle_yet() -> None:
    at_a_light, just_there = after(there(1)).place, (SEVEN + timedelta(seconds=80)).timestamp()
    assert not is_tremor(at_a_light, just_there, 3.0, 0.0)
    seldom = after(there(10, every_s=150.0)).place
    assert not is_tremor(seldom, (SEVEN + timedelta(minutes=10)).timestamp(), 3.0, 0.0)


def test_three_decimals_flip_between_corners_of_their_grid_without_driving() -> None:
    fixes = [(10.0 * n, 55.0 + (12.0 if n % 2 else -12.0), 0.0) for n in range(60)]
    assert since(after(fixes, decimals=3)) == SEVEN
    driven = [(10.0 * n, 60.0 * n, 0.0) for n in range(60)]
    assert since(after(driven, decimals=3)) > SEVEN + timedelta(minutes=8)


def test_a_repeated_point_is_a_stand_unless_the_speed_says_that_it_drives() -> None:
    fixes = there(5)
    assert standing_facts(after(fixes)).frozen_since is None
    assert standing_facts(after(fixes, speed_mps=0.0)).frozen_since is None
    assert standing_facts(after(fixes, speed_mps=6.0)).frozen_since == SEVEN


def test_a_receiver_was_frozen_that_goes_on_farther_than_a_standing_bus_can_have_come() -> None:
    fixes = there(5)
    assert standing_facts(after([*fixes, (300.0, 2000.0, 0.0)])).frozen_since == SEVEN
    assert standing_facts(after([*fixes, (300.0, 40.0, 0.0), (310.0, 100.0, 0.0)])).frozen_since is None


def test_who_is_passed_by_twice_at_its_terminal_is_a_spare_one_and_no_later_departure_is_its_own() -> None:
    terminal = StandingPlace(since=0.0, x=0.0, y=0.0)
    first, second, third = (a_trip_instance(name) for name in ("T1", "T2", "T3"))
    driven: set[TripInstance] = set()
    note_wait(terminal, first, 900.0, 0.0, driven.__contains__, is_named=False)
    driven.add(first)
    note_wait(terminal, second, 1800.0, 910.0, driven.__contains__, is_named=False)
    assert terminal.due == 1800.0  # the first was never its own
    driven.add(second)  # which left early, before it was due
    note_wait(terminal, third, 2700.0, 1790.0, driven.__contains__, is_named=False)
    assert terminal.due == 1800.0
    note_wait(terminal, third, 2700.0, 2000.0, driven.__contains__, is_named=True)
    assert terminal.due == 2700.0


def test_who_was_passed_by_once_waits_for_its_own_departure() -> None:
    terminal = StandingPlace(since=0.0, x=0.0, y=0.0)
    note_wait(terminal, a_trip_instance("T1"), 900.0, 0.0, lambda _: False, is_named=False)
    note_wait(terminal, a_trip_instance("T2"), 1800.0, 910.0, lambda trip: trip.trip_id == "T1", is_named=False)
    note_wait(terminal, a_trip_instance("T2"), 1800.0, 1900.0, lambda trip: trip.trip_id == "T1", is_named=False)
    note_wait(terminal, a_trip_instance("T3"), 2700.0, 1910.0, lambda trip: trip.trip_id == "T1", is_named=False)
    assert terminal.due == 1800.0  # nobody else drives it: it is outstayed


@pytest.mark.parametrize("speed_mps", [None, 5.0])
def test_who_drives_off_a_place_has_not_stood_though_it_is_near_still(speed_mps: float | None) -> None:
    """Without a speed 60 m in ten seconds, with one 30 m; beyond what is noise of the place."""
    away_m = 60.0 if speed_mps is None else 30.0
    stood = there(30, sigma_m=5.0)
    standing = after(stood)
    report = a_report((away_m, 0.0), SEVEN + timedelta(minutes=30), speed_mps=speed_mps)
    assert (
        since(observe(standing, a_report((0.0, 0.0), SEVEN + timedelta(seconds=1790)), report, away_m, 0.0))
        == report.reported_at
    )


def test_where_fixes_spread_wide_one_as_far_off_is_noise() -> None:
    stood = there(30, sigma_m=18.0)
    assert since(after([*stood, (1800.0, 60.0, 0.0)])) == SEVEN


def test_who_was_seen_to_drive_off_and_is_in_its_place_again_never_left_it() -> None:
    stood = there(30, sigma_m=5.0)
    assert since(after([*stood, (1800.0, 60.0, 0.0)])) == SEVEN + timedelta(seconds=1800)
    assert since(after([*stood, (1800.0, 60.0, 0.0), (1810.0, 20.0, 0.0)])) == SEVEN
    assert since(after([*stood, (1800.0, 60.0, 0.0), (1810.0, 70.0, 0.0)])) == SEVEN + timedelta(seconds=1800)


def test_noise_of_twenty_metres_has_a_tremor_of_its_own_width_and_no_more() -> None:
    stood, t = after(there(30, sigma_m=20.0)).place, (SEVEN + timedelta(minutes=30)).timestamp()
    assert is_tremor(stood, t, 65.0, 0.0)
    assert not is_tremor(stood, t, 90.0, 0.0)


def test_a_wild_fix_near_a_place_driven_through_before_does_not_put_the_bus_back_there() -> None:
    """It came from the west, and has stood for ten minutes; a fix 85 m to the west is noise of the stand."""
    comes = [(10.0 * n, -240.0 + 60.0 * n, 0.0) for n in range(4)]
    stood = [(seconds + 40.0, east, north) for seconds, east, north in there(9, sigma_m=15.0)]
    wild = [*comes, *stood, (585.0, -85.0, 0.0), (590.0, 5.0, 0.0)]
    standing = after(wild)
    assert standing.place.fixes >= 50
    assert since(standing) == since(after([*comes, *stood]))


def test_the_step_of_rounding_is_known_after_two_places() -> None:
    driven = [(10.0 * n, 60.0 * n, 0.0) for n in range(60)]
    assert rounded_to_m(after(driven, decimals=3)) == pytest.approx(111.2, abs=0.1)
    assert rounded_to_m(after(driven)) == 0.0
    assert rounded_to_m(after(driven[:1], decimals=3)) == 0.0  # by chance, perhaps


def drifts(minutes: float, drift_m: float, every_s: float = 10.0, seed: int = 3) -> list[Fix]:
    """Fixes of a bus that stands, with an error that lasts about a minute."""
    random, error = Random(seed), (0.0, 0.0)
    keeps = exp(-every_s / 60.0)
    fixes: list[Fix] = []
    for n in range(int(minutes * 60 / every_s)):
        error = tuple(keeps * part + sqrt(1.0 - keeps**2) * random.gauss(0, drift_m) for part in error)  # type: ignore[assignment]
        fixes.append((n * every_s, *error))
    return fixes


def test_an_error_that_lasts_widens_the_tremor_once_a_bus_has_been_there_too_long_to_creep() -> None:
    early, late = (after(drifts(minutes, 20.0)).place for minutes in (9, 30))
    assert not is_tremor(early, (SEVEN + timedelta(minutes=9)).timestamp(), early.x + 60.0, early.y)
    assert is_tremor(late, (SEVEN + timedelta(minutes=30)).timestamp(), late.x + 60.0, late.y)
    calm = after(drifts(30, 5.0)).place
    assert not is_tremor(calm, (SEVEN + timedelta(minutes=30)).timestamp(), calm.x + 45.0, calm.y)


@pytest.mark.parametrize("every_s", [10.0, 30.0])
def test_a_bus_under_an_error_of_thirty_metres_has_stood_since_it_came_at_each_fix(every_s: float) -> None:
    standing: Standing | None = None
    before: AvlReport | None = None
    places = set()
    for seconds, east, north in drifts(180, 30.0, every_s, seed=4):
        report = a_report((east, north), SEVEN + timedelta(seconds=seconds))
        standing, before = observe(standing, before, report, east, north), report
        if seconds > 1200.0:
            places.add(since(standing))
    assert places == {SEVEN}


def test_who_drives_off_under_such_an_error_has_left_its_place_all_the_same() -> None:
    left = [(7200.0 + 10.0 * n, 60.0 * n, 0.0) for n in range(1, 7)]
    standing = after([*drifts(120, 30.0), *left])
    assert since(standing) >= SEVEN + timedelta(seconds=7200)


@pytest.mark.parametrize("apart_m", [105.0, 115.0, 130.0])
@pytest.mark.parametrize("rested_min", [3, 6, 15])
def test_who_stands_a_little_farther_on_than_it_rested_before_has_stood_there_since_it_came(
    rested_min: int, apart_m: float
) -> None:
    rested = there(rested_min, sigma_m=5.0, every_s=30.0)
    comes_s = rested[-1][0] + 30.0
    stood = [(comes_s + seconds, apart_m + east, north) for seconds, east, north in there(20, sigma_m=9.0, every_s=30.0)]
    seen = {since(after([*rested, *stood[:n]])) for n in range(4, len(stood))}
    assert seen == {SEVEN + timedelta(seconds=comes_s)}


@pytest.mark.parametrize("sigma_m", [0.0, 8.0, 20.0])
@pytest.mark.parametrize("mps", [2.0, 4.0, 6.0])
def test_a_place_does_not_grow_with_who_drives_off_it_with_three_decimals(mps: float, sigma_m: float) -> None:
    stood = there(20, sigma_m=sigma_m)
    leaves_s = stood[-1][0]
    left = [(leaves_s + 10.0 * n, mps * 10.0 * n, 0.0) for n in range(1, int(500.0 / mps / 10.0) + 1)]
    assert since(after([*stood, *left], decimals=3)) > SEVEN + timedelta(seconds=leaves_s)
