"""Small files are whole or not there, and what a killed process left is removed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from transit.store import files
from transit.store.files import forget_halves, working_folder, write_atomically


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


def test_a_folder_that_a_killed_process_worked_in_goes_before_the_next_and_those_of_others_stay(tmp_path):
    left, running = tmp_path / f".backup-a.{gone_pid()}", tmp_path / f".backup-b.{os.getpid()}"
    strange, of_others = tmp_path / ".backup-mine", tmp_path / f".restore-c.{gone_pid()}"
    for folder in (left, running, strange, of_others):
        folder.mkdir()
        (folder / "database").write_bytes(b"what riders wrote")
    with working_folder(tmp_path, "backup") as folder:
        assert files.HALF.match(os.path.basename(folder))
        assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in (running, strange, of_others))
    assert forget_halves(tmp_path) == [of_others]


HALVES = """
import os, sys
from pathlib import Path
os.replace = os.link = lambda *_: os._exit(9)  # killed before the whole file stands in its place
from gps_ingest.own_secret import own_secret, write_private
from transit.store.files import write_atomically
from web.log_ins import session_key
folder = Path(sys.argv[2])
{"atomic": lambda: write_atomically(folder / "a", b"1"), "private": lambda: write_private(folder / "a", "1"),
 "secret": lambda: own_secret(folder, "x"), "key": lambda: session_key(folder)}[sys.argv[1]]()
"""


@pytest.mark.parametrize("writer", ["atomic", "private", "secret", "key"])
def test_whoever_writes_a_file_what_is_left_of_it_after_a_kill_is_removed(tmp_path, writer):
    assert subprocess.run([sys.executable, "-c", HALVES, writer, str(tmp_path)], check=False).returncode == 9
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
    forget_halves(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
