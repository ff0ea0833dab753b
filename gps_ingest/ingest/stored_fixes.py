"""Which reports are stored already, so that one that comes again is counted as a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gps_ingest.ingest.batch import ReceivedFix
from transit.store.database import Connection
from transit.store.reports import known_fixes, newest_fix_at


class StoredFixes:
    """Remembers each tracker's newest stored fix: most reports are newer, and the database need not be asked."""

    def __init__(self) -> None:
        self._newest: dict[str, datetime | None] = {}  # tracker_id -> fix_at

    def select_new(
        self, connection: Connection, fixes: Sequence[ReceivedFix], on_duplicate: Callable[[str], None]
    ) -> list[ReceivedFix]:
        """Without the reports that are stored, or that stand twice here. on_duplicate: is called with the tracker_id."""
        doubtful = {received.key for received in fixes if not self._is_newest(connection, received)}
        stored = known_fixes(connection, doubtful) if doubtful else set()
        new = []
        for received in fixes:
            if received.key in stored:
                on_duplicate(received.tracker_id)
                continue
            stored.add(received.key)
            new.append(received)
        return new

    def note_commit(self, stored: Sequence[ReceivedFix]) -> None:
        """They are in the database now."""
        for received in stored:
            newest = self._newest[received.tracker_id]
            if newest is None or received.fix.fix_at > newest:
                self._newest[received.tracker_id] = received.fix.fix_at

    def forget(self) -> None:
        """Nothing is sure any more: the database is asked again."""
        self._newest.clear()

    def _is_newest(self, connection: Connection, received: ReceivedFix) -> bool:
        if received.tracker_id not in self._newest:
            self._newest[received.tracker_id] = newest_fix_at(connection, received.tracker_id)
        newest = self._newest[received.tracker_id]
        return newest is None or received.fix.fix_at > newest
