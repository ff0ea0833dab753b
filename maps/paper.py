"""What printed maps share: degrees to millimetres, the ground, the routes, a scale bar, and room for names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians
from typing import NamedTuple

import polyline
import shapely

from maps.ground import Ground, Layer
from maps.lettering import LetteredPdf
from maps.shared_streets import stretches_of
from maps.svg import shifted
from transit.plan.geometry import METRES_PER_DEGREE, Area
from transit.plan.network import Network

AREAS = {"water": (200, 224, 236), "green": (222, 236, 212), "building": (225, 221, 210)}
LINES = {  # kind -> (grey or colour, metres wide on the ground, least mm): light, since routes and names lie above
    "path": ((214, 210, 200), 3.0, 0.12),
    "minor": ((196, 192, 182), 6.0, 0.18),
    "middle": ((176, 171, 160), 10.0, 0.35),
    "major": ((158, 152, 140), 14.0, 0.5),
    "river": ((160, 203, 224), 8.0, 0.3),
    "rail": ((120, 120, 120), 3.0, 0.25),
}
STREETS = ("path", "minor", "middle", "major")
ROUTE_MM = 1.1
ROUND_METRES = (50, 100, 200, 250, 500, 1000, 2000, 5000)
BAR_MM = 50.0  # a scale bar is at most so long
AGAIN_MM = 90.0  # a street's name stands on a sheet again only so far from itself: half the sheet's width
QUARTER = 90.0  # degrees: beyond it a name would stand on its head
PAPER = (250, 249, 245)


class Box(NamedTuple):
    """Millimetres on a page."""

    x: float
    y: float
    width: float
    height: float


class Frame:
    """Degrees to millimetres: equal scale in both directions, the whole area inside the box."""

    def __init__(self, area: Area, box: Box, margin: float = 0.96) -> None:
        self.area, self.box = area, box
        self.cos = cos(radians((area.south + area.north) / 2))
        width, height = max((area.east - area.west) * self.cos, 1e-6), max(area.north - area.south, 1e-6)
        self.scale = min(box.width / width, box.height / height) * margin
        self.x0 = box.x + (box.width - width * self.scale) / 2 - area.west * self.cos * self.scale
        self.y0 = box.y + (box.height - height * self.scale) / 2 + area.north * self.scale

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        return self.x0 + lon * self.cos * self.scale, self.y0 - lat * self.scale

    @property
    def mm_per_m(self) -> float:
        return self.scale / METRES_PER_DEGREE

    def touches(self, points: Sequence[tuple[float, float]]) -> bool:
        """Whether the box of some points (mm) and the box of the map overlap."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = self.box
        return min(xs) <= box.x + box.width and max(xs) >= box.x and min(ys) <= box.y + box.height and max(ys) >= box.y


