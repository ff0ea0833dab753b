"""Passwords of trackers that were given or taken away elsewhere (on a page) reach the brokers within a second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gps_ingest.broker_users import BrokenUsersFile
from gps_ingest.operations.provisioning import provision
from transit.store.database import Engine
from transit.store.tracker_credentials import Credential, load_credentials

log = logging.getLogger(__name__)


class CredentialWatch:
    """Remembers which credentials the brokers were told of."""

    def __init__(self, engine: Engine, data_dir: Path, clock: Callable[[], datetime]) -> None:
        self._engine, self._data_dir, self._clock = engine, data_dir, clock
        self._known = self._load()

    def look(self) -> bool:
        """Provisions where something changed; whether it did. What fails is tried again at the next look."""
        current = self._load()
        if current == self._known:
            return False
        try:
            provision(self._engine, self._data_dir, self._clock())
        except (BrokenUsersFile, OSError) as error:
            log.error("the brokers do not know the new passwords: %s", error)
            return False
        self._known = current
        return True

    def _load(self) -> list[Credential]:
        with self._engine.connect() as connection:
            return load_credentials(connection)
