"""Frames by hour: what was shown."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from tests.builders import at
from transit.store.history import append_frame, forget_history, path_of_hour, read_frames

EIGHT = at(8)


def test_frames_come_back_in_order_across_hours(tmp_path):
    for n in range(5):
        append_frame(tmp_path, "console", EIGHT + timedelta(minutes=30 * n), f"{n}".encode())
    rows = list(read_frames(tmp_path, "console", EIGHT + timedelta(minutes=30), EIGHT + timedelta(minutes=90)))
    assert [content for _, content in rows] == [b"1", b"2", b"3"]
    assert rows[0][0] == EIGHT + timedelta(minutes=30)


def test_kinds_do_not_mix(tmp_path):
    append_frame(tmp_path, "console", EIGHT, b"a")
    assert list(read_frames(tmp_path, "shown", EIGHT, EIGHT)) == []


def test_a_record_that_was_cut_off_is_left_out_and_those_before_it_stay(tmp_path):
    for n in range(3):
        append_frame(tmp_path, "shown", EIGHT + timedelta(seconds=n), b"x" * 100)
    path = path_of_hour(tmp_path, "shown", EIGHT)
    path.write_bytes(path.read_bytes()[:-3])
    assert len(list(read_frames(tmp_path, "shown", EIGHT, EIGHT + timedelta(minutes=1)))) == 2


@given(some.binary(max_size=400))
def test_a_file_of_any_bytes_is_read_without_a_crash(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("history")
    path = path_of_hour(folder, "shown", EIGHT)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert all(isinstance(row, bytes) for _, row in read_frames(folder, "shown", EIGHT, EIGHT + timedelta(minutes=59)))


def test_days_long_past_are_forgotten(tmp_path):
    append_frame(tmp_path, "shown", EIGHT, b"new")
    append_frame(tmp_path, "shown", EIGHT - timedelta(days=93), b"old")
    append_frame(tmp_path, "shown", EIGHT - timedelta(days=92), b"kept")
    assert forget_history(tmp_path, EIGHT.date(), None) == 0
    assert forget_history(tmp_path, EIGHT.date()) == 1
    assert len(list((tmp_path / "history").iterdir())) == 2
