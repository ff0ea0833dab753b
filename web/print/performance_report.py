"""The report of service for the Dinas: tables, a chart, what was left out and how it is computed, to be printed and signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext

from maps.lettering import A4_MM, LetteredPdf
from transit.plan.network import Network
from web.boards.performance import NamedFigures, PerformanceBoard
from web.words import names, performance, phrasing

PAGE_MM = A4_MM[::-1]  # lying: a row of figures is long
MARGIN_MM = 12.0
LINE_MM = 4.6
CHART_MM = 34.0  # height
SIGN_MM = 40.0  # room for the signatures
SMALL, NORMAL, LARGE, TITLE = 7.5, 9.0, 12.0, 18.0  # points
INK, SOFT, BRAND = (22, 33, 28), (82, 95, 88), (11, 90, 67)


def report_pdf(network: Network, board: PerformanceBoard, now: datetime) -> bytes:
    """Everything is in the language of the request. Letters are embedded where the feed's names need them."""
    pdf = LetteredPdf(PAGE_MM, _names(network, board), now)
    pdf.set_title(_title(board))
    pdf.set_margins(MARGIN_MM, MARGIN_MM)
    pdf.set_auto_page_break(True, MARGIN_MM)
    pdf.add_page()
    _head(pdf, network, board, now)
    _summary(pdf, board)
    _figures(pdf, gettext("By route and direction"), gettext("Route"), board.by_direction)
    _ends(pdf, board)
    span = board.by_hour if board.first == board.last else board.by_day
    _chart(pdf, span)
    if board.first != board.last:
        _figures(pdf, gettext("By day"), gettext("Day"), board.by_day)
    _figures(pdf, gettext("By hour"), gettext("Hour"), board.by_hour)
    _left_out(pdf, board)
    _section(pdf, gettext("How this is computed"))
    _lines(pdf, performance.formulas(), SMALL)
    _signatures(pdf)
    return bytes(pdf.output())


def _title(board: PerformanceBoard) -> str:
    first, last = phrasing.date_name(board.first), phrasing.date_name(board.last)
    return f"{gettext('Service')}: {first if board.first == board.last else f'{first} – {last}'}"


def _names(network: Network, board: PerformanceBoard) -> list[str]:
    """What the feed says in it. Our own words and formulas can be written without fonts of our own (≤ as <=)."""
    agencies, routes = (agency.name for agency in network.agencies), (route.name for route in network.routes.values())
    return [*agencies, *routes, *(row.name for row in board.by_direction)]


def _head(pdf: LetteredPdf, network: Network, board: PerformanceBoard, now: datetime) -> None:
    _write(pdf, ", ".join(agency.name for agency in network.agencies), NORMAL, ink=SOFT)
    _write(pdf, _title(board), TITLE, bold=True, ink=BRAND)
    if network.is_sample:
        _write(pdf, gettext("Sample network, not verified"), NORMAL, bold=True)
    made = gettext(
        "Made on %(day)s at %(time)s from the observed positions of the buses.",
        day=phrasing.date_name(now),
        time=phrasing.clock(now),
    )
    _write(pdf, made, SMALL, ink=SOFT)


def _summary(pdf: LetteredPdf, board: PerformanceBoard) -> None:
    total = board.total
    _section(pdf, gettext("In short"))
    judged = [] if total.hours else [_nothing_judged()]
    figures = [
        gettext(
            "Excess wait %(excess)s min; wait over the promise %(over)s min; headways kept %(kept)s.",
            excess=performance.minutes(total.excess_wait_s),
            over=performance.minutes(total.over_promise_s),
            kept=performance.share(total.kept),
        ),
        gettext(
            "%(trips)s of %(planned)s planned trips; %(km)s km in service, %(empty)s km without a trip.",
            trips=total.trips,
            planned=round(total.planned_trips),
            km=round(total.km),
            empty=performance.NOTHING if board.empty_km is None else round(board.empty_km),
        ),
    ]
    lines = [
        *(judged or figures),
        *performance.other_figures(board),
        gettext(
            "%(count)s hours of a route and direction were judged, %(left)s left out.",
            count=total.hours,
            left=total.hours_left_out,
        ),
    ]
    if board.missing:
        lines.append(gettext("Not computed: %(count)s days.", count=len(board.missing)))
    _lines(pdf, lines, NORMAL)


def _nothing_judged() -> str:
    """Of hours that were all left out nothing is said, not even none."""
    return gettext("No hour of this span can be judged: nothing was recorded, or the trackers were heard too little.")


def _figures(pdf: LetteredPdf, title: str, first: str, rows: Sequence[NamedFigures]) -> None:
    if not rows:
        return
    _section(pdf, title)
    body = [[_name(row), *performance.cells(row.figures, row.empty_km)] for row in rows]
    _table(pdf, [first, *performance.headings()], body, widths=(42.0, *[17.5] * len(performance.headings())))


