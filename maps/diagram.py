"""The network diagram as one SVG: lines side by side, stops with their names, buses that slide to where they are expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from math import hypot

from maps.diagram_layout import Diagram, link_of
from maps.svg import shifted
from transit.plan.network import Network

UNIT = 22.0  # of the picture for a grid step: two from stop to stop
MARGIN = 60.0
LINE = 5.0
LETTER, WIDE = 12.5, 7.3  # height of a letter, and how wide one is on average
LINE_OF_NAME = 11  # letters: a longer name is written in two lines
STYLE = (
    "svg{font:13px system-ui,sans-serif}text{fill:#17211c;paint-order:stroke;stroke:#f5f4ee;stroke-width:3px}"
    ".l{fill:none;stroke-width:5;stroke-linecap:round}.s{fill:#fff;stroke:#17211c;stroke-width:2}.here{fill:#b3122a}"
    ".p{stroke:#17211c;stroke-width:1}.b{stroke:#fff;stroke-width:2}.t{fill:#fff;stroke:none;font-size:11px;font-weight:700}"
    "@media (prefers-color-scheme:dark){text{fill:#e8eeea;stroke:#0e1412}.s{fill:#0e1412;stroke:#e8eeea}"
    ".p{stroke:#e8eeea}.t{fill:#fff}}"
    "@media (prefers-reduced-motion:reduce){g{animation:none!important}}"
)
OFF = (9.0, 13.0, 17.0, 22.0, 30.0, 40.0, 52.0)  # from a stop to its name, the nearest that is free
POINTED_FROM = 32.0  # a name farther from its stop has a line to it
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class SlidingBus:
    """A bus between two neighbouring stops. share, later: how far from the first to the second, now and after `slide_s`."""

    letter: str
    colour: str  # #rrggbb
    ink: str
    first: str  # stop_ids
    second: str
    share: float
    later: float
    slide_s: float


@dataclass(frozen=True)
class Name:
    """Where a stop's name is written: lines from the top, the baseline of the first, and to which side it is set."""

    stop_id: str
    lines: tuple[str, ...]
    x: float
    y: float
    anchor: str  # start, middle or end


def place_of(diagram: Diagram, stop_id: str) -> tuple[float, float]:
    x, y = diagram.places[stop_id]
    return MARGIN + x * UNIT, MARGIN + y * UNIT


def size_of(diagram: Diagram) -> tuple[float, float]:
    xs, ys = zip(*diagram.places.values(), strict=True)
    return max(xs) * UNIT + 2 * MARGIN, max(ys) * UNIT + 2 * MARGIN


def lines_of(diagram: Diagram) -> Iterable[tuple[str, list[tuple[float, float]]]]:
    """(route_id, its two ends) of each link and route, beside those that share it; always to the same side."""
    for (first, second), route_ids in diagram.links.items():
        ends = sorted((place_of(diagram, first), place_of(diagram, second)))
        middle = (len(route_ids) - 1) / 2
        for n, route_id in enumerate(route_ids):
            yield route_id, shifted(ends, (n - middle) * LINE)


def names_of(diagram: Diagram, stop_names: Callable[[str], str]) -> list[Name]:
    """A name where it finds room, as near to its stop as may be; those at ends of lines first."""
    width, height = size_of(diagram)
    taken = [_around(place_of(diagram, stop_id), 6.0) for stop_id in diagram.places]
    for _, ((x0, y0), (x1, y1)) in lines_of(diagram):
        steps = int(hypot(x1 - x0, y1 - y0) / 4) or 1
        taken += [_around((x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps), 3.0) for n in range(steps + 1)]
    ends = {stop_id: sum(stop_id in link for link in diagram.links) for stop_id in diagram.places}
    names = []
    for stop_id in sorted(diagram.places, key=lambda stop_id: (ends[stop_id], stop_id)):
        lines = _in_lines(stop_names(stop_id))
        for name, box in _candidates(stop_id, lines, *place_of(diagram, stop_id)):
            inside = box[0] >= 1 and box[1] >= 1 and box[2] <= width - 1 and box[3] <= height - 1
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                names.append(name)
                break
    return names


def _around(point: tuple[float, float], by: float) -> Box:
    return point[0] - by, point[1] - by, point[0] + by, point[1] + by


