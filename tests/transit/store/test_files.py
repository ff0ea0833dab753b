"""Small files are whole or not there, and what a killed process left is removed."""

from __future__ import annotations

import os
import subprocess

import pytest

from transit.store.files import forget_halves, write_atomically


def gone_pid():
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_halves_of_processes_that_are_gone_are_removed_and_others_stay(tmp_path):
    folder = tmp_path / "live"
    folder.mkdir()
    left = folder / f".snapshot.msgpack.zst.{gone_pid()}"
    others = [folder / f".watch.json.{os.getpid()}", folder / "watch.json", folder / ".hidden", folder / "a.1"]
    for path in [left, *others]:
        path.write_bytes(b"half")
    assert forget_halves(tmp_path) == [left]
    assert sorted(folder.iterdir()) == sorted(others)


def test_what_cannot_be_written_leaves_no_half_and_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_atomically(path, b"old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in it").touch()
    with pytest.raises(OSError, match="b"):
        write_atomically(tmp_path / "b", b"new")  # a folder stands there
    assert (path.read_bytes(), sorted(row.name for row in tmp_path.iterdir())) == (b"old", ["a", "b"])
