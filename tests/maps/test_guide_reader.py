"""A guide is read again when its files change; a broken one leaves the last good one."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import copytree

from maps.guide_reader import GuideReader
from tests.conftest import HOUSE


def touched(path: Path, text: str) -> None:
    """Writes the file with a time of its own, whatever the file system's clock resolves."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000_000))


def test_a_changed_file_is_read_and_a_broken_one_is_not_believed(tmp_path):
    folder = copytree(HOUSE / "data" / "binjai", tmp_path / "guide")
    reader = GuideReader(folder)
    before = reader.read()
    assert reader.read() is before
    rows = (folder / "places.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    touched(folder / "places.csv", "".join(rows[:-1]))
    fewer = reader.read()
    assert len(fewer.places) == len(before.places) - 1
    touched(folder / "places.csv", "nonsense")
    assert reader.read() is fewer


def test_a_folder_without_files_is_an_empty_guide(tmp_path):
    assert GuideReader(tmp_path).read().places == ()
