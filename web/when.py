"""When somebody wants to set out: a time and a day as people write them."""

from __future__ import annotations

import re
from datetime import datetime

from transit.plan.network import Network
from transit.plan.service_day import local_date, moment
from web.planner import DAWN_S

YEARS = range(1970, 2200)  # of which anybody asks; at the ends of the calendar no day before or after can be reckoned
DAYS = 7  # offered in forms
CLOCK = re.compile(r"^([01]?\d|2[0-3])(?:[:.,]?([0-5]\d))?$")  # 7.15, 07:15, 7,15, 0715, 7


def when_asked(network: Network, now: datetime, time_text: str, day_text: str) -> tuple[datetime, str]:
    """(the moment, what is wrong with what was typed); now where nothing is said, of another day its first bus."""
    text = time_text.strip()
    today = local_date(now, network.timezone)
    day = today
    if re.fullmatch(r"\d{8}", day_text):
        try:
            day = datetime.strptime(day_text, "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            day = today
        if day.year not in YEARS:
            day = today
    if not text:
        return (now if day == today else moment(day, DAWN_S, network.timezone)), ""
    match = CLOCK.match(text)
    if match is None:
        return now, text
    return moment(day, int(match[1]) * 3600 + int(match[2] or 0) * 60, network.timezone), ""