def _meet(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def _in_lines(name: str) -> tuple[str, ...]:
    """A long name in two lines of about the same length."""
    if len(name) <= LINE_OF_NAME or " " not in name:
        return (name,)
    breaks = [n for n, letter in enumerate(name) if letter == " "]
    at = min(breaks, key=lambda n: abs(n - len(name) / 2))
    return name[:at], name[at + 1 :]


def _candidates(stop_id: str, lines: tuple[str, ...], x: float, y: float) -> Iterable[tuple[Name, Box]]:
    """Beside the stop, then farther and farther from it, in eight directions each time."""
    wide, tall = max(map(len, lines)) * WIDE, len(lines) * LETTER
    for off in OFF:
        slant = off * 0.7
        for anchor, left, at_x, top in (
            ("start", x + off, x + off, y - tall / 2),
            ("end", x - off - wide, x - off, y - tall / 2),
            ("middle", x - wide / 2, x, y + off),
            ("middle", x - wide / 2, x, y - off - tall),
            ("start", x + slant, x + slant, y + slant),
            ("start", x + slant, x + slant, y - slant - tall),
            ("end", x - slant - wide, x - slant, y + slant),
            ("end", x - slant - wide, x - slant, y - slant - tall),
        ):
            name = Name(stop_id=stop_id, lines=lines, x=at_x, y=top + LETTER * 0.8, anchor=anchor)
            yield name, (left, top, left + wide, top + tall)


def svg_diagram(
    network: Network,
    diagram: Diagram,
    stop_names: Callable[[str], str],
    buses: Iterable[SlidingBus] = (),
    here: str = "",
) -> str:
    """here: the stop at which the reader stands."""
    width, height = size_of(diagram)
    body = []
    for route_id, points in lines_of(diagram):
        (x0, y0), (x1, y1) = points
        body.append(
            f'<path class="l" stroke="#{network.routes[route_id].color or "455a64"}" d="M{x0:.0f},{y0:.0f} {x1:.0f},{y1:.0f}"/>'
        )
    for stop_id in diagram.places:
        x, y = place_of(diagram, stop_id)
        own = ' class="s here" r="7"' if stop_id == here else ' class="s" r="5"'
        body.append(f'<circle{own} cx="{x:.0f}" cy="{y:.0f}"><title>{escape(stop_names(stop_id))}</title></circle>')
    for name in names_of(diagram, stop_names):
        lines = "".join(
            f'<tspan x="{name.x:.0f}" y="{name.y + n * LETTER:.0f}">{escape(line)}</tspan>' for n, line in enumerate(name.lines)
        )
        body.append(f'{_pointer(diagram, name)}<text text-anchor="{name.anchor}">{lines}</text>')
    rules = []
    for number, bus in enumerate(buses):
        drawing, rule = _bus(diagram, bus, number)
        body.append(drawing)
        rules.append(rule)
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}{"".join(rules)}</style>{"".join(body)}</svg>'


def _pointer(diagram: Diagram, name: Name) -> str:
    """A thin line from a stop to a name that stands far from it."""
    x, y = place_of(diagram, name.stop_id)
    to_y = name.y + (len(name.lines) - 1) * LETTER / 2 - LETTER * 0.3
    if hypot(name.x - x, to_y - y) <= POINTED_FROM:
        return ""
    return f'<path class="p" d="M{x:.0f},{y:.0f} {name.x:.0f},{to_y:.0f}"/>'


def _bus(diagram: Diagram, bus: SlidingBus, number: int) -> tuple[str, str]:
    """(its drawing, the rule by which it slides)."""
    (x0, y0), (x1, y1) = place_of(diagram, bus.first), place_of(diagram, bus.second)
    x, y = x0 + (x1 - x0) * bus.share, y0 + (y1 - y0) * bus.share
    dx, dy = (x1 - x0) * (bus.later - bus.share), (y1 - y0) * (bus.later - bus.share)
    drawing = (
        f'<g id="b{number}"><circle class="b" cx="{x:.0f}" cy="{y:.0f}" r="9" fill="{bus.colour}"/>'
        f'<text class="t" style="fill:{bus.ink}" x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">'
        f"{escape(bus.letter)}</text></g>"
    )
    if bus.slide_s <= 0 or (round(dx), round(dy)) == (0, 0):
        return drawing, ""
    return drawing, (
        f"#b{number}{{animation:k{number} {bus.slide_s:.0f}s linear forwards}}"
        f"@keyframes k{number}{{to{{transform:translate({dx:.0f}px,{dy:.0f}px)}}}}"
    )


def has_link(diagram: Diagram, first: str, second: str) -> bool:
    return link_of(first, second) in diagram.links
