"""Stops by their code, or by a name as it is heard and misspelt."""

from __future__ import annotations

from rapidfuzz import fuzz, process, utils

from transit.plan.network import Network, Stop
from transit.plan.stop_codes import stops_of_code
from web.words import names

FOUND_AT_MOST = 12
GOOD_ENOUGH = 62.0  # of 100: "vihara setya buda" finds its halte, "zzz" finds nothing


def search_stops(network: Network, text: str) -> list[Stop]:
    """The best first."""
    called = stops_of_code(network, text)
    if called:
        return list(called)
    served = network.routes_of_stop
    choices = {s.stop_id: f"{names.stop_name(s)} {s.name}" for s in network.stops.values() if s.stop_id in served}
    hits = process.extract(
        text, choices, scorer=fuzz.WRatio, processor=utils.default_process, limit=FOUND_AT_MOST, score_cutoff=GOOD_ENOUGH
    )
    return [network.stops[stop_id] for _, _, stop_id in hits]
