"""The operator's troubles in words: what is wrong, and what to do; the same on /armada and from `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from transit.operations.troubles import Figure, Trouble
from transit.operations.troubles import TroubleKind as Kind
from transit.plan.service_day import local_date
from web.words.languages import catalogue

UNITS = ((2 * 86400, 86400, "%(count)s days"), (2 * 3600, 3600, "%(count)s h"), (300, 60, "%(count)s min"))  # from, unit


class Words(NamedTuple):
    """Msgids. Both may speak of %(subject)s, %(since)s and the trouble's figures."""

    wrong: str
    remedy: str


WORDS: dict[Kind, Words] = {
    Kind.DATABASE_UNKNOWN: Words("The database does not fit: %(said)s", ""),
    Kind.DATABASE_AWAY: Words("The database cannot be reached: %(said)s.", "Check DATABASE_URL."),
    Kind.DATA_DIR_READ_ONLY: Words(
        "DATA_DIR %(folder)s cannot be written to.", "Give it to the user who runs the system."
    ),
    Kind.DISK_FULL: Words("Only %(free_mb)s MB are free where DATA_DIR lies.", "Make room, or reports cannot be stored."),
    Kind.BROKER_URL_WRONG: Words("The broker's address cannot be read: %(said)s.", "Check MQTT_URL."),
    Kind.BROKER_AWAY: Words(
        "The broker at %(subject)s cannot be reached (%(said)s).", "Start it (python app.py run does), or check MQTT_URL."
    ),
    Kind.BROKER_IS_NONE: Words(
        "Something at %(subject)s takes connections but does not answer as an MQTT broker.", "Check MQTT_URL, MQTT_PORT."
    ),
    Kind.BROKER_REFUSES_US: Words(
        "The broker at %(subject)s does not let us in: %(said)s.", "Check user and password in MQTT_URL."
    ),
    Kind.LIVE_NEVER_RAN: Words(
        "The live process has written nothing yet: no arrivals are computed.", "Start it: python app.py run"
    ),
    Kind.LIVE_STOPPED: Words(
        "The live process wrote last %(age_s)s ago: arrivals stand still.", "Start it: python app.py run"
    ),
    Kind.OFFERED_OPENLY: Words(
        "BIND offers the pages to the network without ADMIN_PASSWORD: /armada answers to this machine only.", "Set one."
    ),
    Kind.NO_NETWORK: Words(
        "No network is loaded.", "Import one: python app.py gtfs import FOLDER_OR_ZIP (data/binjai is the sample)."
    ),
    Kind.FEED_EMPTY: Words("The feed runs no service on any day: its calendar is empty.", "Import one that does."),
    Kind.FEED_EXPIRED: Words(
        "The feed expired: its last day of service was %(last_day)s.", "Import the new one: python app.py gtfs import ..."
    ),
    Kind.RUNS_IN_SPITE: Words(
        "Vehicle %(subject)s drives trip %(trip_id)s, which the notice “%(notice)s” says does not run.",
        "End the notice, or tell the driver.",
    ),
    Kind.FEED_EXPIRES: Words("The feed expires soon: its last day of service is %(last_day)s.", "Import the new one before."),
    Kind.OUR_CLOCK_WRONG: Words(
        "The clock of this machine is wrong: most trackers' clocks differ from it by %(wrong_s)s.",
        "Is NTP running? Set the clock of this machine, not those of the trackers.",
    ),
    Kind.OUR_CLOCK_STEPPED: Words(
        "The clock of this machine was set back by %(step_s)s: the newest report seems to be still to come.",
        "Nothing, if the clock is right now; check that NTP runs.",
    ),
    Kind.NEVER_REPORTED: Words(
        "No report of any tracker has ever come in.", "docs/TRACKERS.md shows how to send one by hand."
    ),
    Kind.NO_REPORTS: Words(
        "No report since %(since)s, %(age_s)s ago.", "Are trackers and broker connected?"
    ),
    Kind.UNMAPPED: Words(
        "Tracker %(subject)s reports but is on no vehicle: its reports drive nothing.",
        "Put it on one: python app.py trackers map %(subject)s VEHICLE",
    ),
    Kind.SHARED_VEHICLE: Words(
        "Trackers %(subject)s and %(others)s are both on vehicle %(vehicle)s.",
        "Take the one off that is not there: python app.py trackers unmap TRACKER",
    ),
    Kind.CLOCK_CORRECTED: Words(
        "The clock of tracker %(subject)s is off by %(wrong_s)s (corrected).", "Nothing urgent; set it when you are there."
    ),
    Kind.SOME_REFUSED: Words(
        "Tracker %(subject)s, %(since)s: a report was refused: %(said)s",
        "docs/TRACKERS.md has every reason and the way out.",
    ),
}  # fmt: skip


def words_of(trouble: Trouble) -> Words:
    return WORDS[trouble.kind]


def wrong(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """What is wrong, in a sentence."""
    return _fill(words_of(trouble).wrong, trouble, language, timezone, now)


def remedy(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """What to do about it; empty where the first sentence says it."""
    return _fill(words_of(trouble).remedy, trouble, language, timezone, now)


def sentence(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """Both, in one line."""
    return " ".join(filter(None, (wrong(trouble, language, timezone, now), remedy(trouble, language, timezone, now))))


def all_is_well(language: str) -> str:
    text: str = catalogue(language).gettext("All is well: database, network, broker, reports, live process.")
    return text


def _fill(text: str, trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    if not text:
        return ""
    figures = _written(trouble.figures, language, timezone, now)
    since = _moment(trouble.since, language, timezone, now) if trouble.since else ""
    sentence: str = catalogue(language).gettext(text) % {"subject": trouble.subject, "since": since, **figures}
    return sentence


def _written(figures: Mapping[str, Figure], language: str, timezone: str, now: datetime) -> dict[str, str]:
    """By the unit at the end of each name, as transit.operations.troubles.Trouble has it."""
    written = {}
    for name, value in figures.items():
        if isinstance(value, str):
            written[name] = value
        elif name.endswith("_s"):
            written[name] = span(value, language)
        elif name.endswith("_at"):
            written[name] = _moment(datetime.fromtimestamp(value, UTC), language, timezone, now)
        elif name.endswith("_share"):
            written[name] = f"{100 * value:.0f} %"
        else:
            written[name] = f"{value:.0f}"
    return written


def span(seconds: float, language: str) -> str:
    """A span of time in a unit of which it has several; how long, not in which direction."""
    size = abs(round(seconds))
    for least, unit, text in UNITS:
        if size >= least:
            phrase: str = catalogue(language).gettext(text) % {"count": size // unit}
            return phrase
    phrase = catalogue(language).gettext("%(count)s s") % {"count": size}
    return phrase


def _moment(at: datetime, language: str, timezone: str, now: datetime) -> str:
    """A time of day on the network's clock; with the date where it is another day's."""
    local = at.astimezone(ZoneInfo(timezone))
    time = f"{local:%H.%M}" if language == "id" else f"{local:%H:%M}"
    return time if local_date(at, timezone) == local_date(now, timezone) else f"{local:%Y-%m-%d} {time}"
