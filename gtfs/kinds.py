"""How the text of a GTFS field becomes a value, and a value text again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from transit.plan.network import BUS
from transit.plan.service_day import format_time

_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])", re.ASCII)
_WHOLE = re.compile(r"([0-9]{1,18})(\.0*)?", re.ASCII)  # 1.0: what spreadsheets and data frames make of a 1
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """parse raises ValueError with a sentence for whoever mends the feed. repeats: few distinct texts, worth remembering."""

    parse: Callable[[str], Any]
    format: Callable[[Any], str] = str
    default: Any = None
    repeats: bool = True


def _same(text: str) -> str:
    return text


def _parse_time(text: str) -> int:
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is no time; write HH:MM:SS, after midnight 25:10:00')
    hours, minutes, seconds = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _parse_date(text: str) -> date:
    try:
        if len(text) != 8 or not (text.isascii() and text.isdigit()):
            raise ValueError
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(f'"{text}" is no date; write YYYYMMDD, such as 20261124') from None


def _format_date(value: date) -> str:
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


def _parse_float(text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(f'"{text}" is no number; write digits with a decimal point, such as 3.6027')
    return value


def format_float(value: float) -> str:
    """The shortest text that reads back as the same number, without an exponent."""
    text = repr(float(value))
    return format(Decimal(text), "f") if "e" in text else text


def _parse_distance(text: str) -> float:
    value = _parse_float(text)
    if value < 0:
        raise ValueError(f'"{text}" is below zero; a distance counts up from 0')
    return value


def _degrees(limit: int) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = _parse_float(text)
        if abs(value) > limit:
            raise ValueError(f'"{text}" is outside -{limit}..{limit} degrees; are latitude and longitude swapped?')
        return value

    return parse


def _parse_whole(text: str) -> int:
    match = _WHOLE.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is no whole number; write digits only')
    return int(match[1])


def _one_of(lowest: int, highest: int, *more: tuple[int, int]) -> Callable[[str], int]:
    ranges = ((lowest, highest), *more)
    allowed = " or ".join(f"{low}..{high}" for low, high in ranges)

    def parse(text: str) -> int:
        value = _parse_whole(text)
        if not any(low <= value <= high for low, high in ranges):
            raise ValueError(f'"{text}" is not allowed here; GTFS knows {allowed}')
        return value

    return parse


def _parse_color(text: str) -> str:
    match = re.fullmatch(r"#?([0-9A-Fa-f]{6})", text)
    if not match:
        raise ValueError(f'"{text}" is no colour; write six hex digits without #, such as 0057B8')
    return match[1]


def _parse_timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        names = [name for name in available_timezones() if name.lower() == text.lower()]  # America/new_york
        if names:
            return names[0]
        raise ValueError(f'"{text}" is no known time zone; write a tz database name, such as Asia/Jakarta') from None
    return text


def _format_location_type(value: int) -> str:
    return str(value) if value else ""


TEXT = Kind(_same, _same, "")
LONG_TEXT = Kind(_same, _same, "", repeats=False)
TIME = Kind(_parse_time, format_time)
DATE = Kind(_parse_date, _format_date)
DISTANCE = Kind(_parse_distance, format_float, repeats=False)
LATITUDE = Kind(_degrees(90), format_float, repeats=False)
LONGITUDE = Kind(_degrees(180), format_float, repeats=False)
DECIMAL = (DISTANCE, LATITUDE, LONGITUDE)
WHOLE = Kind(_parse_whole)
COLOR = Kind(_parse_color, _same, "")
TIMEZONE = Kind(_parse_timezone, _same, "")
BIT = Kind(_one_of(0, 1))
UP_TO_2 = Kind(_one_of(0, 2))
UP_TO_3 = Kind(_one_of(0, 3))
LOCATION_TYPE = Kind(_one_of(0, 4), _format_location_type, 0)
ROUTE_TYPE = Kind(_one_of(0, 7, (11, 12), (100, 1799)), default=BUS)
EXCEPTION_TYPE = Kind(_one_of(1, 2))
