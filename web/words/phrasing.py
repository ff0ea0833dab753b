"""What is said to riders about times, ages and statuses, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil, floor
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime, format_decimal, gettext, ngettext

from transit.arrivals.alerts import Text
from transit.arrivals.headways import Spacing
from transit.arrivals.rows import Arrival, ArrivalStatus
from transit.arrivals.steadiness import HERE_S
from transit.arrivals.steadiness import minutes as whole_minutes
from transit.plan.network_hours import NetworkState, Running
from transit.plan.timetable import Hours, NoServiceReason
from transit.tracking.state import TO_COME, VehicleStatus
from web.words.languages import LANGUAGES, language

SOON_LAST = timedelta(minutes=30)  # how long before it the last bus of the day is marked in amber
BAND_MIN = 30  # minutes that the band under a time spans
SHOULD_HAVE_COME_S = 60.0  # this long after its moment an unseen bus is shown as one that should have come
DAYS_OF_A_WEEK = 7
MINUTES_OF_A_DAY = 24 * 60
WIDE = timedelta(minutes=3)  # an interval wider than this is told as a range

ICONS = {
    ArrivalStatus.LIVE: "live",
    ArrivalStatus.LIVE_OLD: "old",
    ArrivalStatus.AT_TERMINAL: "wait",
    ArrivalStatus.NEXT_TRIP: "next",
    ArrivalStatus.STANDING: "halt",
    ArrivalStatus.HEADWAY: "every",
    ArrivalStatus.SCHEDULED: "plan",
    ArrivalStatus.CANCELLED: "stop",
    ArrivalStatus.NOT_RUNNING: "moon",
    ArrivalStatus.NO_DATA: "blind",
    ArrivalStatus.DISRUPTED: "warn",
}


def clock(at: datetime, zone: str = "") -> str:
    """07.14 for Indonesian readers, 07:14 for the others; on the clock of this page, or of a zone."""
    return _formatted(at, "HH.mm" if language() == "id" else "HH:mm", zone)


def clock_of_day(seconds: float) -> str:
    """Seconds of a service day as a time of day: 25:10 of a timetable is 01.10."""
    hours, minutes_ = divmod(int(seconds) // 60 % MINUTES_OF_A_DAY, 60)
    return f"{hours:02d}{'.' if language() == 'id' else ':'}{minutes_:02d}"


def moment(at: datetime, now: datetime, zone: str = "") -> str:
    """A time of day; one that is not today's names its day: "Senin 06.41", more than six days off "Senin 4 Januari 06.41"."""
    apart = (_local_day(at, zone) - _local_day(now, zone)).days
    if apart == 0:
        return clock(at, zone)
    form = "EEEE" if 0 < apart < DAYS_OF_A_WEEK else "EEEE d MMMM"
    return f"{_formatted(at, form, zone)} {clock(at, zone)}"


def _local_day(at: datetime, zone: str) -> date:
    return date.fromisoformat(_formatted(at, "yyyy-MM-dd", zone))


def _formatted(at: datetime, form: str, zone: str) -> str:
    return str(format_datetime(at.astimezone(ZoneInfo(zone)), form, rebase=False) if zone else format_datetime(at, form))


def day(at: datetime) -> str:
    return str(format_datetime(at, "EEEE d MMMM"))


def span(since: datetime, until: datetime) -> str:
    """From one moment to another: "Senin 23 November, 14.00–22.00"; past midnight the second day is named, too."""
    first, last = f"{day(since)}, {clock(since)}", clock(until)
    return f"{first}–{last}" if day(since) == day(until) else f"{first} – {day(until)}, {last}"


def date_name(value: date | datetime) -> str:
    return str(format_date(value, "EEEE d MMMM y"))


def minutes(at: datetime, now: datetime, low: datetime | None = None, high: datetime | None = None) -> str:
    """Whole minutes, rounded down so that no rider comes too late; a range where the interval is wide; never "0"."""
    seconds = (at - now).total_seconds()
    if seconds < -SHOULD_HAVE_COME_S:
        return gettext("overdue")
    if low is not None and high is not None and is_wide(low, high) and seconds > HERE_S:
        first = max(1, floor((low - now).total_seconds() / 60))
        last = max(first + 1, ceil((high - now).total_seconds() / 60))
        return gettext("%(first)s–%(last)s min", first=first, last=last)
    if seconds <= HERE_S:
        return gettext("now")
    return gettext("%(count)s min", count=whole_minutes(at, now))


