"""The draft of an answer to a ticket, from what was observed at the stop; a person reads, corrects and sends it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext, ngettext

from transit.arrivals.alerts import Alert
from transit.plan.network import Stop
from transit.quality.verdict import RecordedCall, TicketVerdict, VerdictKind
from web.words import names, phrasing

ABOUT_BUSES = ("no_bus", "passed_by", "wrong_info")  # kinds of reports that what was seen answers
FAR_OFF = timedelta(minutes=2)  # error of a prediction from which the answer admits it
NOTICES = 1  # active notices named in an answer


def drafted(stop: Stop, verdict: TicketVerdict, alerts: Sequence[Alert], longest: int) -> str:
    """The draft in whole sentences, at most `longest` characters."""
    sentences = [_what_came(stop, verdict), *_what_was_shown(verdict), *_what_else(verdict, alerts)]
    text = ""
    for sentence in filter(None, sentences):
        longer = f"{text} {sentence}".strip()
        if len(longer) > longest:
            break
        text = longer
    return text


def _what_came(stop: Stop, verdict: TicketVerdict) -> str:
    place = {"stop": names.stop_name(stop), "time": phrasing.clock(verdict.asked_at)}
    if verdict.kind is VerdictKind.PASSED:
        row = _nearest(verdict)
        came = {"bus": row.vehicle_id, "at": phrasing.clock(row.arrived_at)} if row else {"bus": "", "at": ""}
        return gettext("Around %(time)s bus %(bus)s was at %(stop)s, at %(at)s by its tracker.", **place, **came)
    if verdict.kind is VerdictKind.LATE and verdict.after is not None:
        waited = round((verdict.after.arrived_at - verdict.asked_at).total_seconds() / 60)
        late = ngettext(
            "We are sorry: at %(time)s no bus was at %(stop)s; bus %(bus)s came at %(at)s, %(num)s minute later.",
            "We are sorry: at %(time)s no bus was at %(stop)s; bus %(bus)s came at %(at)s, %(num)s minutes later.",
            waited,
            bus=verdict.after.vehicle_id,
            at=phrasing.clock(verdict.after.arrived_at),
            **place,
        )
        return str(late)
    if verdict.kind is VerdictKind.NOT_SEEN:
        return gettext("We are sorry: in the half hour before and after %(time)s no bus was seen at %(stop)s.", **place)
    return gettext("We are sorry: of %(time)s nothing was recorded, so we cannot say whether a bus came to %(stop)s.", **place)


def _nearest(verdict: TicketVerdict) -> RecordedCall | None:
    def apart(row: RecordedCall) -> float:
        return abs((row.arrived_at - verdict.asked_at).total_seconds())

    return min(verdict.passages, key=apart, default=None)


def _what_was_shown(verdict: TicketVerdict) -> list[str]:
    """What the page had said last of a bus that came at another time, or not at all."""
    for row in verdict.promises:
        came: datetime | None = row.came_at
        if came is not None and abs(came - row.last_said_at) >= FAR_OFF:
            shown = {"bus": row.vehicle_id, "said": phrasing.clock(row.last_said_at), "came": phrasing.clock(came)}
            return [gettext("Our page had shown bus %(bus)s for %(said)s; it came at %(came)s.", **shown)]
        if came is None and verdict.kind is not VerdictKind.PASSED:
            shown = {"bus": row.vehicle_id, "said": phrasing.clock(row.last_said_at)}
            return [gettext("Our page had shown bus %(bus)s for %(said)s, and that was wrong.", **shown)]
    return []


def _what_else(verdict: TicketVerdict, alerts: Sequence[Alert]) -> list[str]:
    lines = [gettext("Notice then: %(words)s.", words=phrasing.text_of(alert.header)) for alert in alerts[:NOTICES]]
    if verdict.silent and verdict.kind is not VerdictKind.PASSED:
        silent = ", ".join(verdict.silent)
        lines.append(gettext("%(buses)s was not heard then and may have passed unseen.", buses=silent))
    return lines
