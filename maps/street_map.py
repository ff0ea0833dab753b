"""A street map to print and walk with: one sheet of the whole network, then sheets of its parts, each on A4."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil, cos, radians
from typing import NamedTuple

import segno

from maps.ground import Ground, Label
from maps.guide import Guide, Place
from maps.lettering import A4_MM, LetteredPdf
from maps.paper import (
    PAPER,
    Box,
    Frame,
    Room,
    draw_ground,
    draw_routes,
    draw_scale_bar,
    draw_street_names,
)
from transit.plan.geometry import METRES_PER_DEGREE, Area
from transit.plan.network import Network
from transit.plan.patterns import patterns_of, stop_place
from transit.plan.stop_codes import stop_code

WHOLE = Box(10.0, 28.0, 190.0, 205.0)
PART = Box(10.0, 18.0, 190.0, 258.0)
PART_SCALE = 12_500  # 1 cm is 125 m: a minute and a half on foot
PARTS_AT_MOST = 24  # sheets; a larger network gets coarser ones
SHEET_MARGIN_M = 400.0  # of streets around the outermost stop
LEGEND_ROWS = 5


class StreetMapWords(NamedTuple):
    """What the sheets say, in one language."""

    title: str
    sample: str  # of a network that is an example
    live: str  # before the address of the live page
    stop: str  # a halte, in the legend
    place: str  # a place of the guide, in the legend
    approximate: str  # of a place whose position is not sure
    no_streets: str  # where no extract was imported
    sheet: str  # "Sheet %s"


class _Sheet(NamedTuple):
    number: int
    frame: Frame


def street_map(
    network: Network,
    guide: Guide,
    grounds: Sequence[Ground],
    address: str,
    now: datetime,
    words: StreetMapWords,
    names: Callable[[str], str],
) -> bytes:
    """A PDF. grounds: the overview and its finer parts; address: what the QR leads to; names: stop_id -> its name."""
    stops = {stop_id: at for stop_id in network.routes_of_stop if (at := stop_place(network, stop_id)) is not None}
    places = [place for place in guide.published if place.lat is not None and place.lon is not None]
    pdf = LetteredPdf(A4_MM, _texts(network, grounds, places, address, words, [names(stop_id) for stop_id in stops]), now)
    pdf.set_title(words.title)
    pdf.add_page()
    points = _points(network) + list(stops.values())
    if not points:
        return bytes(pdf.output())
    area = _around(points)
    has_streets = any(ground.layers for ground in grounds)
    sheets = _parts_of(area, list(stops.values())) if has_streets else []
    whole = Frame(area, WHOLE)
    drawing = _Drawing(pdf, network, grounds, stops, places, names)
    _head(pdf, network, words, address, has_streets=has_streets)
    drawing.draw(whole, grounds[:1], small=len(sheets) > 1)
    if len(sheets) > 1:
        _edges(pdf, whole, sheets)
    _legend(pdf, network, words, whole, grounds)
    for sheet in sheets if len(sheets) > 1 else ():
        pdf.add_page()
        pdf.letters("B", 12)
        pdf.text(PART.x, 13, pdf.plain(f"{words.title} - {words.sheet.replace('#', str(sheet.number))}"))
        drawing.draw(sheet.frame, grounds, small=False)
        draw_scale_bar(pdf, sheet.frame, PART.x, 287)
        _credit(pdf, grounds, 287)
    return bytes(pdf.output())


class _Drawing:
    """A map into a frame."""

    def __init__(
        self,
        pdf: LetteredPdf,
        network: Network,
        grounds: Sequence[Ground],
        stops: dict[str, tuple[float, float]],
        places: Sequence[Place],
        names: Callable[[str], str],
    ) -> None:
        self.pdf, self.network, self.grounds, self.stops, self.places, self.names = pdf, network, grounds, stops, places, names

    def draw(self, frame: Frame, grounds: Sequence[Ground], *, small: bool) -> None:
        """small: of the whole network, where only stops have room for their names."""
        pdf, box = self.pdf, frame.box
        room = Room()
        pdf.set_fill_color(*PAPER)
        pdf.rect(*box, style="F")
        with pdf.rect_clip(*box):
            draw_ground(pdf, frame, grounds)
            draw_routes(pdf, frame, self.network)
            self._stops(frame, room)
            self._places(frame, room, named=not small)
            draw_street_names(pdf, frame, grounds, room, 5.0 if small else 6.5)
        pdf.set_draw_color(120, 120, 120)
        pdf.set_line_width(0.2)
        pdf.rect(*box)

    def _stops(self, frame: Frame, room: Room) -> None:
        pdf = self.pdf
        pdf.set_line_width(0.35)
        pdf.set_draw_color(23, 33, 28)
        pdf.set_fill_color(255, 255, 255)
        inside = [(stop_id, *frame.xy(*at)) for stop_id, at in self.stops.items() if frame.touches([frame.xy(*at)])]
        for _, x, y in inside:
            pdf.ellipse(x - 1.1, y - 1.1, 2.2, 2.2, style="FD")
            room.take(x - 1.2, y - 1.2, x + 1.2, y + 1.2, always=True)
        pdf.letters("B", 7)
        for stop_id, x, y in inside:
            code = stop_code(self.network.stops[stop_id])
            text = pdf.plain(self.names(stop_id) + (f" ({code})" if code and code != stop_id else ""))
            self._name(frame, room, text, x, y, off=1.8, tall=2.4)

    def _places(self, frame: Frame, room: Room, *, named: bool) -> None:
        pdf = self.pdf
        pdf.set_line_width(0.25)
        pdf.set_draw_color(122, 74, 0)
        inside = []
        for place in self.places:
            x, y = frame.xy(place.lat or 0.0, place.lon or 0.0)
            if frame.touches([(x, y)]):
                pdf.set_fill_color(*((242, 178, 51) if place.is_good else (255, 240, 205)))
                pdf.polygon([(x, y - 1.5), (x + 1.3, y + 1.0), (x - 1.3, y + 1.0)], style="FD")
                room.take(x - 1.3, y - 1.5, x + 1.3, y + 1.0, always=True)
                inside.append((place, x, y))
        pdf.letters("", 6)
        pdf.set_text_color(95, 58, 0)
        for place, x, y in inside if named else ():
            self._name(frame, room, pdf.plain(place.name), x, y, off=2.0, tall=2.1)
        pdf.set_text_color(0, 0, 0)

    def _name(self, frame: Frame, room: Room, text: str, x: float, y: float, *, off: float, tall: float) -> None:
        """Right of its point, left, above or below: where nothing else stands."""
        wide, box = self.pdf.get_string_width(text), frame.box
        for left, base in (
            (x + off, y + tall / 3),
            (x - off - wide, y + tall / 3),
            (x - wide / 2, y - off),
            (x - wide / 2, y + off + tall * 0.8),
        ):
            if box.x <= left and left + wide <= box.x + box.width and room.take(left, base - tall, left + wide, base + 0.4):
                with self.pdf.local_context(fill_opacity=0.75, fill_color=PAPER):
                    self.pdf.rect(left - 0.3, base - tall * 0.85, wide + 0.6, tall, style="F")
                self.pdf.text(left, base, text)
                return


def _texts(
    network: Network,
    grounds: Sequence[Ground],
    places: Sequence[Place],
    address: str,
    words: StreetMapWords,
    names: Sequence[str],
) -> list[str]:
    labels: list[Label] = [label for ground in grounds for label in ground.labels]
    routes = [f"{route.name} {route.long_name}" for route in network.routes.values()]
    credits = [ground.credit for ground in grounds]
    own = [agency.name for agency in network.agencies]
    return [address, *words, *names, *routes, *credits, *own, *(label.text for label in labels), *(p.name for p in places)]


def _points(network: Network) -> list[tuple[float, float]]:
    patterns = patterns_of(network)
    return [
        patterns.plane.lat_lon(x, y)
        for pattern in patterns.by_id.values()
        for x, y in zip(pattern.line.xs, pattern.line.ys, strict=True)
    ]


def _around(points: Sequence[tuple[float, float]]) -> Area:
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    up = SHEET_MARGIN_M / METRES_PER_DEGREE
    side = up / cos(radians(sum(lats) / len(lats)))
    return Area(min(lats) - up, min(lons) - side, max(lats) + up, max(lons) + side)


def _parts_of(area: Area, stops: Sequence[tuple[float, float]]) -> list[_Sheet]:
    """Sheets that cover the area side by side; those without a stop are left out, the others numbered from the north-west."""
    shrink = cos(radians((area.south + area.north) / 2))
    scale = PART_SCALE
    while True:
        tall = PART.height * scale / 1000.0 / METRES_PER_DEGREE
        wide = PART.width * scale / 1000.0 / METRES_PER_DEGREE / shrink
        rows, columns = ceil((area.north - area.south) / tall), ceil((area.east - area.west) / wide)
        if rows * columns <= PARTS_AT_MOST:
            break
        scale *= 2
    north = (area.north + area.south) / 2 + rows * tall / 2
    west = (area.west + area.east) / 2 - columns * wide / 2
    areas = [
        Area(north - (row + 1) * tall, west + column * wide, north - row * tall, west + (column + 1) * wide)
        for row in range(rows)
        for column in range(columns)
    ]
    served = [part for part in areas if any(part.contains(lat, lon) for lat, lon in stops)]
    return [_Sheet(number, Frame(part, PART, 1.0)) for number, part in enumerate(served, 1)]


def _head(pdf: LetteredPdf, network: Network, words: StreetMapWords, address: str, *, has_streets: bool) -> None:
    pdf.letters("B", 16)
    pdf.text(10, 15, pdf.plain(f"{network.agencies[0].name}: {words.title}"))
    pdf.letters("", 8)
    notes = [f"{words.live}: {address}", words.sample if network.is_sample else "", "" if has_streets else words.no_streets]
    pdf.text(10, 22, pdf.plain("  -  ".join(filter(None, notes))))
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=8, border=1)
    pdf.image(picture, x=180, y=5, w=20)


def _edges(pdf: LetteredPdf, whole: Frame, sheets: Sequence[_Sheet]) -> None:
    """Where each of the following sheets lies."""
    pdf.set_line_width(0.15)
    pdf.set_draw_color(110, 110, 110)
    pdf.letters("B", 9)
    pdf.set_text_color(110, 110, 110)
    with pdf.rect_clip(*whole.box):
        for number, frame in sheets:
            left, top = whole.xy(frame.area.north, frame.area.west)
            right, bottom = whole.xy(frame.area.south, frame.area.east)
            pdf.rect(left, top, right - left, bottom - top)
            pdf.text(max(left, whole.box.x) + 1.5, max(top, whole.box.y) + 4, str(number))
    pdf.set_text_color(0, 0, 0)


def _legend(pdf: LetteredPdf, network: Network, words: StreetMapWords, frame: Frame, grounds: Sequence[Ground]) -> None:
    top = WHOLE.y + WHOLE.height + 7
    routes = sorted(network.routes.values(), key=lambda route: (route.sort_order or 0, route.name, route.route_id))
    columns = max(1, min(3, ceil(len(routes) / LEGEND_ROWS)))
    for number, route in enumerate(routes[: columns * LEGEND_ROWS * 2]):
        column, row = number % columns, number // columns
        x, y = 10 + 190 / columns * column, top + 5.5 * row
        if y > 272:
            break
        colour = route.color or "455a64"
        pdf.set_draw_color(*(int(colour[n : n + 2], 16) for n in (0, 2, 4)))
        pdf.set_line_width(1.4)
        pdf.line(x, y - 1, x + 9, y - 1)
        pdf.letters("B", 8)
        pdf.text(x + 11, y, pdf.plain(route.name))
        used = pdf.get_string_width(pdf.plain(route.name))
        pdf.letters("", 7)
        pdf.text(x + 13 + used, y, pdf.plain(route.long_name)[: int((190 / columns - 15 - used) / 1.25)])
    y = 280.0
    pdf.set_line_width(0.35)
    pdf.set_draw_color(23, 33, 28)
    pdf.set_fill_color(255, 255, 255)
    pdf.ellipse(10.5, y - 2.2, 2.2, 2.2, style="FD")
    pdf.letters("", 7)
    pdf.text(14.5, y, pdf.plain(words.stop))
    for x, colour_of, text in ((50, (242, 178, 51), words.place), (95, (255, 240, 205), words.approximate)):
        pdf.set_draw_color(122, 74, 0)
        pdf.set_fill_color(*colour_of)
        pdf.polygon([(x, y - 2.8), (x + 1.3, y - 0.3), (x - 1.3, y - 0.3)], style="FD")
        pdf.text(x + 3, y, pdf.plain(text))
    draw_scale_bar(pdf, frame, 10, 289)
    _credit(pdf, grounds, 289)


def _credit(pdf: LetteredPdf, grounds: Sequence[Ground], y: float) -> None:
    credit = next((ground.credit for ground in grounds if ground.credit), "")
    if credit:
        pdf.letters("", 6.5)
        text = pdf.plain(credit)
        pdf.text(200 - pdf.get_string_width(text), y, text)