def is_wide(low: datetime | None, high: datetime | None) -> bool:
    """Whether a time is told as a range."""
    return low is not None and high is not None and high - low > WIDE


def age(at: datetime, now: datetime) -> str:
    if now - at < -TO_COME:
        return gettext("still to come")
    seconds = max(0, round((now - at).total_seconds()))
    if seconds < 90:
        return gettext("%(count)s s ago", count=seconds)
    if seconds < 5400:
        return gettext("%(count)s min ago", count=seconds // 60)
    if seconds < 36 * 3600:
        return gettext("%(count)s h ago", count=round(seconds / 3600))
    return ngettext("%(num)s day ago", "%(num)s days ago", round(seconds / 86400))


def status_word(status: ArrivalStatus) -> str:
    return {
        ArrivalStatus.LIVE: gettext("Live"),
        ArrivalStatus.LIVE_OLD: gettext("Live, but old"),
        ArrivalStatus.AT_TERMINAL: gettext("Waits at the terminal"),
        ArrivalStatus.NEXT_TRIP: gettext("Still on the trip before"),
        ArrivalStatus.STANDING: gettext("Standing"),
        ArrivalStatus.HEADWAY: gettext("Headway only"),
        ArrivalStatus.SCHEDULED: gettext("Timetable, no bus seen"),
        ArrivalStatus.CANCELLED: gettext("Cancelled"),
        ArrivalStatus.NOT_RUNNING: gettext("Not running now"),
        ArrivalStatus.NO_DATA: gettext("No bus data"),
        ArrivalStatus.DISRUPTED: gettext("Disrupted"),
    }[status]


def vehicle_word(status: VehicleStatus) -> str:
    return {
        VehicleStatus.ON_TRIP: gettext("On its trip"),
        VehicleStatus.LAYOVER: gettext("Waits at the terminal"),
        VehicleStatus.DEADHEAD: gettext("Out of service"),
        VehicleStatus.OFF_ROUTE: gettext("Off its route"),
        VehicleStatus.UNASSIGNED: gettext("No trip known"),
    }[status]


def spacing_word(spacing: Spacing) -> str:
    return {
        Spacing.BUNCHED: gettext("too close"),
        Spacing.EVEN: "",
        Spacing.GAP: gettext("gap"),
        Spacing.SEVERE_GAP: gettext("large gap"),
    }[spacing]


def stops_away(count: int) -> str:
    return gettext("next stop") if count == 0 else ngettext("%(num)s stop away", "%(num)s stops away", count)


def standing(since: datetime, place: str, *, in_jam: bool = False) -> str:
    """The text in place of minutes for a standing vehicle. place: the name of the stop where it stands."""
    if in_jam:
        return gettext("standing since %(time)s near %(stop)s; other buses stand there too", time=clock(since), stop=place)
    return gettext("standing since %(time)s near %(stop)s", time=clock(since), stop=place)


def every(seconds: int) -> str:
    return gettext("about every %(count)s min", count=max(1, round(seconds / 60)))


def note(row: Arrival, now: datetime) -> str:
    """The sentence of a row that is about a whole direction."""
    if row.status is ArrivalStatus.HEADWAY:
        return gettext("Buses come about every %(count)s minutes.", count=max(1, round((row.headway_s or 0) / 60)))
    if row.status is ArrivalStatus.NO_DATA:
        sentence = gettext("Buses should be running, but none of them can be seen right now.")
        return f"{sentence} {gettext('Planned: %(every)s.', every=every(row.headway_s))}" if row.headway_s else sentence
    if row.status is ArrivalStatus.DISRUPTED:
        return gettext("This route does not serve this stop at the moment. Read the notice above.")
    if row.status is ArrivalStatus.SCHEDULED and row.at:
        return gettext("Next planned bus: %(time)s.", time=moment(row.at, now))
    return " ".join(filter(None, [why(row), _next_first(row, now)]))


def why(row: Arrival) -> str:
    if row.why is NoServiceReason.HOLIDAY:
        return gettext("No buses today: %(name)s.", name=row.why_name) if row.why_name else gettext("No buses today: holiday.")
    if row.why is NoServiceReason.DAY_OF_WEEK:
        return gettext("No buses on this day of the week.")
    if row.why is NoServiceReason.NOT_IN_FORCE:
        return gettext("The timetable that we have is not in force today.")
    return gettext("No bus is planned now.")


def _next_first(row: Arrival, now: datetime) -> str:
    if row.at is None:
        return gettext("When buses run again is not known.")
    return gettext("First bus: %(time)s.", time=moment(row.at, now))


def text_of(text: Text) -> str:
    """A text in the reader's language, else in ours, else in any."""
    for tag in (language(), *LANGUAGES, ""):
        if text.get(tag):
            return text[tag]
    return next((value for value in text.values() if value), "")


def short_day(at: datetime) -> str:
    """Monday as "Mon", for a message that counts its characters."""
    return str(format_datetime(at, "EEE"))


def weekday(value: date | datetime) -> str:
    return str(format_date(value, "EEE d"))


def category(name: str) -> str:
    """Of places; an operator's own word stays as it is."""
    words = {
        "heritage": gettext("Heritage"),
        "monument": gettext("Monuments"),
        "culture": gettext("Culture"),
        "worship": gettext("Places of worship"),
        "culinary": gettext("Food"),
        "shopping": gettext("Shopping"),
        "recreation": gettext("Leisure"),
        "transport": gettext("Transport"),
        "government": gettext("City offices"),
        "hospital": gettext("Hospitals"),
        "school": gettext("Schools"),
        "other": gettext("Other"),
    }
    return words.get(name, name)


def kind_word(kind: str) -> str:
    """Of an endpoint of a journey."""
    return {
        "halte": gettext("stop"),
        "tempat": gettext("place"),
        "kelurahan": gettext("quarter"),
        "koridor": gettext("route"),
        "saya": gettext("where you are"),
    }[kind]


def network_state(state: NetworkState, now: datetime, silent_since: datetime | None, is_wholly_silent: bool = True) -> str:
    """The one sentence of the opening screen."""
    if silent_since is not None and not is_wholly_silent:
        return gettext("Some buses cannot be seen since %(time)s; they may run all the same", time=moment(silent_since, now))
    if silent_since is not None:
        return gettext("Trackers silent since %(time)s; the buses may run all the same", time=moment(silent_since, now))
    again = (
        gettext("again %(time)s", time=moment(state.at, now)) if state.at is not None else gettext("when again is not known")
    )
    if state.running is Running.RUNS and state.at is not None:
        return gettext("In service until %(time)s", time=moment(state.at, now))
    if state.running is Running.NOT_YET and state.at is not None:
        return gettext("First bus today %(time)s", time=clock(state.at))
    if state.running is Running.OVER:
        return gettext("No more buses today; %(again)s", again=again)
    if state.running is Running.HOLIDAY and state.holiday:
        return gettext("No buses today, %(name)s; %(again)s", name=state.holiday, again=again)
    return gettext("No buses today; %(again)s", again=again)


def number(value: float, digits: int = 1) -> str:
    """With the decimal sign of the reader's language, and always so many decimals."""
    return str(format_decimal(value, format=f"0.{'0' * digits}"))


def local(at: datetime) -> str:
    """A moment as the value of an input of type datetime-local, on the clock of this page."""
    return _formatted(at, "yyyy-MM-dd'T'HH:mm:ss", "")


def clock_band(low: datetime, high: datetime) -> str:
    """09.12–09.20; one time where both are the same minute."""
    first, last = clock(low), clock(high)
    return first if first == last else f"{first}–{last}"


def band_minutes(low: datetime, high: datetime, now: datetime) -> tuple[int, int]:
    """Where the band under a time begins and ends, whole minutes from now, within BAND_MIN; as wide as the words say."""
    first = min(max(0, floor((low - now).total_seconds() / 60)), BAND_MIN - 1)
    return first, max(first + 1, min(BAND_MIN, ceil((high - now).total_seconds() / 60)))


def hours(day_hours: Hours) -> str:
    """First and last bus of today in one line."""
    first, last = clock(day_hours.first_at), clock(day_hours.last_at)
    if day_hours.about:
        return gettext("first about %(first)s, last about %(last)s", first=first, last=last)
    return gettext("first %(first)s, last %(last)s", first=first, last=last)
