"""Where a journey begins or ends: what somebody typed or tapped, as stops with the way to them on foot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from maps.guide import Guide, Place
from transit.plan.journeys import planner_of
from transit.plan.network import Network, Stop
from transit.plan.once_per_network import once_per_network
from transit.plan.stop_codes import stop_code
from transit.plan.walking import walk_s
from web.boards.places import stand_of, stops_around
from web.cache import Cache
from web.name_score import CATEGORY_WORDS, GOOD_ENOUGH, score_of_any, words_of
from web.words import names
from web.words.languages import language

SUGGESTED = 6  # endpoints to choose from, where a name is not clear
LONGEST_NAME = 80  # characters of a name that are looked at
SURE_LEAD = 5.0  # points by which the best name must lead to be meant without asking back
OWN_STOPS = 3  # as many nearest stops a phone may name for "where I am"
GUIDES_KEPT = 8  # a guide in each language, before and after a change
# what people write for where they are: that only their phone knows, and no name is like it
OWN_WORDS = frozenset(["saya", "aku", "tempat saya", "tempat anda", "lokasi saya", "posisi saya", "sini", "di sini"])
OWN_WORDS |= {"here", "me", "where i am", "where you are", "my location", "my position"}
KINDS = ("halte", "tempat", "kelurahan", "saya", "koridor")


@dataclass(frozen=True)
class Endpoint:
    """stops: stop_id -> seconds on foot. walk_is_known: False where only the quarter is known, or the phone adds its walk."""

    key: str  # "halte:10", "tempat:rsud", "kelurahan:Kartini", "saya:a,b", "koridor:biru": what an address carries
    name: str
    kind: str
    stops: Mapping[str, float] = field(default_factory=dict)
    walk_is_known: bool = True
    error_m: float = 0.0
    kinds: tuple[str, ...] = ()  # what people call all of its kind: "rumah sakit"


@dataclass(frozen=True)
class Understood:
    """One endpoint, or several to choose from, best first; both empty: nothing is called that."""

    endpoint: Endpoint | None = None
    choices: tuple[Endpoint, ...] = ()


def endpoints_of(network: Network, guide: Guide) -> tuple[Endpoint, ...]:
    """Everything that can be named: stops that are served, places, quarters, routes. Made once for each guide and language."""
    key = id(guide), language()  # the guide is kept beside what is made of it, so that no other one can get its id
    return _every(network).get(key, lambda: (guide, tuple(_endpoints_of(network, guide))))[1]


@once_per_network
def _every(network: Network) -> Cache[tuple[int, str], tuple[Guide, tuple[Endpoint, ...]]]:
    return Cache(GUIDES_KEPT)


def _endpoints_of(network: Network, guide: Guide) -> list[Endpoint]:
    kinds_of = {place.name.casefold(): CATEGORY_WORDS.get(place.category, ()) for place in guide.published}
    stops = [network.stops[stop_id] for stop_id in network.routes_of_stop]
    endpoints = [
        replace(endpoint, kinds=endpoint.kinds + kinds_of.get(stop.name.casefold(), ()))
        for stop, endpoint in zip(stops, map(of_stop, stops), strict=True)
    ]
    taken = {stop.name.casefold() for stop in stops}  # in the feed's own language: the guide has names in no other
    endpoints += [of_place(network, place) for place in guide.published if place.name.casefold() not in taken]
    quarters = {place.kelurahan for place in guide.published} - {""}
    quarters |= {quarter.name for quarter in guide.quarters if quarter.name.casefold() not in taken}  # there the stop is meant
    endpoints += [of_quarter(network, guide, name) for name in sorted(quarters)]
    for route in network.routes.values():
        called = {call.stop_id: 0.0 for trip in network.trips_of_route[route.route_id] for call in trip.stop_times}
        endpoints.append(Endpoint(f"koridor:{route.route_id}", names.route_name(route), "koridor", called))
    return endpoints


def best_named(every: Iterable[Endpoint], text: str) -> list[tuple[float, Endpoint]]:
    """(points, endpoint) of those whose name, or whose kind, answers a text; the best first."""
    asked = words_of(text)
    scored = [(score_of_any(asked, endpoint.name, endpoint.kinds), endpoint) for endpoint in every]
    return sorted((pair for pair in scored if pair[0] >= GOOD_ENOUGH), key=lambda pair: -pair[0])


def of_stop(stop: Stop) -> Endpoint:
    name = names.stop_name(stop)
    own = () if name == stop.name else (stop.name,)  # in the feed's own language, beside the reader's
    return Endpoint(f"halte:{stop.stop_id}", name, "halte", {stop.stop_id: 0.0}, kinds=own)


def of_place(network: Network, place: Place) -> Endpoint:
    return Endpoint(
        key=f"tempat:{place.place_id}",
        name=names.place_name(place.name),
        kind="tempat",
        stops={stop_id: walk_s(metres) for stop_id, metres in stand_of(network, place).stops.items()},
        walk_is_known=place.is_good,
        error_m=place.error_m,
        kinds=CATEGORY_WORDS.get(place.category, ()),
    )


def of_quarter(network: Network, guide: Guide, name: str) -> Endpoint:
    """The stops around what is known of a quarter; how far they are from somebody's door nobody can say."""
    inside = [of_place(network, place) for place in guide.published if place.kelurahan == name]
    stops = dict.fromkeys((stop_id for place in inside for stop_id in place.stops), 0.0)
    for quarter in guide.quarters:
        if quarter.name == name:
            stops |= dict.fromkeys(stops_around(network, quarter.lat, quarter.lon, quarter.error_m), 0.0)
    return Endpoint(key=f"kelurahan:{name}", name=name, kind="kelurahan", stops=stops, walk_is_known=False)


