"""A command beside a running system goes by the system's clock, and by its own when nothing runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import settings_of_environment
from gps_ingest.operations.clock_in_use import FILE, clock_kept
from transit.clock import Clock, parse_clock

SET = "2026-11-23T09:00:00+07:00"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("TRANSIT_NOW", raising=False)
    return monkeypatch


@pytest.mark.parametrize("typed", ["", SET, "2031-01-01T00:00:00Z"])
def test_beside_a_system_on_a_set_clock_a_command_goes_by_that_clock(environment, tmp_path, typed):
    environment.setenv("TRANSIT_NOW", typed)
    running = parse_clock(f"{SET} x60")
    with clock_kept(tmp_path, running):
        assert str(settings_of_environment().clock) == str(running)
    assert str(settings_of_environment().clock) != str(running)


def test_a_clock_that_is_handed_down_with_its_anchor_is_kept(environment, tmp_path):
    handed_down = f"{SET} x2 @1000.000"
    environment.setenv("TRANSIT_NOW", handed_down)
    with clock_kept(tmp_path, parse_clock(SET)):
        assert settings_of_environment().clock == parse_clock(handed_down)


def test_what_a_killed_system_left_behind_is_not_believed(environment, tmp_path):
    (tmp_path / FILE).write_text(f"{2**22 + 1}\n{SET} x1 @1000.000\n")  # beyond the largest process number of Linux
    assert settings_of_environment().clock == Clock()


def test_a_system_on_the_real_clock_leaves_nothing_and_a_command_has_its_own(environment, tmp_path):
    with clock_kept(tmp_path, Clock()):
        assert not (tmp_path / FILE).exists()
        environment.setenv("TRANSIT_NOW", SET)
        assert settings_of_environment().clock() - parse_clock(SET)() < timedelta(seconds=5)
