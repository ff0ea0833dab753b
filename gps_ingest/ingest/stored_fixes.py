"""Which reports are stored already, so that one that comes again is counted as a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gps_ingest.ingest.batch import ReceivedFix
from transit.operations.recent_outcomes import TIME_AGAIN
from transit.plan.geometry import distance_m
from transit.store.database import Connection
from transit.store.reports import known_fixes, newest_fix_at, places_at
from transit.tracking.report import Rejection

APART_M = 150.0  # two reports of one time this far apart are two: more than three decimals round
NEXT = timedelta(microseconds=1)  # by which the second is stored later: a time belongs to one report
TIMES_AGAIN = 4  # times tried for one report: a clock is not set back onto the same second over and over
Key = tuple[str, datetime]  # tracker_id, fix_at
Place = tuple[float, float]  # lat, lon


class StoredFixes:
    """Remembers each tracker's newest stored fix: most reports are newer, and the database need not be asked."""

    def __init__(self) -> None:
        self._newest: dict[str, datetime | None] = {}  # tracker_id -> fix_at
        self._last: dict[str, datetime] = {}  # tracker_id -> fix_at of the report that came last

    def select_new(
        self, connection: Connection, fixes: Sequence[ReceivedFix], refuse: Callable[[str, str], None]
    ) -> list[ReceivedFix]:
        """The reports that are not stored yet, each once. refuse: is called with the tracker_id and the reason of the others.

        A report that has a stored time but comes from another place is kept with a time of its own (_again), and counted as
        TIME_AGAIN: its clock was set back. Not if the report before it had that time, too: then its time stands still.
        """
        doubtful = {received.key for received in fixes if not self._is_newest(connection, received)}
        stored = known_fixes(connection, doubtful) if doubtful else set()
        here: dict[Key, Place] = {}
        new = []
        for received in fixes:
            kept: ReceivedFix | None = received
            if received.key in stored:
                kept = None if self._stands_still(received) else self._again(connection, received, here)
                refuse(received.tracker_id, Rejection.DUPLICATE.value if kept is None else TIME_AGAIN)
            self._last[received.tracker_id] = received.fix.fix_at
            if kept is not None:
                stored.add(kept.key)
                here[kept.key] = (kept.fix.lat, kept.fix.lon)
                new.append(kept)
        return new

    def _stands_still(self, received: ReceivedFix) -> bool:
        """Whether the report before had this time, too. After a start the newest that is stored stands for it."""
        tracker_id, fix_at = received.tracker_id, received.fix.fix_at
        if tracker_id in self._last:
            return self._last[tracker_id] == fix_at
        newest = self._newest.get(tracker_id)
        return newest is not None and timedelta(0) <= newest - fix_at < TIMES_AGAIN * NEXT

    def _again(self, connection: Connection, received: ReceivedFix, here: Mapping[Key, Place]) -> ReceivedFix | None:
        """The report with a time of its own, some microseconds later; None if it is a stored one that comes again.

        here: the places of the reports that came with it.
        """
        tracker_id, fix = received.tracker_id, received.fix
        times = [fix.fix_at + n * NEXT for n in range(TIMES_AGAIN)]
        places = places_at(connection, tracker_id, times)
        places |= {at: here[tracker_id, at] for at in times if (tracker_id, at) in here}
        for at in times:
            if at not in places:
                return replace(received, fix=replace(fix, fix_at=at, tracker_at=fix.tracker_at or fix.fix_at))
            if distance_m(*places[at], fix.lat, fix.lon) < APART_M:
                return None
        return None

    def note_commit(self, stored: Sequence[ReceivedFix]) -> None:
        """They are in the database now."""
        for received in stored:
            newest = self._newest[received.tracker_id]
            if newest is None or received.fix.fix_at > newest:
                self._newest[received.tracker_id] = received.fix.fix_at

    def forget(self) -> None:
        """Nothing is sure any more: the database is asked again."""
        self._newest.clear()
        self._last.clear()

    def _is_newest(self, connection: Connection, received: ReceivedFix) -> bool:
        if received.tracker_id not in self._newest:
            self._newest[received.tracker_id] = newest_fix_at(connection, received.tracker_id)
        newest = self._newest[received.tracker_id]
        return newest is None or received.fix.fix_at > newest
