"""What is said of the figures of service: their names and formulas, the same on the page and in print."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from transit.quality.performance import PerformanceFigures
from web.words import phrasing

if TYPE_CHECKING:
    from web.boards.performance import PerformanceBoard

NOTHING = "–"
OPENS, BETWEEN, CLOSES = "\ue000", "\ue001", "\ue002"  # marks around a number and its address: private-use characters
MARKED = re.compile(f"{OPENS}([^{BETWEEN}]*){BETWEEN}([^{CLOSES}]*){CLOSES}")


def formulas() -> list[str]:
    """How each figure is computed."""
    return [
        gettext("Headways h are between successive buses at each stop but the last; H is the headway promised then."),
        gettext("Excess wait: sum(h²) / 2 sum(h) − mean(h) / 2. What unevenness alone costs a rider, on average."),
        gettext(
            "Wait over the promise: sum(h²) / 2 sum(h) − sum(H²) / 2 sum(H). "
            "With too few buses it is large even if they run evenly."
        ),
        gettext(
            "Variation: standard deviation of h over its mean. Kept: h ≤ H + 3 min. "
            "Bunched: h ≤ 2 min or H / 4. Gap: h ≥ 1.5 H."
        ),
        gettext(
            "On time, timetabled only: from the first stop 0 to 3 min late, at others 1 min early to 6 min late, "
            "at the last stop at most 5 min late."
        ),
        gettext(
            "First and last bus kept: one left within a headway of the planned first and last departure. "
            "Days on which that hour is left out do not count."
        ),
        gettext("Kilometres: along the line between the first and the last stop at which a trip was seen."),
        gettext(
            "Kilometres without a trip: in straight lines from minute to minute, of buses that were heard and on no trip; "
            "under 100 m a minute is no move."
        ),
        gettext("Round: from one departure of a bus at the first stop of a direction to its next one there, at most 3 h."),
        gettext("Hours in which vehicles under way were heard at fewer than 80 % of looks are left out and named."),
    ]


def headings() -> list[str]:
    """Of the columns of a table of figures, in the order of cells()."""
    return [
        gettext("Excess wait"),
        gettext("Wait over the promise"),
        gettext("Headways kept"),
        gettext("Bunched"),
        gettext("Gaps"),
        gettext("Variation"),
        gettext("On time"),
        gettext("Trips of planned"),
        gettext("km"),
        gettext("km without a trip"),
        gettext("Run, median and p90"),
        gettext("Round, median and p90"),
        gettext("Buses"),
    ]


def cells(figures: PerformanceFigures, empty_km: float | None) -> list[str]:
    """One row of a table: minutes, shares in per cent. Cells are empty where all hours were left out."""
    return [
        minutes(figures.excess_wait_s),
        minutes(figures.over_promise_s),
        share(figures.kept),
        share(figures.bunched),
        share(figures.gaps),
        NOTHING if figures.variation is None else phrasing.number(figures.variation, 2),
        share(figures.on_time),
        f"{figures.trips} / {round(figures.planned_trips)}" if figures.hours else NOTHING,
        str(round(figures.km)) if figures.hours else NOTHING,
        NOTHING if empty_km is None else str(round(empty_km)),
        f"{_whole(figures.run_p50_min)} / {_whole(figures.run_p90_min)}",
        f"{_whole(figures.cycle_p50_min)} / {_whole(figures.cycle_p90_min)}",
        NOTHING if figures.buses is None else phrasing.number(figures.buses),
    ]


def minutes(seconds: float | None) -> str:
    return NOTHING if seconds is None else phrasing.number(seconds / 60.0)


def share(value: float | None) -> str:
    return NOTHING if value is None else f"{round(value * 100.0)} %"


def _whole(value: int | None) -> str:
    return NOTHING if value is None else str(value)


Shown = tuple[datetime, str]  # a moment and a stop_id of the playback
Linked = Callable[[object, Shown | None], str]  # a number, and where it is looked at


def plain_number(text: object, place: Shown | None) -> str:
    return str(text)


def marked_number(text: object, place: Shown | None) -> str:
    """With its place, for with_links()."""
    if place is None or text in (0, NOTHING):
        return str(text)
    query = urlencode({"t": phrasing.local(place[0]), "halte": place[1]}, safe=":")
    return f"{OPENS}/armada/putar?{query}{BETWEEN}{text}{CLOSES}"


def with_links(sentence: str) -> Markup:
    """A sentence with marked numbers as HTML."""
    return Markup(MARKED.sub(r'<a href="\1">\2</a>', str(escape(sentence))))


def other_figures(board: PerformanceBoard, number: Linked = plain_number) -> list[str]:
    """Promises, advice and riders' reports, a sentence each; the page says the same."""
    if board.eta_score is None:
        promises = gettext("No scorecard of promises is kept of these days.")
    else:
        promises = ngettext(
            "Of the promises of %(num)s day, %(score)s %% were right by the ETA benchmark.",
            "Of the promises of %(num)s days, %(score)s %% were right by the ETA benchmark.",
            board.scored_days,
            score=number(phrasing.number(board.eta_score), board.promise_shown("all")),
        )
    advice, tickets = board.advice, board.tickets
    places = {name: (row.leave_at, row.stop_id) for name, row in advice.shown.items()}
    sentences = [
        promises,
        gettext(
            "Advice: %(applied)s applied, %(kept)s kept, %(declined)s declined.",
            applied=number(advice.applied, places.get("applied")),
            kept=number(advice.kept, places.get("kept")),
            declined=number(advice.declined, places.get("declined")),
        ),
    ]
    if not tickets.received:
        return [*sentences, gettext("No rider reported anything.")]
    kinds = ", ".join(f"{_ticket_word(kind)} {number(count, tickets.shown.get(kind))}" for kind, count in tickets.by_kind)
    reports = gettext(
        "Reports of riders: %(received)s (%(kinds)s), %(answered)s answered.",
        received=number(tickets.received, tickets.shown.get("received")),
        kinds=kinds,
        answered=number(tickets.answered, tickets.shown.get("answered")),
    )
    if tickets.answer_h is not None:
        hours = number(phrasing.number(tickets.answer_h), tickets.shown.get("answer_h"))
        reports += " " + gettext("Half of the answers came within %(count)s h.", count=hours)
    return [*sentences, reports]


def scorecard_figures(board: PerformanceBoard, number: Linked = plain_number) -> list[str]:
    """The last scored day's promises, a sentence for each figure."""
    scores = board.scores
    if scores is None:
        return []
    lines = [
        gettext("%(count)s promises were compared with what came.", count=number(scores["scored"], board.promise_shown("all")))
    ]
    for band, seconds in (scores.get("mae_s") or {}).items():
        if seconds is not None:
            wrong = number(round(seconds), board.promise_shown(band))
            lines.append(gettext("%(band)s min ahead: wrong by %(count)s s on average", band=band, count=wrong))
    if covered := scores.get("interval80"):
        share_pct = number(phrasing.number(covered["coverage_pct"]), board.promise_shown("interval80"))
        lines.append(gettext("Of the times between which four of five should lie, %(count)s %% did.", count=share_pct))
    return lines


def _ticket_word(kind: str) -> str:
    return {
        "no_bus": gettext("The bus did not come"),
        "passed_by": gettext("The bus passed without stopping"),
        "wrong_stop": gettext("The stop is wrong"),
        "wrong_info": gettext("The information is wrong"),
    }.get(kind) or gettext("Something else")
