"""Reports of service: for the Dinas with every figure (/armada/kinerja), and for everybody in plain words (/kinerja)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from http import HTTPStatus

import xlsxwriter
from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import gettext

from transit.plan.service_day import local_date
from transit.quality.performance import PerformanceFigures
from web.answers import the_network
from web.boards.performance import NamedFigures, PerformanceBoard, Period, performance, span_of
from web.words import performance as words
from web.words.cells import plain
from web.world import world

pages = Blueprint("performance", __name__)
COLUMNS = (  # of CSV and XLSX: field of PerformanceFigures, heading, what it is divided by for people
    ("excess_wait_s", "excess_wait_min", 60.0),
    ("over_promise_s", "wait_over_promise_min", 60.0),
    ("wait_s", "wait_min", 60.0),
    ("variation", "headway_cv", 1.0),
    ("kept", "kept_share", 1.0),
    ("bunched", "bunched_share", 1.0),
    ("gaps", "gap_share", 1.0),
    ("on_time", "on_time_share", 1.0),
    ("trips", "trips", 1.0),
    ("planned_trips", "planned_trips", 1.0),
    ("km", "km", 1.0),
    ("run_p50_min", "run_p50_min", 1.0),
    ("run_p90_min", "run_p90_min", 1.0),
    ("cycle_p50_min", "cycle_p50_min", 1.0),
    ("cycle_p90_min", "cycle_p90_min", 1.0),
    ("buses", "buses", 1.0),
    ("headways", "headways", 1.0),
    ("hours", "hours", 1.0),
    ("hours_left_out", "hours_left_out", 1.0),
)


@pages.get("/armada/kinerja")
def performance_page() -> Response:
    the_network()
    period, day, wrong = _asked()
    board = performance(world(), period, day)
    shown = {"board": board, "words": words, "wrong": wrong, "periods": Period, "around": _around(period, day)}
    page = render_template("performance.html", **shown, day=request.args.get("tanggal", "")[:20] or day.isoformat())
    return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else 200)


@pages.get("/armada/kinerja.csv")
def performance_csv() -> Response:
    board = _board()
    out = io.StringIO()
    rows = csv.writer(out)
    for row in _rows(board):
        rows.writerow(["" if value is None else value for value in row])
    name = f"kinerja-{board.first}-{board.last}.csv"
    return Response(out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"})


@pages.get("/armada/kinerja.xlsx")
def performance_xlsx() -> Response:
    board = _board()
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("kinerja")
    for n, row in enumerate(_rows(board)):
        for m, value in enumerate(row):
            if isinstance(value, (int, float)):
                sheet.write_number(n, m, value)
            elif value is not None:
                sheet.write_string(n, m, value)
    sheet.freeze_panes(1, 3)
    sheet.autofit()
    book.close()
    name = f"kinerja-{board.first}-{board.last}.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(out.getvalue(), mimetype=kind, headers={"Content-Disposition": f"attachment; filename={name}"})


@pages.get("/armada/kinerja.pdf")
def performance_pdf() -> Response:
    """The report as PDF, for the Dinas to print and sign."""
    from web.print.performance_report import report_pdf  # fonts and their tools: only who prints loads them

    board, network = _board(), the_network()
    content = report_pdf(network, board, world().now())
    name = f"kinerja-{board.first}-{board.last}.pdf"
    headers = {"Content-Disposition": f"inline; filename={name}"}
    return Response(content, mimetype="application/pdf", headers=headers)


@pages.get("/kinerja")
def public_page() -> Response:
    """The last seven days, in words that a rider understands."""
    network = the_network()
    today = local_date(world().now(), network.timezone)
    board = performance(world(), Period.WEEK, today)
    before = performance(world(), Period.WEEK, today - timedelta(days=7))
    response = make_response(render_template("performance_public.html", board=board, before=before))
    response.cache_control.max_age = 300
    return response


def _asked() -> tuple[Period, date, dict[str, str]]:
    network = the_network()
    today = local_date(world().now(), network.timezone)
    wrong: dict[str, str] = {}
    period, day = Period.DAY, today
    text = request.args.get("per", "").strip()
    if text and text not in set(Period):
        wrong["per"] = gettext("%(text)s is none of: %(choices)s.", text=text[:20], choices=", ".join(Period))
    elif text:
        period = Period(text)
    text = request.args.get("tanggal", "").strip()
    if text:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            wrong["tanggal"] = gettext("%(text)s is no date like 2026-11-28.", text=text[:20])
    if not date(2000, 1, 1) <= day <= today:
        wrong["tanggal"] = gettext("%(day)s lies in the future: of that nothing is known.", day=day.isoformat())
        day = today
    return period, day, wrong


def _board() -> PerformanceBoard:
    period, day, wrong = _asked()
    if wrong:
        abort(400, "; ".join(f"{name}: {text}" for name, text in wrong.items()))
    board = performance(world(), period, day)
    assert board is not None
    return board


def _around(period: Period, day: date) -> tuple[date, date]:
    """A day of the previous period and one of the next."""
    first, last = span_of(period, day)
    return first - timedelta(days=1), last + timedelta(days=1)


def _rows(board: PerformanceBoard) -> Iterable[list[str | float | int | None]]:
    yield ["by", "name", "headsign", *(heading for _, heading, _ in COLUMNS), "first_kept_share", "last_kept_share", "empty_km"]
    yield ["all", f"{board.first}..{board.last}", "", *_numbers(board.total), None, None, _rounded(board.empty_km)]
    for by, some in (("direction", board.by_direction), ("day", board.by_day), ("hour", board.by_hour)):
        for row in some:
            yield [
                by,
                plain(_name(row)),
                plain(row.name if row.route else ""),
                *_numbers(row.figures),
                row.first_kept,
                row.last_kept,
                _rounded(row.empty_km),
            ]
    for name, value in _of_riders(board):
        yield [name, "", "", value]


def _of_riders(board: PerformanceBoard) -> list[tuple[str, float | int | None]]:
    """What is no figure of a row: of advice, reports of riders and promises, one value each under excess_wait_min's column."""
    return [
        ("advice_applied", board.advice.applied),
        ("advice_kept", board.advice.kept),
        ("advice_declined", board.advice.declined),
        ("reports_received", board.tickets.received),
        ("reports_answered", board.tickets.answered),
        ("hours_to_answer_median", _rounded(board.tickets.answer_h)),
        ("promises_eta_score", _rounded(board.eta_score)),
        ("promises_days_scored", board.scored_days),
        ("days_not_computed", len(board.missing)),
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _name(row: NamedFigures) -> str:
    return (row.route.short_name or row.route.long_name) if row.route else row.name


def _numbers(figures: PerformanceFigures) -> list[float | int | None]:
    values = [(getattr(figures, name), by) for name, _, by in COLUMNS]
    return [None if value is None else value if isinstance(value, int) else round(value / by, 4) for value, by in values]
