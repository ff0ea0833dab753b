"""A map to print on A4: routes, stops, numbered places with their list, and a QR of the live page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import segno

from maps.ground import Ground
from maps.guide import Guide, Place
from maps.layers import roads_layer, routes_layer
from maps.lettering import A4_MM, LetteredPdf
from maps.paper import Box, Frame, draw_ground, draw_routes, draw_scale_bar
from transit.plan.geometry import Area
from transit.plan.network import Network
from transit.plan.patterns import stop_place

MAP = Box(12.0, 34.0, 186.0, 150.0)
NOT_SIGHTS = ("hospital", "school", "government")


class SheetWords(NamedTuple):
    """What the sheet says, in one language."""

    title: str
    sample: str  # of a network that is an example
    approximate: str  # of a place whose position is not sure
    unknown: str  # of one without a position
    live: str  # before the address of the live page


def visitor_map(
    network: Network, guide: Guide, address: str, now: datetime, words: SheetWords, grounds: Sequence[Ground] = ()
) -> bytes:
    """A PDF of one page. address: what the QR leads to; grounds: the streets below, where an extract was imported."""
    places = [place for place in guide.published if place.category not in NOT_SIGHTS]
    texts = [network.agencies[0].name, address, *words, *(f"{place.name}{place.address}" for place in places)]
    pdf = LetteredPdf(A4_MM, texts, now)
    pdf.add_page()
    _head(pdf, network, words, address)
    places.sort(key=lambda place: (place.lat is None, place.name))
    _draw(pdf, network, guide, grounds, places)
    _list(pdf, places, words)
    return bytes(pdf.output())


def _head(pdf: LetteredPdf, network: Network, words: SheetWords, address: str) -> None:
    pdf.letters("B", 20)
    pdf.text(12, 19, pdf.plain(f"{network.agencies[0].name}: {words.title}"))
    pdf.letters("", 9)
    pdf.text(12, 26, pdf.plain(f"{words.live}: {address}" + (f"  -  {words.sample}" if network.is_sample else "")))
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=8, border=1)
    pdf.image(picture, x=176, y=8, w=22)


def _draw(pdf: LetteredPdf, network: Network, guide: Guide, grounds: Sequence[Ground], places: list[Place]) -> None:
    pdf.set_fill_color(238, 243, 234)
    pdf.rect(*MAP, style="F")
    routes, roads = routes_layer(network), roads_layer(guide.roads)
    if routes.empty:
        return
    west, south, east, north = (float(value) for value in routes.total_bounds)
    frame = Frame(Area(south, west, north, east), MAP)
    with pdf.rect_clip(*MAP):
        draw_ground(pdf, frame, grounds)
        pdf.set_line_width(2.2)
        pdf.set_draw_color(255, 255, 255)
        for row in roads.itertuples():
            pdf.polyline([frame.xy(lat, lon) for lon, lat, *_ in row.geometry.coords])
        draw_routes(pdf, frame, network)
        pdf.set_line_width(0.3)
        pdf.set_draw_color(23, 33, 28)
        pdf.set_fill_color(255, 255, 255)
        for stop_id in network.routes_of_stop:
            place = stop_place(network, stop_id)
            if place is not None:
                x, y = frame.xy(*place)
                pdf.ellipse(x - 0.9, y - 0.9, 1.8, 1.8, style="FD")
        _numbers(pdf, frame, places)
    draw_scale_bar(pdf, frame, MAP.x + 3, MAP.y + MAP.height - 3)


def _numbers(pdf: LetteredPdf, frame: Frame, places: list[Place]) -> None:
    """Places that share a position (their quarter's middle) stand side by side."""
    taken: dict[tuple[int, int], int] = {}
    pdf.letters("B", 7)
    for number, place in enumerate(places, 1):
        if place.lat is None or place.lon is None:
            continue
        x, y = frame.xy(place.lat, place.lon)
        key = (round(x / 4), round(y / 4))
        x += 5.0 * taken.get(key, 0)
        taken[key] = taken.get(key, 0) + 1
        pdf.set_fill_color(*((242, 178, 51) if place.is_good else (255, 240, 205)))
        pdf.ellipse(x - 2.4, y - 2.4, 4.8, 4.8, style="FD")
        pdf.text(x - pdf.get_string_width(str(number)) / 2, y + 0.9, str(number))


def _list(pdf: LetteredPdf, places: list[Place], words: SheetWords) -> None:
    rows = -(-len(places) // 2)
    step = min(6.5, 100.0 / max(rows, 1))
    for number, place in enumerate(places, 1):
        column, row = divmod(number - 1, rows)
        x, y = 12 + 95 * column, MAP[1] + MAP[3] + 9 + step * row
        pdf.letters("B", 8)
        pdf.text(x, y, f"{number}")
        pdf.text(x + 6, y, pdf.plain(place.name)[:44])
        note = words.unknown if place.lat is None else "" if place.is_good else words.approximate
        pdf.letters("", 6.5)
        pdf.text(x + 6, y + 2.6, pdf.plain(" - ".join(filter(None, (place.address, note))))[:75])
