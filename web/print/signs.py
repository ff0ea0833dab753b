"""Signs for stops, to print: name, code, a QR of the short address, routes, first and last bus, in two languages."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno

from maps.diagram import LETTER, LINE, lines_of, names_of, place_of, size_of
from maps.diagram_layout import Diagram, diagram_of
from maps.lettering import A4_MM, LetteredPdf
from transit.plan.network import Agency, Network, Route, Stop, UnknownStop
from transit.plan.service_day import local_date
from transit.plan.stop_codes import code_of, is_own_code, stop_code
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from web.words.colours import colours
from web.words.languages import LANGUAGES, catalogue

CLOCK = {"id": "%H.%M", "en": "%H:%M"}
POINTS_PER_MM = 72.0 / 25.4
PAPERS = {"a4": A4_MM, "a5": (148.0, 210.0)}  # mm


def stops_to_sign(network: Network, codes: Sequence[str] | None = None) -> list[Stop]:
    """The stops that get a sign: all that are served, or those of some codes (stop_code or stop_id).

    Raises UnknownStop, with every code that none of them has.
    """
    served = [stop for stop in network.stops.values() if stop.stop_id in network.routes_of_stop]
    if codes is None:
        return served
    unknown = [code for code in codes if not any(code in (stop_code(stop), stop.stop_id) for stop in served)]
    if unknown:
        raise UnknownStop(", ".join(unknown))
    return [stop for stop in served if stop_code(stop) in codes or stop.stop_id in codes]


def sign_pdf(network: Network, stops: Iterable[Stop], address: str, now: datetime, *, paper: str = "a5") -> bytes:
    """Two pages per stop: its sign, and the network diagram with the stop on it, where the network is small enough for one.

    address: where riders reach the site, as https://bus.example.org, without a slash at the end."""
    width, height = PAPERS[paper]
    chosen = list(stops)
    pdf = LetteredPdf((width, height), _texts(network, chosen), now)
    pdf.set_title("Halte")
    diagram = diagram_of(network)
    for stop in chosen:
        pdf.add_page()
        _page(pdf, network, stop, address, now, width / 148.0)
        if diagram is not None and stop.stop_id in diagram.places:
            pdf.add_page()
            _diagram_page(pdf, network, diagram, stop, width / 148.0)
    return bytes(pdf.output())


def _page(pdf: LetteredPdf, network: Network, stop: Stop, address: str, now: datetime, scale: float) -> None:
    code = code_of(stop)
    path = f"h/{quote(code, safe='')}" if is_own_code(network, stop) else f"halte/{quote(stop.stop_id, safe='')}"
    short = f"{address}/{path}"
    operators = _operators(network, stop)
    left, right = 12 * scale, pdf.w - 12 * scale
    pdf.set_fill_color(11, 90, 67)
    pdf.rect(0, 0, pdf.w, 24 * scale, style="F")
    pdf.set_text_color(255, 255, 255)
    _text(pdf, left, 15 * scale, " / ".join(agency.name for agency in operators), 18 * scale, bold=True, width=right - left)
    pdf.set_text_color(22, 33, 28)
    _text(pdf, left, 40 * scale, stop.name, 27 * scale, bold=True, width=right - left)
    _text(pdf, left, 49 * scale, f"{_translate('id', 'Stop')} / Stop {code}", 13 * scale, width=right - left)
    qr = io.BytesIO()
    segno.make(short, error="m", micro=False).save(qr, kind="png", scale=12, border=2)
    pdf.image(qr, x=left - 3, y=54 * scale, w=62 * scale)
    x = left + 66 * scale
    for n, tag in enumerate(LANGUAGES):
        pdf.set_xy(x, (62 + 24 * n) * scale)
        pdf.letters("B" if n == 0 else "", 13 * scale)
        pdf.multi_cell(right - x, 6 * scale, pdf.plain(_translate(tag, "Scan: when does the next bus come?")), align="L")
    _text(pdf, left, 122 * scale, short, 10.5 * scale, width=right - left)
    _routes(pdf, network, stop, now, left, right, 130 * scale, scale)
    phones = ", ".join(
        f"{operator.phone} ({operator.name})" if len(operators) > 1 else operator.phone
        for operator in operators
        if operator.phone
    )
    y = pdf.h - 10 * scale
    for tag in reversed(LANGUAGES):
        unknown = _translate(tag, "Phone number of the operator: not known yet")
        line = _translate(tag, "Help: %(phone)s") % {"phone": phones} if phones else unknown
        _text(pdf, left, y, line, 9.5 * scale, width=right - left)
        y -= 5 * scale
    if network.is_sample:
        line = " / ".join(_translate(tag, "Sample network, not verified") for tag in LANGUAGES)
        _text(pdf, left, y - 1, line, 9.5 * scale, bold=True, width=right - left)


