"""One search over stops, places and routes: by number, by name as it is heard and misspelt, and by what people call a kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from maps.guide import Guide
from transit.plan.network import Network, Stop
from transit.plan.stop_codes import stops_of_code
from web.endpoints import Endpoint, best_named, endpoints_of, of_stop

HITS_AT_MOST = 12
KIND_ORDER = ("halte", "tempat", "koridor")  # of equals the stop first: there the bus comes


@dataclass(frozen=True)
class Hit:
    """endpoint: what was found; route_ids: the routes that serve it."""

    endpoint: Endpoint
    route_ids: tuple[str, ...]


def hits(network: Network, guide: Guide, text: str) -> list[Hit]:
    """The best first. A stop's number means that stop and nothing else."""
    every = [endpoint for endpoint in endpoints_of(network, guide) if endpoint.kind in KIND_ORDER]
    coded = {f"halte:{stop.stop_id}" for stop in stops_of_code(network, text)}
    if coded:
        return [_hit(network, endpoint) for endpoint in every if endpoint.key in coded]
    scored = best_named(every, text)
    scored.sort(key=lambda pair: (-pair[0], KIND_ORDER.index(pair[1].kind), pair[1].name))
    return [_hit(network, endpoint) for _, endpoint in scored[:HITS_AT_MOST]]


def search_stops(network: Network, text: str) -> list[Stop]:
    """Stops alone, by code or name, the best first."""
    coded = stops_of_code(network, text)
    if coded:
        return list(coded)
    every = [of_stop(network.stops[stop_id]) for stop_id in network.routes_of_stop]
    return [network.stops[next(iter(endpoint.stops))] for _, endpoint in best_named(every, text)[:HITS_AT_MOST]]


def _hit(network: Network, endpoint: Endpoint) -> Hit:
    return Hit(endpoint, tuple(routes_of(network, endpoint)))


def routes_of(network: Network, endpoint: Endpoint) -> Iterable[str]:
    if endpoint.kind == "koridor":
        return (endpoint.key.partition(":")[2],)
    return dict.fromkeys(route_id for stop_id in endpoint.stops for route_id in network.routes_of_stop.get(stop_id, ()))
