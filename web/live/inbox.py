"""The live process's part of the inbox: which troubles have lasted and are matters, and which matters are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from transit.operations.limits import DEFAULT, InboxLimits
from transit.operations.matters import Lasting, look
from transit.operations.troubles import Trouble
from transit.store.database import writing
from transit.store.matters import clear_matters, open_keys, open_matter


class Inbox:
    """Turns troubles that last into matters, which are stored in the database and so outlive a restart."""

    def __init__(self, engine: Any, limits: InboxLimits = DEFAULT) -> None:
        self.engine, self.limits = engine, limits
        self._lasting: Lasting | None = None  # None: not loaded from the database yet

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the matters that are not over."""
        return frozenset() if self._lasting is None else frozenset(self._lasting.open)

    def look(self, troubles: Sequence[Trouble], now: datetime) -> None:
        """Takes in the troubles found now and stores the changes, if any."""
        before = self._recalled()
        after, changes = look(before, troubles, now, self.limits)
        if changes.opened or changes.cleared:
            with writing(self.engine) as connection:
                clear_matters(connection, changes.cleared, now=now)
                for trouble in changes.opened:
                    open_matter(connection, trouble, now=now)
        self._lasting = after

    def _recalled(self) -> Lasting:
        if self._lasting is None:
            with self.engine.connect() as connection:
                self._lasting = Lasting(open=dict.fromkeys(open_keys(connection)))
        return self._lasting
