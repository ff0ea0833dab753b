"""Jumps: one wrong fix, a bus that was truly moved, a stale point that comes again and again, two devices under one id."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import SEVEN, a_report
from transit.tracking.report import AvlReport
from transit.tracking.suspects import BACK_AFTER, Suspects, can_have_driven, is_jump

FASTEST_MPS = 33.0


def at(seconds: float, east: float = 0.0) -> AvlReport:
    return a_report((east, 0.0), SEVEN + timedelta(seconds=seconds))


def believed(reports: list[AvlReport], suspects: Suspects | None = None) -> list[AvlReport]:
    """Those of them that are no jumps."""
    suspects = suspects or Suspects()
    kept: list[AvlReport] = []
    for report in reports:
        if not is_jump(suspects, report, kept[-1] if kept else None, FASTEST_MPS):
            kept.append(report)
    return kept


def test_a_vague_fix_may_lie_further_off() -> None:
    assert can_have_driven(replace(at(0), accuracy_m=90.0), at(1, east=260.0), 33.0)
    assert not can_have_driven(at(0), at(1, east=260.0), 33.0)


def test_a_place_that_nothing_drives_to_in_the_time_is_a_jump() -> None:
    assert believed([at(0), at(10, 480.0)]) == [at(0), at(10, 480.0)]  # 33 m/s x 10 s and what two fixes may err
    assert believed([at(0), at(10, 490.0)]) == [at(0)]


def test_the_longer_the_silence_the_further_a_bus_may_have_gone() -> None:
    assert len(believed([at(0), at(600, 15_000.0)])) == 2


def test_a_second_report_that_agrees_with_the_jump_is_believed() -> None:
    assert believed([at(0), at(10, 5000.0), at(20, 5050.0)]) == [at(0), at(20, 5050.0)]


def test_two_jumps_that_disagree_are_both_refused() -> None:
    assert believed([at(0), at(10, 5000.0), at(20, -5000.0)]) == [at(0)]


def test_the_very_same_jump_again_is_no_second_witness() -> None:
    assert believed([at(0), at(10, 5000.0), at(10, 5000.0)]) == [at(0)]


@pytest.mark.parametrize("every", [2, 3])
@pytest.mark.parametrize("where_m", [900.0, 3000.0, 100.0])
def test_a_stale_point_among_the_fixes_never_wins_however_near_the_bus_comes_to_it(every: int, where_m: float) -> None:
    true = [at(20.0 * n, 150.0 * n) for n in range(40)]
    mixed = [at(20.0 * n, where_m) if n % every == 1 else report for n, report in enumerate(true)]
    suspects = Suspects()
    kept = believed(mixed, suspects)
    wrong = [report for n, report in enumerate(mixed) if n % every == 1 and report in kept]
    assert len(wrong) <= 4  # until it is known, and while the bus is passing it
    assert kept[-1] == mixed[-1] or kept[-1] == mixed[-2]
    assert len(kept) >= 0.8 * (40 - len(true[1::every]))
    assert "stale_point" in suspects.troubles


def rarely(decimals: int = 9) -> list[AvlReport]:
    """A fix a minute, each third of them at one stale point."""
    mixed = [at(60.0 * n, 1500.0 if n % 3 == 2 else 300.0 * n) for n in range(9)]
    return [replace(report, lat=round(report.lat, decimals), lon=round(report.lon, decimals)) for report in mixed]


def test_who_sends_each_minute_has_its_stale_point_refused_at_its_first_return() -> None:
    suspects = Suspects()
    kept = believed(rarely(), suspects)
    assert [n for n, report in enumerate(rarely()) if report not in kept] == [5, 8]
    assert suspects.troubles == ("stale_point",)


def test_four_decimals_come_again_by_chance_and_are_a_stale_point_at_their_second_return_only() -> None:
    kept = believed(rarely(4))
    assert [n for n, report in enumerate(rarely(4)) if report not in kept] == [8]


def test_a_bus_that_stands_with_static_hold_is_at_its_place_and_one_wild_fix_changes_nothing() -> None:
    standing = [at(10.0 * n, 500.0) for n in range(20)]
    wild = [*standing[:8], at(80, 9000.0), *standing[9:]]
    suspects = Suspects()
    assert len(believed(wild, suspects)) == 19
    assert suspects.troubles == ()


def test_a_box_of_three_decimals_that_trembles_between_two_cells_is_believed() -> None:
    trembling = [at(10.0 * n, 111.0 * (n % 2)) for n in range(30)]
    assert believed(trembling) == trembling


def test_a_bus_that_really_goes_to_a_distrusted_point_is_believed_there_soon() -> None:
    suspects = Suspects()
    believed([at(20.0 * n, 3000.0 if n % 2 else 100.0 * n) for n in range(12)], suspects)
    stays = [at(400 + 20.0 * n, 3000.0) for n in range(BACK_AFTER + 2)]
    assert len(believed(stays, suspects)) >= 2


def test_of_two_devices_under_one_id_one_is_followed_and_the_trouble_is_named() -> None:
    suspects = Suspects()
    mixed = [at(5.0 * n, 100.0 + 30.0 * n if n % 2 else 9000.0 - 30.0 * n) for n in range(40)]
    kept = believed(mixed, suspects)
    assert {n % 2 for n, report in enumerate(mixed) if report in kept} == {0}
    assert suspects.troubles == ("two_devices",)


@pytest.mark.parametrize(
    ("order", "apart_m", "every_s"),
    [
        ("AB", 9000.0, 5.0),
        ("AABB", 9000.0, 10.0),
        ("AAABBB", 5000.0, 10.0),
        ("ABB", 9000.0, 10.0),
        ("AAB", 3000.0, 20.0),
        ("AB", 600.0, 15.0),  # near enough for each to be reachable from the other
        ("ABB", 700.0, 20.0),
    ],
)
def test_while_both_devices_drive_the_same_one_is_followed_before_long(order: str, apart_m: float, every_s: float) -> None:
    mixed, devices = [], order * 40
    for n, device in enumerate(devices):
        mixed.append(at(every_s * n, 6.0 * every_s * n + (0.0 if device == "A" else apart_m)))
    suspects = Suspects()
    kept = set(believed(mixed, suspects))
    followed = [device for device, report in zip(devices, mixed, strict=True) if report in kept]
    settled = [device for device, report in list(zip(devices, mixed, strict=True))[24:] if report in kept]
    assert len(set(settled)) == 1, "".join(followed)
    assert len(settled) == devices[24:].count(settled[0])  # not one of its reports is lost
    assert "two_devices" in suspects.troubles


def test_a_trouble_that_is_over_for_an_hour_is_told_no_more() -> None:
    suspects = Suspects()
    mixed = [at(5.0 * n, 100.0 + 30.0 * n if n % 2 else 9000.0 - 30.0 * n) for n in range(40)]
    alone = [at(200 + 60.0 * n, 7800.0) for n in range(70)]
    believed([*mixed, *alone[:50]], suspects)
    assert suspects.troubles == ("two_devices",)
    assert believed([*mixed, *alone], Suspects())[-1] == alone[-1]
    believed(alone[50:], suspects)
    assert "two_devices" not in suspects.troubles
    stale = Suspects()
    believed([at(20.0 * n, 3000.0 if n % 2 else 100.0 * n) for n in range(12)], stale)
    assert stale.troubles == ("stale_point",)
    believed([at(240.0 + 60.0 * n, 1200.0 + 300.0 * n) for n in range(70)], stale)
    assert "stale_point" not in stale.troubles


def test_when_the_device_that_was_followed_falls_silent_the_other_one_is() -> None:
    mixed = [at(5.0 * n, 100.0 + 30.0 * n if n % 2 else 9000.0 - 30.0 * n) for n in range(40)]
    alone = [at(200 + 10.0 * n, 1300.0 + 60.0 * n) for n in range(15)]  # the last of the other one was at 190 s
    assert set(alone) & set(believed([*mixed, *alone])) == set(alone[11:])  # two minutes later


def test_a_device_that_lies_at_home_gives_way_to_the_one_that_drives_and_does_not_take_the_bus_back() -> None:
    home = [at(10.0 * n, 9000.0 + 3.0 * (n * 7 % 11) + 0.1 * n) for n in range(90)]
    bus = [at(10.0 * n + 5.0, 60.0 * n) for n in range(90)]
    suspects = Suspects()
    kept = believed(sorted([*home, *bus], key=lambda report: report.reported_at), suspects)
    of_the_bus = [report for report in kept if report in bus]
    assert of_the_bus[0].reported_at <= SEVEN + timedelta(seconds=330)
    assert bus[-1] in kept
    assert not [report for report in home if report in kept and report.reported_at > of_the_bus[0].reported_at]
    assert "two_devices" in suspects.troubles


def test_a_parked_bus_is_not_moved_by_a_few_wild_fixes() -> None:
    parked = [at(10.0 * n, 9000.0 + 3.0 * (n * 7 % 11) + 0.1 * n) for n in range(90)]
    wild = [at(10.0 * n + 5.0, 5000.0 - 3000.0 * (n % 3)) for n in range(40, 46)]
    assert not set(wild) & set(believed(sorted([*parked, *wild], key=lambda report: report.reported_at)))


@pytest.mark.parametrize(
    ("other", "stands_s"), [("lies at home", 60.0), ("lies at home", 600.0), ("drives", 60.0), ("drives", 240.0)]
)
def test_a_bus_that_stands_is_not_lost_because_a_second_device_reports_in_between(other: str, stands_s: float) -> None:
    """Static hold repeats its point, and from a second device's place it has come back to it each time."""
    bus = [at(10.0 * n, min(60.0 * n, 1800.0) if n < 30 + stands_s / 10.0 else 60.0 * n - 6.0 * stands_s) for n in range(120)]
    if other == "drives":
        second = [at(10.0 * n + 5.0, 20_000.0 - 60.0 * n) for n in range(120)]
    else:
        second = [at(10.0 * n + 5.0, 20_000.0 + 3.0 * (n * 7 % 11) + 0.1 * n) for n in range(120)]
    suspects = Suspects()
    kept = set(believed(sorted([*bus, *second], key=lambda report: report.reported_at), suspects))
    assert set(bus) <= kept
    assert not kept & set(second)
    assert "two_devices" in suspects.troubles


def test_a_stale_point_beside_a_second_device_is_refused_all_the_same() -> None:
    bus = [at(15.0 * n, 90.0 * n) for n in range(60)]
    home = [at(15.0 * n + 5.0, 20_000.0 + 3.0 * (n * 7 % 11) + 0.1 * n) for n in range(60)]
    stale = [at(15.0 * n + 10.0, 900.0) for n in range(60)]
    kept = set(believed(sorted([*bus, *home, *stale], key=lambda report: report.reported_at)))
    assert len(kept & set(stale)) <= 4
    assert len(kept & set(bus)) >= 54
