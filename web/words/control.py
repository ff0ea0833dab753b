"""What is said to dispatchers of headways and advice."""

from __future__ import annotations

from datetime import datetime

from flask_babel import format_datetime, gettext

from transit.control.corridor import BusState
from transit.control.holding import HoldingAdvice, NoAdvice
from web.words.languages import language


def bus_word(state: BusState) -> str:
    return bus_words()[state]


def bus_words() -> dict[BusState, str]:
    return {
        BusState.RUNNING: gettext("running"),
        BusState.WAITING: gettext("at the terminal"),
        BusState.OFF_LINE: gettext("off its line"),
        BusState.STANDING: gettext("standing"),
        BusState.SILENT: gettext("silent"),
    }


def mins(seconds: float | None) -> str:
    """Whole minutes; a dash where it is not known."""
    return "–" if seconds is None else str(round(seconds / 60.0))


def no_advice(advice: HoldingAdvice) -> str:
    """Why nothing is advised for a bus."""
    why = advice.why_not
    return {
        NoAdvice.OUTAGE: gettext("the fleet is not heard"),
        NoAdvice.TOO_FEW: gettext("fewer than two buses are on this route"),
        NoAdvice.NO_HEADWAY: gettext("no headway is promised here now"),
        NoAdvice.TIMETABLE: gettext("this route keeps a timetable: a bus that is held would leave late"),
        NoAdvice.LAST_CYCLE: gettext("it is the last round of the day"),
        NoAdvice.NEIGHBOUR_SILENT: gettext("%(bus)s next to it is silent", bus=advice.silent_id),
        NoAdvice.NO_DEPARTURE: gettext("no bus has left this terminal yet"),
        None: "",
    }[why]


def clock_s(at: datetime) -> str:
    """With seconds: 07.14.45 for Indonesian readers, 07:14:45 for the others."""
    return str(format_datetime(at, "HH.mm.ss" if language() == "id" else "HH:mm:ss"))


def moment_full(at: datetime) -> str:
    """Day and time of a moment."""
    return f"{format_datetime(at, 'EEEE d MMMM y')}, {clock_s(at)}"


def factor_word(name: str) -> str:
    """A feature of the forecaster (transit.forecasting.regression) in words."""
    return {
        "always": gettext("what is always so"),
        "network today": gettext("traffic of the whole city today"),
        "stream lately": gettext("this route in the last minutes"),
        "stream today": gettext("this route today"),
        "own pace": gettext("how this bus drives today"),
        "own pace lately": gettext("how this bus drove lately"),
        "headway": gettext("how far the bus ahead is"),
        "links ahead lately": gettext("the streets ahead in the last minutes"),
        "links ahead today": gettext("the streets ahead today"),
        "own last minutes": gettext("the last minutes of this bus"),
        "age of fix": gettext("how old its position is"),
        "stands": gettext("it stands"),
        "still stopping": gettext("it is still at a stop"),
        "ahead of plan": gettext("it is ahead of its plan"),
        "behind plan": gettext("it is behind its plan"),
    }.get(name, name)
