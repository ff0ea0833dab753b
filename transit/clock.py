"""The clock that every process is given: the system's, or one that was set for a demonstration."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SET = re.compile(r"^(?P<at>\S+)(?:\s+x(?P<speed>[0-9.]+))?(?:\s+@(?P<anchor>[0-9.]+))?$")


@dataclass(frozen=True)
class Clock:
    """Called, it says what time it is: set_to at anchor (Unix seconds of the system's clock), from there on at speed."""

    set_to: datetime | None = None
    speed: float = 1.0
    anchor: float = 0.0

    def __call__(self) -> datetime:
        if self.set_to is None:
            return datetime.now(UTC)
        return self.set_to + timedelta(seconds=(time.time() - self.anchor) * self.speed)

    def __str__(self) -> str:
        """What parse_clock makes the same clock of; empty for the system's."""
        if self.set_to is None:
            return ""
        return f"{self.set_to.isoformat()} x{self.speed:g} @{self.anchor:.3f}"


def parse_clock(text: str) -> Clock:
    """TRANSIT_NOW: an ISO time (UTC where it does not say), then if wanted the speed (x60) and the anchor (@Unix seconds).

    Without an anchor the clock starts now. Raises ValueError with the way out.
    """
    if not text.strip():
        return Clock()
    match = SET.match(text.strip())
    try:
        if match is None:
            raise ValueError
        at = datetime.fromisoformat(match["at"])
        speed = float(match["speed"] or 1.0)
        anchor = float(match["anchor"] or time.time())
    except ValueError:
        way = "write for instance 2026-11-24T07:15:00+07:00, with x60 after it to let it run faster"
        raise ValueError(f"TRANSIT_NOW is {text!r}; {way}") from None
    return Clock(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC), speed, anchor)
