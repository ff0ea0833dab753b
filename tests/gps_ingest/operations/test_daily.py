"""What is done once a day is done once a day, and is not tried again and again where it cannot be done."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from gps_ingest.operations.daily import DailyCommand
from gps_ingest.operations.supervisor import Supervisor

NIGHT = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
WRITES = "open({path!r}, 'a').write('x'); raise SystemExit({code})"


class Night:
    """A parent, a clock, and a command that leaves a mark in a file and ends with a code."""

    def __init__(self, folder, code):
        self.now, self.marks, self.sentences = NIGHT, folder / "marks", []
        self.supervisor = Supervisor(os.environ, self.sentences.append)
        words = [sys.executable, "-S", "-c", WRITES.format(path=str(self.marks), code=code)]
        self.daily = DailyCommand(self.supervisor, lambda: self.now, "archive", words, 20)

    def watch(self, seconds):
        until = monotonic() + seconds
        self.supervisor.watch(lambda: self.daily() or monotonic() > until)

    def until_done(self, times):
        until = monotonic() + 60
        self.supervisor.watch(lambda: self.daily() or self.times() >= times or monotonic() > until)
        for child in self.supervisor.children:
            child.process.wait(60)

    def times(self):
        return len(self.marks.read_text()) if self.marks.exists() else 0


@pytest.fixture
def night(tmp_path):
    made = []

    def make(code):
        made.append(Night(tmp_path, code))
        return made[0]

    yield make
    made[0].supervisor.stop()


def test_it_is_done_once_a_day_in_its_hour(night):
    made = night(0)
    made.now = NIGHT - timedelta(minutes=1)
    made.watch(0.5)
    assert made.times() == 0
    made.now = NIGHT
    made.until_done(1)
    made.now = NIGHT + timedelta(minutes=59)
    made.watch(1.0)
    assert made.times() == 1
    made.now = NIGHT + timedelta(days=1)
    made.until_done(2)
    assert (made.times(), len(made.supervisor.children), made.sentences) == (2, 1, [])


def test_what_fails_waits_for_minutes_and_not_for_seconds(night):
    made = night(1)
    made.until_done(1)
    made.watch(3.0)
    assert made.times() == 1
    assert made.sentences == ["archive ended (exit code 1); it starts again in 600.0 s"]


def test_what_still_fails_the_next_day_is_begun_anew_and_once(night):
    made = night(1)
    made.until_done(1)
    made.watch(0.5)
    made.now = NIGHT + timedelta(days=1)
    made.until_done(2)
    assert (made.times(), len(made.supervisor.children)) == (2, 1)