def understand(network: Network, guide: Guide, text: str) -> Understood:
    """An endpoint's key, or a name as it is heard and misspelt."""
    kind, _, rest = text.partition(":")
    if kind in KINDS and rest:
        return _by_key(network, guide, kind, rest)
    every = endpoints_of(network, guide)
    words = text.strip().casefold()
    if is_own(words):
        return Understood()
    same = [endpoint for endpoint in every if endpoint.name.casefold() == words or words in _other_names(network, endpoint)]
    if same:
        return Understood(same[0])
    if text.strip() in network.routes_of_stop:  # a stop_id as it stands in the feed and in our addresses
        return Understood(of_stop(network.stops[text.strip()]))
    scored = best_named(every, text)[:SUGGESTED]
    endpoints = [endpoint for _, endpoint in scored]
    if not endpoints:
        return Understood()
    sure = len(scored) == 1 or scored[0][0] - scored[1][0] >= SURE_LEAD
    return Understood(endpoints[0], tuple(endpoints[1:])) if sure else Understood(None, tuple(endpoints))


def is_own(text: str) -> bool:
    """Whether somebody wrote "where I am" instead of a name."""
    return text.strip().casefold() in OWN_WORDS


def is_same(start: Endpoint, end: Endpoint) -> bool:
    """Whether every stop of the goal is one of the start: no bus is needed."""
    return bool(end.stops) and not set(end.stops) - set(start.stops)


def walk_between(network: Network, start: Endpoint, end: Endpoint) -> float | None:
    """Seconds on foot by a stop that both have, at most, or from stop to stop; None where that is too far or not known."""
    if not start.walk_is_known or not end.walk_is_known or "koridor" in (start.kind, end.kind):
        return None
    ways = [start.stops[stop_id] + seconds for stop_id, seconds in end.stops.items() if stop_id in start.stops]
    if start.kind == end.kind == "halte":
        walks = planner_of(network).walks
        ways += [seconds for stop_id in start.stops for other, seconds in walks.get(stop_id, ()) if other in end.stops]
    return min(ways, default=None)


def _by_key(network: Network, guide: Guide, kind: str, rest: str) -> Understood:
    if kind == "saya":
        return Understood(_own(network, rest.split(",")))
    if kind == "halte":  # of a large network the list of all names costs more than the journey
        return Understood(of_stop(network.stops[rest]) if rest in network.routes_of_stop else None)
    place = guide.place(rest) if kind == "tempat" else None
    if place is not None:  # one that is called like a halte is no name of its own in the list
        return Understood(of_place(network, place))
    wanted = f"{kind}:{rest}"
    return Understood(next((endpoint for endpoint in endpoints_of(network, guide) if endpoint.key == wanted), None))


def _own(network: Network, stop_ids: Iterable[str]) -> Endpoint | None:
    """The stops that a phone found near itself. Where it is, and in which order they lie, it keeps to itself."""
    served = [stop_id for stop_id in stop_ids if stop_id in network.routes_of_stop][:OWN_STOPS]
    if not served:
        return None
    return Endpoint(key=f"saya:{','.join(served)}", name="", kind="saya", stops=dict.fromkeys(served, 0.0), walk_is_known=False)


def _other_names(network: Network, endpoint: Endpoint) -> tuple[str, ...]:
    """What else a stop is known by exactly: its code, and its name in the feed's own language."""
    if endpoint.kind != "halte":
        return ()
    stop = network.stops[next(iter(endpoint.stops))]
    return stop_code(stop).casefold(), stop.name.casefold()
