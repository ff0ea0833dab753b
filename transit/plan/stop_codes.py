"""Which stops a code on a sign, in an address or in a message may mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transit.plan.network import Network, Stop
from transit.plan.once_per_network import once_per_network

NO_CODE = {"null", "(null)", "none", "nil", "n/a", "#n/a", "nan", "undefined", "-", "--"}  # how exports write an empty field


@dataclass(frozen=True, eq=False)
class StopCodes:
    """What is written at stops -> the stops: their stop_code, or, of those without one, their stop_id."""

    exact: Mapping[str, tuple[Stop, ...]]
    folded: Mapping[str, tuple[Stop, ...]]
    ids: Mapping[str, tuple[Stop, ...]]  # folded


def stops_of_code(network: Network, code: str) -> tuple[Stop, ...]:
    """Several where a code is shared, or is one stop's code and another's id; none where nothing is called so.

    What is written exactly so goes before what differs in small and capital letters only, what is written at stops
    before ids that nobody sees.
    """
    codes, folded = _codes(network), code.casefold()
    if code in codes.exact:
        return codes.exact[code]
    if code in network.stops:
        return (network.stops[code],)
    return codes.folded.get(folded) or codes.ids.get(folded) or ()


def stop_code(stop: Stop) -> str:
    """The stop_code on one line; empty where the feed has none, or a word of its database for none ("null")."""
    code = " ".join(stop.code.split())
    return "" if code.casefold() in NO_CODE else code


def code_of(stop: Stop) -> str:
    """What is written at a stop, and what a rider sends."""
    return stop_code(stop) or stop.stop_id


def is_own_code(network: Network, stop: Stop) -> bool:
    """Whether its code means this stop and no other."""
    return stops_of_code(network, code_of(stop)) == (stop,)


@once_per_network
def _codes(network: Network) -> StopCodes:
    exact: dict[str, list[Stop]] = {}
    folded: dict[str, list[Stop]] = {}
    ids: dict[str, list[Stop]] = {}
    for stop in network.stops.values():
        exact.setdefault(code_of(stop), []).append(stop)
        folded.setdefault(code_of(stop).casefold(), []).append(stop)
        ids.setdefault(stop.stop_id.casefold(), []).append(stop)
    return StopCodes(*({key: tuple(stops) for key, stops in index.items()} for index in (exact, folded, ids)))