def _diagram_page(pdf: LetteredPdf, network: Network, diagram: Diagram, stop: Stop, scale: float) -> None:
    """All lines, the stop marked and named, and the names of the others where they have room."""
    left, top = 8 * scale, 24 * scale
    _text(pdf, left, 14 * scale, stop.name, 16 * scale, bold=True, width=pdf.w - 2 * left)
    wide, tall = size_of(diagram)
    mm = min((pdf.w - 2 * left) / wide, (pdf.h - top - 8 * scale) / tall)
    x0 = (pdf.w - wide * mm) / 2

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return x0 + point[0] * mm, top + point[1] * mm

    pdf.set_line_width(LINE * mm)
    for route_id, points in lines_of(diagram):
        pdf.set_draw_color(*bytes.fromhex(network.routes[route_id].color or "455a64"))
        pdf.polyline([at(point) for point in points])
    pdf.set_line_width(2 * mm)
    pdf.set_draw_color(22, 33, 28)
    for stop_id in diagram.places:
        is_here = stop_id == stop.stop_id
        pdf.set_fill_color(*((179, 18, 42) if is_here else (255, 255, 255)))
        (x, y), r = at(place_of(diagram, stop_id)), (8.0 if is_here else 5.0) * mm
        pdf.ellipse(x - r, y - r, 2 * r, 2 * r, style="FD")
    for name in names_of(diagram, lambda stop_id: network.stops[stop_id].name):
        pdf.letters("B" if name.stop_id == stop.stop_id else "", LETTER * mm * POINTS_PER_MM * 0.9)
        for n, line in enumerate(name.lines):
            text = pdf.plain(line)
            x, y = at((name.x, name.y + n * LETTER))
            pdf.text(x - pdf.get_string_width(text) * {"start": 0.0, "middle": 0.5, "end": 1.0}[name.anchor], y, text)


def _texts(network: Network, stops: list[Stop]) -> list[str]:
    """All that the feed says on these signs."""
    table = timetable_of(network)
    directions = {(stop.stop_id, direction) for stop in stops for direction in table.directions_at(stop.stop_id)}
    signs = [call.headsign for stop_id, direction in directions for call in table.calls_at(stop_id, direction)]
    routes = [network.routes[direction.route_id].name for _, direction in directions]
    return [
        *(stop.name for stop in network.stops.values()),
        *(stop_code(stop) for stop in stops),
        *(agency.name for agency in network.agencies),
        *signs,
        *routes,
    ]


def _operators(network: Network, stop: Stop) -> list[Agency]:
    """Who runs the routes of a stop."""
    agencies = {agency.agency_id: agency for agency in map(network.agency_of, network.routes_of_stop.get(stop.stop_id, ()))}
    return list(agencies.values()) or [network.agencies[0]]


def _routes(
    pdf: LetteredPdf, network: Network, stop: Stop, now: datetime, left: float, right: float, y: float, scale: float
) -> None:
    table = timetable_of(network)
    directions = [direction for direction in table.directions_at(stop.stop_id) if not table.ends_at(stop.stop_id, direction)]
    step = min(15.0, 56.0 / max(1, len(directions)))
    x, width = left + 27 * scale, right - left - 27 * scale
    for direction in directions[:8]:
        route = network.routes[direction.route_id]
        _badge(pdf, route, left, y, scale)
        calls = [call for call in table.calls_at(stop.stop_id, direction) if call.can_board]
        _text(pdf, x, y + 4.5 * scale, calls[0].headsign if calls else "", 12 * scale, bold=True, width=width)
        hours = table.hours(stop.stop_id, direction, next_day_of(network, stop, direction, now))
        if hours is not None:
            _text(pdf, x, y + 9.5 * scale, _hours(hours, network.timezone_of(stop.stop_id)), 9 * scale, width=width)
        y += step * scale


def next_day_of(network: Network, stop: Stop, direction: RouteDirection, now: datetime):  # type: ignore[no-untyped-def]
    """Today, or the next day on which the direction is served: a sign outlives the holiday on which it was printed."""
    table, today = timetable_of(network), local_date(now, network.timezone)
    if table.hours(stop.stop_id, direction, today) is not None:
        return today
    first = table.next_first(stop.stop_id, direction, now)
    return local_date(first, network.timezone) if first else today


def _hours(hours: Hours, timezone: str) -> str:
    exact, about = "first bus %(first)s, last %(last)s", "first bus about %(first)s, last about %(last)s"
    first, last = (at.astimezone(ZoneInfo(timezone)) for at in (hours.first_at, hours.last_at))
    lines = (
        _translate(tag, about if hours.about else exact)
        % {"first": first.strftime(CLOCK[tag]), "last": last.strftime(CLOCK[tag])}
        for tag in LANGUAGES
    )
    return " / ".join(lines)


def _badge(pdf: LetteredPdf, route: Route, x: float, y: float, scale: float) -> None:
    ground, ink = colours(route)
    pdf.set_fill_color(*bytes.fromhex(ground))
    pdf.rect(x, y, 24 * scale, 8 * scale, style="F", round_corners=True, corner_radius=1.5 * scale)
    pdf.set_text_color(*bytes.fromhex(ink))
    pdf.letters("B", 11 * scale)
    pdf.set_xy(x, y)
    pdf.cell(24 * scale, 8 * scale, _fit(pdf, route.name, 23 * scale), align="C")
    pdf.set_text_color(22, 33, 28)


def _text(pdf: LetteredPdf, x: float, y: float, text: str, size: float, *, width: float, bold: bool = False) -> None:
    """One line on a baseline; a long name is written smaller rather than cut, down to 60 %."""
    pdf.letters("B" if bold else "", size)
    plain = pdf.plain(text)
    full = pdf.get_string_width(plain)
    if full > width:
        pdf.set_font_size(max(0.6, width / full) * size)
    pdf.text(x, y, _fit(pdf, plain, width))


def _fit(pdf: LetteredPdf, text: str, width: float) -> str:
    text = pdf.plain(text)
    while text and pdf.get_string_width(text) > width + 0.01:
        text = text[:-1]
    return text


def _translate(tag: str, text: str) -> str:
    return catalogue(tag).gettext(text)
