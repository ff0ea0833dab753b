"""One folder of a guide, read again only when its files change."""

from __future__ import annotations

import logging
from pathlib import Path

from maps.guide import BrokenGuide, Guide
from maps.guide_files import FILES, PHOTOS, load_guide

log = logging.getLogger(__name__)


class GuideReader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: tuple[int, ...] | None = None  # when each file was changed, ns; 0 where it is missing
        self._guide = Guide()

    def read(self) -> Guide:
        """The folder's guide; while somebody edits it and it cannot be used, the last good one."""
        paths = (self._folder / name for name in (*FILES, PHOTOS))
        stamps = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
        if stamps != self._stamps:
            try:
                self._guide = load_guide(self._folder)
            except BrokenGuide as error:
                log.error("the guide in %s cannot be used: %s", self._folder, error)
            self._stamps = stamps
        return self._guide
