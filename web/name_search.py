"""One search over stops, places and routes: by number, by name as it is heard and misspelt, and by what people call a kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, utils

from maps.guide import Guide
from transit.plan.network import Network
from transit.plan.stop_codes import stops_of_code
from web.endpoints import Endpoint, endpoints_of

HITS_AT_MOST = 12
SAME, BEGINS, SPOKEN = 100.0, 92.0, 85.0  # how well a word fits: itself, its beginning, another word for the same
ALIKE_FROM = 70.0  # of 100 by letters: "djulham" is Djoelham, "xyz" is nothing
ALIKE_SHARE = 0.85  # words that are only alike count less than words that are the same
GOOD_ENOUGH = 55.0
SPARE_WORD = 1.5  # taken off for each word of a name that nobody asked for
SPARE_AT_MOST = 3  # words: a name that goes on to say where it is ("100 m from ...") is no worse for it
KIND_ORDER = ("halte", "tempat", "koridor")  # of equals the stop first: there the bus comes
SPOKEN_WORDS = {  # what people say -> what stands in names
    "kereta": ("stasiun",),
    "train": ("stasiun",),
    "station": ("stasiun",),
    "mal": ("supermall", "mall"),
    "mall": ("supermall", "plaza"),
    "walikota": ("kota",),
    "hospital": ("rsud", "rsu", "rs", "rsia"),
    "sakit": ("rsud", "rsu", "rs", "rsia"),
    "rs": ("rsud", "rsu", "rsia"),
    "rsu": ("rsud",),
    "mosque": ("masjid",),
    "temple": ("vihara", "kuil"),
    "klenteng": ("vihara",),
    "school": ("sd", "smp", "sma", "smk"),
    "sekolah": ("sd", "smp", "sma", "smk"),
    "market": ("pasar",),
    "park": ("taman",),
}


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
    asked = utils.default_process(text).split()
    scored = [(score(asked, endpoint.name), endpoint) for endpoint in every]
    good = [(points, endpoint) for points, endpoint in scored if points >= GOOD_ENOUGH]
    good.sort(key=lambda pair: (-pair[0], KIND_ORDER.index(pair[1].kind), pair[1].name))
    return [_hit(network, endpoint) for _, endpoint in good[:HITS_AT_MOST]]


def score(asked: list[str], name: str) -> float:
    """0 to 100: how well a name answers the words that somebody wrote."""
    words = utils.default_process(name).split()
    if not asked or not words:
        return 0.0
    mean = sum(max(_fit(wanted, word) for word in words) for wanted in asked) / len(asked)
    return max(0.0, mean - SPARE_WORD * min(SPARE_AT_MOST, max(0, len(words) - len(asked))))


def _fit(asked: str, word: str) -> float:
    if asked == word:
        return SAME
    if word in SPOKEN_WORDS.get(asked, ()):
        return SPOKEN
    if len(asked) > 1 and word.startswith(asked):
        return BEGINS
    alike = fuzz.ratio(asked, word)
    return alike * ALIKE_SHARE if alike >= ALIKE_FROM else 0.0


def _hit(network: Network, endpoint: Endpoint) -> Hit:
    return Hit(endpoint, tuple(_routes(network, endpoint)))


def _routes(network: Network, endpoint: Endpoint) -> Iterable[str]:
    if endpoint.kind == "koridor":
        return (endpoint.key.partition(":")[2],)
    return dict.fromkeys(route_id for stop_id in endpoint.stops for route_id in network.routes_of_stop.get(stop_id, ()))
