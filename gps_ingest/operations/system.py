"""Which processes a system consists of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A process by the words of its command. restarts: it is started again when it ends well, too."""

    name: str
    words: tuple[str, ...]
    restarts: bool = True


def parts_of(*, has_own_broker: bool, demo_vehicles: int, receives: bool = False, shares: bool = False) -> list[Part]:
    """In the order in which they start; the broker, of which all others need something, is the first and ends last.

    demo_vehicles: how many simulated buses drive; 0: none. receives: trackers over HTTP, too.
    shares: positions of buses in service are published for everybody.
    """
    broker = [Part("broker", ("broker",))] if has_own_broker else []
    fleet = [Part("simulate", ("simulate", "--vehicles", str(demo_vehicles)), restarts=False)] if demo_vehicles else []
    out = [Part("broadcast", ("broadcast",))] if shares else []
    door = [Part("receive", ("receive",))] if receives else []
    return [*broker, *(Part(name, (name,)) for name in ("ingest", "live", "web")), *out, *door, *fleet]