class Room:
    """Which places on a page are taken: a name goes only where none is yet."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float, float, float]] = []

    def take(self, left: float, top: float, right: float, bottom: float, *, always: bool = False) -> bool:
        """True where it was free and now is taken. always: whatever is there already."""
        area = (left, top, right, bottom)
        if not always and any(left < old[2] and old[0] < right and top < old[3] and old[1] < bottom for old in self._taken):
            return False
        self._taken.append(area)
        return True


def draw_ground(pdf: LetteredPdf, frame: Frame, grounds: Iterable[Ground]) -> None:
    """Draws areas, then lines from the small to the large; the colours stay set to the last ones used."""
    layers = [layer for ground in grounds for layer in ground.layers]
    for kind, colour in AREAS.items():
        pdf.set_fill_color(*colour)
        for points in _shapes(frame, layers, kind, is_area=True):
            if len(points) > 2:
                pdf.polygon(points, style="F")
    for kind, (colour, wide_m, least_mm) in LINES.items():
        pdf.set_draw_color(*colour)
        pdf.set_line_width(max(least_mm, wide_m * frame.mm_per_m))
        for points in _shapes(frame, layers, kind, is_area=False):
            pdf.polyline(points)


def _shapes(frame: Frame, layers: Iterable[Layer], kind: str, *, is_area: bool) -> Iterable[list[tuple[float, float]]]:
    for layer in layers:
        if layer.kind == kind and layer.is_area == is_area:
            for shape in layer.shapes:
                points = [frame.xy(lat, lon) for lat, lon in polyline.decode(shape)]
                if frame.touches(points):
                    yield points


def draw_routes(pdf: LetteredPdf, frame: Frame, network: Network) -> None:
    """Side by side where they share a street."""
    pdf.set_line_width(ROUTE_MM)
    for stretch in stretches_of(network):
        middle = (len(stretch.route_ids) - 1) / 2
        points = [frame.xy(lat, lon) for lat, lon in stretch.points]
        for place, route_id in enumerate(stretch.route_ids):
            colour = network.routes[route_id].color or "455a64"
            pdf.set_draw_color(*(int(colour[n : n + 2], 16) for n in (0, 2, 4)))
            pdf.polyline(shifted(points, (place - middle) * ROUTE_MM))


def draw_street_names(pdf: LetteredPdf, frame: Frame, grounds: Sequence[Ground], room: Room, size: float = 5.5) -> int:
    """Along their streets, the larger streets first, where there is room. Returns how many found it."""
    layers = [layer for ground in grounds for layer in ground.layers]
    lines = [points for kind in STREETS for points in _shapes(frame, layers, kind, is_area=False)]
    segments = [shapely.LineString(pair) for points in lines for pair in pairwise(points)]
    tree = shapely.STRtree(segments)
    labels = sorted({label for ground in grounds for label in ground.labels}, key=lambda label: (label.rank, label.text))
    pdf.letters("", size)
    pdf.set_text_color(70, 70, 66)
    drawn: dict[str, list[tuple[float, float]]] = {}
    for label in labels:
        x, y = frame.xy(label.lat, label.lon)
        box, text = frame.box, pdf.plain(label.text)
        if not (box.x < x < box.x + box.width and box.y < y < box.y + box.height):
            continue
        if any(hypot(x - x0, y - y0) < AGAIN_MM for x0, y0 in drawn.get(text, ())):
            continue
        angle = _angle_at(tree, x, y)
        half, tall = pdf.get_string_width(text) / 2, size * 0.3
        wide, high = abs(half * cos(radians(angle))) + tall, abs(half * cos(radians(90 - angle))) + tall
        if room.take(x - wide, y - high, x + wide, y + high):
            with pdf.rotation(angle, x, y):
                pdf.text(x - half, y + size * 0.12, text)
            drawn.setdefault(text, []).append((x, y))
    pdf.set_text_color(0, 0, 0)
    return sum(map(len, drawn.values()))


def _angle_at(streets: shapely.STRtree, x: float, y: float) -> float:
    """Degrees by which a name at a place is turned so that it lies along the street there; 0 where none is within 1 mm."""
    near = streets.query_nearest(shapely.Point(x, y), max_distance=1.0, all_matches=False)
    if not len(near):
        return 0.0
    (x0, y0), (x1, y1) = streets.geometries[near[0]].coords
    angle = degrees(atan2(y0 - y1, x1 - x0))
    return angle - 180.0 if angle > QUARTER else angle + 180.0 if angle < -QUARTER else angle


def draw_scale_bar(pdf: LetteredPdf, frame: Frame, x: float, y: float) -> int:
    """A bar of a round length with its metres, and an arrow to the north. Returns the metres."""
    metres = max((m for m in ROUND_METRES if m * frame.mm_per_m <= BAR_MM), default=ROUND_METRES[0])
    length = metres * frame.mm_per_m
    pdf.set_draw_color(0, 0, 0)
    pdf.set_line_width(0.4)
    pdf.polyline([(x, y - 1.5), (x, y), (x + length, y), (x + length, y - 1.5)])
    pdf.letters("", 7)
    pdf.text(x + length + 2, y, f"{metres} m")
    north = x + length + 18
    pdf.set_fill_color(0, 0, 0)
    pdf.polygon([(north, y - 5), (north - 1.6, y), (north, y - 1.2), (north + 1.6, y)], style="F")
    pdf.text(north + 2.5, y, "N")
    return metres