def _name(row: NamedFigures) -> str:
    return f"{names.route_name(row.route)} → {row.name}" if row.route else row.name


def _ends(pdf: LetteredPdf, board: PerformanceBoard) -> None:
    rows = [[_name(row), performance.share(row.first_kept), performance.share(row.last_kept)] for row in board.by_direction]
    if rows:
        _section(pdf, gettext("First and last bus"))
        head = [gettext("Route"), gettext("First bus kept"), gettext("Last bus kept")]
        _table(pdf, head, rows, widths=(80.0, 35.0, 35.0))


def _chart(pdf: LetteredPdf, rows: Sequence[NamedFigures]) -> None:
    """Excess wait as bars."""
    values = [row.figures.excess_wait_s for row in rows]
    known = [value for value in values if value is not None]
    if not known:
        return
    _section(pdf, gettext("Excess wait, min"), room=CHART_MM + 12.0)
    most, base, step = max([*known, 60.0]), pdf.get_y() + CHART_MM, (pdf.w - 2 * MARGIN_MM) / max(len(rows), 1)
    pdf.set_fill_color(*BRAND)
    for n, (row, value) in enumerate(zip(rows, values, strict=True)):
        x = MARGIN_MM + n * step
        if value is not None:
            height = (CHART_MM - 5.0) * max(value, 0.0) / most
            pdf.rect(x + step * 0.15, base - height, step * 0.7, max(height, 0.3), style="F")
            _at(pdf, x, base - height - 1.0, step, performance.minutes(value))
        _at(pdf, x, base + 3.5, step, row.name[-5:])
    pdf.set_y(base + 6.0)


def _at(pdf: LetteredPdf, x: float, y: float, width: float, text: str) -> None:
    """In the middle of a width, its foot at y."""
    pdf.letters("", SMALL - 1.0)
    pdf.set_text_color(*INK)
    plain = pdf.plain(text)
    pdf.text(x + (width - pdf.get_string_width(plain)) / 2.0, y, plain)


def _left_out(pdf: LetteredPdf, board: PerformanceBoard) -> None:
    if board.left_out:
        _section(
            pdf,
            gettext(
                "Left out: %(count)s hours with too little heard (below 80 %%) or not recorded", count=board.hours_left_out
            ),
        )
        _lines(pdf, board.left_out, SMALL)


def _signatures(pdf: LetteredPdf) -> None:
    if pdf.get_y() + SIGN_MM > pdf.h - MARGIN_MM:
        pdf.add_page()
    y = pdf.get_y() + 8.0
    for x, text in (
        (MARGIN_MM, gettext("The operator")),
        (pdf.w / 2.0, gettext("Seen by the transport office (Dinas Perhubungan)")),
    ):
        x += pdf.c_margin  # as cells have it
        pdf.letters("", NORMAL)
        pdf.text(x, y, pdf.plain(text))
        pdf.line(x, y + SIGN_MM - 16.0, x + 80.0, y + SIGN_MM - 16.0)
        pdf.letters("", SMALL)
        pdf.text(x, y + SIGN_MM - 12.0, pdf.plain(gettext("Name, date, signature")))


def _section(pdf: LetteredPdf, title: str, room: float = 24.0) -> None:
    """A heading that does not stand alone at the foot of a page."""
    if pdf.get_y() + room > pdf.h - MARGIN_MM:
        pdf.add_page()
    pdf.ln(3.0)
    _write(pdf, title, LARGE, bold=True)


def _lines(pdf: LetteredPdf, lines: Iterable[str], size: float) -> None:
    for line in lines:
        _write(pdf, line, size)


def _write(pdf: LetteredPdf, text: str, size: float, *, bold: bool = False, ink: tuple[int, int, int] = INK) -> None:
    pdf.letters("B" if bold else "", size)
    pdf.set_text_color(*ink)
    pdf.set_x(MARGIN_MM)
    pdf.multi_cell(pdf.w - 2 * MARGIN_MM, LINE_MM * size / NORMAL, pdf.plain(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _table(pdf: LetteredPdf, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
    """The head stands again on each page."""
    pdf.letters("", SMALL)
    pdf.set_text_color(*INK)
    options: dict[str, Any] = {"col_widths": tuple(widths), "width": sum(widths), "line_height": 4.0, "align": "LEFT"}
    with pdf.table(**options, borders_layout="HORIZONTAL_LINES", text_align=("LEFT", *["RIGHT"] * (len(widths) - 1))) as table:
        for row in [head, *rows]:
            cells = table.row()
            for text in row:
                cells.cell(pdf.plain(text))
