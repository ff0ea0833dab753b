"""The guide of a city as values: places, ready itineraries and city services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

SURE_PLACE_M = 150.0  # only a position this good allows to say how many minutes to walk


class BrokenGuide(ValueError):
    """What is wrong with a file of the guide: each problem names file, line and field."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Place:
    """lat and lon are None where nobody knows them; error_m: how far the place may lie from them."""

    place_id: str
    name: str
    category: str
    lat: float | None
    lon: float | None
    precision: str
    error_m: float
    address: str
    kelurahan: str
    description: dict[str, str]  # by language
    opens_s: int | None  # seconds of the day
    source: str
    checked: date | None
    published: bool
    hours: dict[str, str] = field(default_factory=dict)  # by language, as a source says; empty: nobody has said
    fee: dict[str, str] = field(default_factory=dict)  # likewise
    access: dict[str, str] = field(default_factory=dict)  # for wheelchairs, prams, who cannot see; likewise

    @property
    def is_good(self) -> bool:
        return self.lat is not None and self.error_m <= SURE_PLACE_M


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter (kelurahan) by its middle; error_m: how far its farthest border lies from there."""

    name: str
    lat: float
    lon: float
    error_m: float


@dataclass(frozen=True, slots=True)
class Photo:
    """Of a place, as pages show it: the same picture as AVIF and WebP. Nobody's picture is shown without credit and licence."""

    place_id: str
    credit: str
    licence: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Visit:
    place_id: str
    stay_s: int


@dataclass(frozen=True, slots=True)
class Itinerary:
    itinerary_id: str
    name: dict[str, str]
    starts_s: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class CityService:
    """url is empty where nobody has seen one. check_result: what the last check found; empty = never checked."""

    service_id: str
    name: str
    description: dict[str, str]
    categories: tuple[str, ...]  # G2C, G2B, G2G, G2E; a leading ? = inferred, not stated
    audiences: tuple[str, ...]
    state: str
    url: str
    last_trace: str
    checked: date | None
    check_result: str

    @property
    def is_reachable(self) -> bool:
        """Whether the address may be linked: our own, or one that answered when it was last checked."""
        return self.url.startswith("/") or self.check_result == "ok"


@dataclass(frozen=True)
class Guide:
    places: tuple[Place, ...] = ()
    itineraries: tuple[Itinerary, ...] = ()
    services: tuple[CityService, ...] = ()
    photos: tuple[Photo, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    roads: dict[str, object] = field(default_factory=lambda: {"type": "FeatureCollection", "features": []})

    def photo(self, place_id: str) -> Photo | None:
        return next((photo for photo in self.photos if photo.place_id == place_id), None)

    def place(self, place_id: str) -> Place | None:
        return next((place for place in self.published if place.place_id == place_id), None)

    @property
    def published(self) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.published)
