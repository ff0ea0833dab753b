"""How long a way on foot takes, of which only the straight line is known."""

from __future__ import annotations

WALK_MPS = 1.2
DETOUR = 1.3  # streets are so much longer than the straight line


def walk_s(metres: float) -> float:
    """Seconds to walk so many metres of straight line."""
    return metres * DETOUR / WALK_MPS
