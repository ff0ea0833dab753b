"""The map as one SVG for whoever has no JavaScript: ground, routes side by side, stops with their names, the buses now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, hypot, radians

import polyline

from maps.ground import Ground
from maps.shared_streets import Stretch, stretches_of
from transit.plan.network import Network
from transit.plan.patterns import stop_place

SIZE = 1000.0  # units of the longer edge
NEAR_SIZE = 420.0  # likewise, of the surroundings of a tour: names are read on a phone
NUMBER = 15.0  # units from the middle of a number's disc to its edge
MARGIN = 30.0
LINE = 6.0  # units of a route's line
AROUND_DEG = 0.0025  # shown around the numbers of a tour, each way: some 280 m
LETTER = 15.0  # units of a letter's height; a name's width is about half of it per letter
STYLE = """
svg{background:#eef0e6;font-family:system-ui,sans-serif}.water{fill:#b9d8e8}.green{fill:#d5e5c8}.building{fill:#ded9cc}
.l{fill:none;stroke-linecap:round;stroke-linejoin:round}.river{stroke:#9cc8de;stroke-width:3}.rail{stroke:#a8a8a8;stroke-width:1.5}
.path{stroke:#e2ddcf;stroke-width:.7}.minor{stroke:#fff;stroke-width:1.6}.middle{stroke:#fff;stroke-width:3}.major{stroke:#f5d98f;stroke-width:4}
.n{fill:#7a4a00;stroke:#fff;stroke-width:2}.n+text{fill:#fff;stroke:none;font-size:18px;font-weight:700}
.s{fill:#fff;stroke:#17211c;stroke-width:2}text{fill:#17211c;font-size:15px;paint-order:stroke;stroke:#eef0e6;stroke-width:3px}
.credit{font-size:12px}.bus{stroke:#fff;stroke-width:2}.silent{fill:#fff;stroke:#9c1f28;stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){svg{background:#141b18}.water{fill:#16303d}.green{fill:#18261d}.building{fill:#222c28}
.river{stroke:#1d4052}.rail{stroke:#55605a}.path{stroke:#2b3531}.minor{stroke:#333f3a}.middle{stroke:#46534d}.major{stroke:#5c6a5f}
text{fill:#e8eeea;stroke:#141b18}.n+text{fill:#fff;stroke:none}}
"""


@dataclass(frozen=True)
class DrawnBus:
    """A bus on the picture: its letter, colour (#rrggbb) and where it is; for dispatchers its name, and hatched if silent."""

    letter: str
    colour: str
    lat: float
    lon: float
    label: str = ""
    is_silent: bool = False


@dataclass(frozen=True)
class Number:
    """A numbered place of a tour: "1", or "2·3" where several stays lie at one place."""

    lat: float
    lon: float
    word: str


@dataclass(frozen=True)
class Mark:
    """How a stop is drawn apart from others: filled with a colour (#rrggbb), with a word before its name."""

    colour: str
    word: str


def svg_map(
    network: Network,
    ground: Ground,
    stop_names: Callable[[str], str],
    buses: Iterable[DrawnBus] = (),
    marks: Mapping[str, Mark] | None = None,
    numbers: Sequence[Number] = (),
) -> str:
    """stop_names: stop_id -> its name in the reader's language; marks: by stop_id.

    numbers: where there are any, the picture shows their surroundings only.
    """
    stretches = stretches_of(network)
    stops = {stop_id: at for stop_id in network.routes_of_stop if (at := stop_place(network, stop_id)) is not None}
    points = [point for stretch in stretches for point in stretch.points] or list(stops.values())
    if not points:
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"></svg>'
    around = [(number.lat + side * AROUND_DEG, number.lon + side * AROUND_DEG) for number in numbers for side in (-1, 1)]
    frame = _Frame(around, NEAR_SIZE) if around else _Frame(points)
    middles = [frame.xy(number.lat, number.lon) for number in numbers]
    discs = [(x - NUMBER, y - NUMBER, x + NUMBER, y + NUMBER) for x, y in middles]
    body = [*_ground(frame, ground), *_routes(frame, network, stretches), *_stops(frame, stops, stop_names, marks or {}, discs)]
    body += [_bus(frame, bus) for bus in buses]
    body += [_number(frame, number) for number in numbers]
    if ground.credit:
        body.append(f'<text class="credit" x="8" y="{frame.height - 8:.0f}">{escape(ground.credit)}</text>')
    size = f'viewBox="0 0 {frame.width:.0f} {frame.height:.0f}" width="{frame.width:.0f}" height="{frame.height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{"".join(body)}</svg>'


class _Frame:
    """Degrees to units: equal scale in both directions, everything inside."""

    def __init__(self, points: Sequence[tuple[float, float]], size: float = SIZE) -> None:
        south, north = min(lat for lat, _ in points), max(lat for lat, _ in points)
        self.west, east = min(lon for _, lon in points), max(lon for _, lon in points)
        self.north, self.shrink = north, cos(radians((south + north) / 2))
        wide, tall = max((east - self.west) * self.shrink, 1e-6), max(north - south, 1e-6)
        self.scale = (size - 2 * MARGIN) / max(wide, tall)
        self.width, self.height = wide * self.scale + 2 * MARGIN, tall * self.scale + 2 * MARGIN

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        return MARGIN + (lon - self.west) * self.shrink * self.scale, MARGIN + (self.north - lat) * self.scale

    def is_inside(self, points: Iterable[tuple[float, float]]) -> bool:
        return any(0 <= x <= self.width and 0 <= y <= self.height for x, y in points)


def _path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    return "M" + " ".join(f"{x:.0f},{y:.0f}" for x, y in points) + ("Z" if closed else "")


def _ground(frame: _Frame, ground: Ground) -> Iterable[str]:
    for layer in ground.layers:
        shapes = ([frame.xy(lat, lon) for lat, lon in polyline.decode(shape)] for shape in layer.shapes)
        paths = [_path(points, closed=layer.is_area) for points in shapes if frame.is_inside(points)]
        if paths:
            yield f'<path class="{layer.kind}{"" if layer.is_area else " l"}" d="{"".join(paths)}"/>'


def _routes(frame: _Frame, network: Network, stretches: Iterable[Stretch]) -> Iterable[str]:
    for stretch in stretches:
        middle = (len(stretch.route_ids) - 1) / 2
        points = [frame.xy(lat, lon) for lat, lon in stretch.points]
        for place, route_id in enumerate(stretch.route_ids):
            beside = shifted(points, (place - middle) * LINE)
            colour = network.routes[route_id].color or "455a64"
            yield f'<path class="l" stroke="#{colour}" stroke-width="{LINE}" d="{_path(beside)}"/>'


def shifted(points: Sequence[tuple[float, float]], by: float) -> list[tuple[float, float]]:
    """A line moved sideways, to the right of its direction on a screen whose y points down."""
    moved = []
    for place, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(0, place - 1)], points[min(len(points) - 1, place + 1)]
        length = hypot(x1 - x0, y1 - y0) or 1.0
        moved.append((x - by * (y1 - y0) / length, y + by * (x1 - x0) / length))
    return moved


def _stops(
    frame: _Frame,
    stops: dict[str, tuple[float, float]],
    stop_names: Callable[[str], str],
    marks: Mapping[str, Mark],
    taken: list[tuple[float, float, float, float]],
) -> Iterable[str]:
    """Each a circle; a name where it finds room, below or above its circle. taken: where no name may stand."""
    taken = list(taken)
    for stop_id, (lat, lon) in stops.items():
        x, y = frame.xy(lat, lon)
        mark = marks.get(stop_id)
        name = stop_names(stop_id) if mark is None else f"{mark.word} {stop_names(stop_id)}".strip()
        shape = 'r="5"' if mark is None else f'r="9" style="fill:{mark.colour}"'
        yield f'<circle class="s" cx="{x:.0f}" cy="{y:.0f}" {shape}><title>{escape(name)}</title></circle>'
        half = len(name) * LETTER * 0.27
        for base in (y + LETTER + 6, y - 10):
            area = (x - half, base - LETTER, x + half, base + 3)
            inside = area[0] > 0 and area[2] < frame.width
            if inside and not any(_overlap(area, other) for other in taken):
                taken.append(area)
                yield f'<text x="{x:.0f}" y="{base:.0f}" text-anchor="middle">{escape(name)}</text>'
                break


def _overlap(one_area: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one_area[0] < other[2] and other[0] < one_area[2] and one_area[1] < other[3] and other[1] < one_area[3]


def _bus(frame: _Frame, bus: DrawnBus) -> str:
    x, y = frame.xy(bus.lat, bus.lon)
    letter = f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{escape(bus.letter)}</text>'
    label = f'<text x="{x:.0f}" y="{y + 26:.0f}" text-anchor="middle">{escape(bus.label)}</text>' if bus.label else ""
    if bus.is_silent:
        hatch = "".join(
            f'<path d="M{x + shift - 8:.0f},{y + 8:.0f}l16,-16" stroke="{bus.colour}" stroke-width="2"/>'
            for shift in (-6, 0, 6)
        )
        disc = f'<circle class="bus silent" cx="{x:.0f}" cy="{y:.0f}" r="11"/>{hatch}'
        return f"{disc}{label}"
    return f'<circle class="bus" cx="{x:.0f}" cy="{y:.0f}" r="11" fill="{bus.colour}"/>{letter}{label}'


def _number(frame: _Frame, number: Number) -> str:
    x, y = frame.xy(number.lat, number.lon)
    half = NUMBER + 5 * (len(number.word) - 1)
    size = f'width="{2 * half:.0f}" height="{2 * NUMBER:.0f}" rx="{NUMBER:.0f}"'
    disc = f'<rect class="n" x="{x - half:.0f}" y="{y - NUMBER:.0f}" {size}/>'
    return f'{disc}<text x="{x:.0f}" y="{y + 6:.0f}" text-anchor="middle">{escape(number.word)}</text>'
