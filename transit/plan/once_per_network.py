"""What follows from a network alone is computed once per network."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from transit.plan.network import Network

REMEMBERED = 4  # networks: the current one, and what a change of version or a test needs besides
Value = TypeVar("Value")


class _ByIdentity:
    """A network hashed and compared by identity: it is immutable, and large."""

    __slots__ = ("network",)

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return id(self.network)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.network is self.network


def once_per_network(make: Callable[[Network], Value]) -> Callable[[Network], Value]:
    """Decorates a function of a network: for the same network it returns the same object, of the last few networks."""

    @lru_cache(maxsize=REMEMBERED)
    def remembered(key: _ByIdentity) -> Value:
        return make(key.network)

    @wraps(make)
    def value_of(network: Network) -> Value:
        return remembered(_ByIdentity(network))

    return value_of
