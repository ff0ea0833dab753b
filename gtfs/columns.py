"""The columns of GTFS Schedule that we know: how the text of each becomes a value, and a value text again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from transit.service_day import format_time

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """parse raises ValueError with a sentence for whoever mends the feed. repeats: few distinct texts, worth remembering."""

    parse: Callable[[str], Any]
    format: Callable[[Any], str] = str
    default: Any = None
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """name in the file, attribute of our record."""

    name: str
    attribute: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One file. The columns stand in the order of the record's fields; keys are columns that belong to no field of it."""

    file: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns)


def _same(text: str) -> str:
    return text


def _parse_time(text: str) -> int:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no time; write HH:MM:SS, after midnight 25:10:00')
    hours, minutes, seconds = found.groups()
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
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(f'"{text}" is no whole number; write digits only')
    return int(text)


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
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", text):
        raise ValueError(f'"{text}" is no colour; write six hex digits without #, such as 0057B8')
    return text


def _parse_timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
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
WHOLE = Kind(_parse_whole)
COLOR = Kind(_parse_color, _same, "")
TIMEZONE = Kind(_parse_timezone, _same, "")
BIT = Kind(_one_of(0, 1))
UP_TO_2 = Kind(_one_of(0, 2))
UP_TO_3 = Kind(_one_of(0, 3))
LOCATION_TYPE = Kind(_one_of(0, 4), _format_location_type, 0)
ROUTE_TYPE = Kind(_one_of(0, 7, (11, 12), (100, 1799)))
EXCEPTION_TYPE = Kind(_one_of(1, 2))

AGENCY = Table("agency.txt", (
    Column("agency_id", "agency_id", TEXT),
    Column("agency_name", "name", LONG_TEXT, required=True),
    Column("agency_url", "url", LONG_TEXT, required=True),
    Column("agency_timezone", "timezone", TIMEZONE, required=True),
    Column("agency_lang", "lang", TEXT),
    Column("agency_phone", "phone", LONG_TEXT),
    Column("agency_fare_url", "fare_url", LONG_TEXT),
    Column("agency_email", "email", LONG_TEXT),
))
STOPS = Table("stops.txt", (
    Column("stop_id", "stop_id", TEXT, required=True),
    Column("stop_name", "name", LONG_TEXT),
    Column("stop_lat", "lat", LATITUDE),
    Column("stop_lon", "lon", LONGITUDE),
    Column("stop_code", "code", LONG_TEXT),
    Column("stop_desc", "desc", LONG_TEXT),
    Column("zone_id", "zone_id", TEXT),
    Column("stop_url", "url", LONG_TEXT),
    Column("location_type", "location_type", LOCATION_TYPE),
    Column("parent_station", "parent_station", TEXT),
    Column("stop_timezone", "timezone", TIMEZONE),
    Column("wheelchair_boarding", "wheelchair_boarding", UP_TO_2),
    Column("platform_code", "platform_code", TEXT),
))
ROUTES = Table("routes.txt", (
    Column("route_id", "route_id", TEXT, required=True),
    Column("agency_id", "agency_id", TEXT),
    Column("route_short_name", "short_name", LONG_TEXT),
    Column("route_long_name", "long_name", LONG_TEXT),
    Column("route_type", "route_type", ROUTE_TYPE, required=True),
    Column("route_color", "color", COLOR),
    Column("route_text_color", "text_color", COLOR),
    Column("route_desc", "desc", LONG_TEXT),
    Column("route_url", "url", LONG_TEXT),
    Column("route_sort_order", "sort_order", WHOLE),
))
CALENDAR = Table("calendar.txt", (
    Column("service_id", "service_id", TEXT, required=True),
    *(Column(day, day, BIT, required=True) for day in WEEKDAYS),
    Column("start_date", "start_date", DATE, required=True),
    Column("end_date", "end_date", DATE, required=True),
))
CALENDAR_DATES = Table("calendar_dates.txt", (
    Column("service_id", "service_id", TEXT, required=True),
    Column("date", "date", DATE, required=True),
    Column("exception_type", "exception_type", EXCEPTION_TYPE, required=True),
))
SHAPES = Table("shapes.txt", (
    Column("shape_id", "shape_id", TEXT, required=True),
    Column("shape_pt_lat", "lat", LATITUDE, required=True),
    Column("shape_pt_lon", "lon", LONGITUDE, required=True),
    Column("shape_pt_sequence", "sequence", WHOLE, required=True),
    Column("shape_dist_traveled", "dist_traveled", DISTANCE),
))
TRIPS = Table("trips.txt", (
    Column("trip_id", "trip_id", TEXT, required=True),
    Column("route_id", "route_id", TEXT, required=True),
    Column("service_id", "service_id", TEXT, required=True),
    Column("direction_id", "direction_id", BIT),
    Column("shape_id", "shape_id", TEXT),
    Column("trip_headsign", "headsign", TEXT),
    Column("trip_short_name", "short_name", TEXT),
    Column("block_id", "block_id", TEXT),
    Column("wheelchair_accessible", "wheelchair_accessible", UP_TO_2),
    Column("bikes_allowed", "bikes_allowed", UP_TO_2),
))
STOP_TIMES = Table("stop_times.txt", (
    Column("trip_id", "trip_id", TEXT, required=True),
    Column("stop_id", "stop_id", TEXT, required=True),
    Column("stop_sequence", "stop_sequence", WHOLE, required=True),
    Column("arrival_time", "arrival_s", TIME),
    Column("departure_time", "departure_s", TIME),
    Column("timepoint", "timepoint", BIT),
    Column("shape_dist_traveled", "shape_dist_traveled", DISTANCE),
    Column("pickup_type", "pickup_type", UP_TO_3),
    Column("drop_off_type", "drop_off_type", UP_TO_3),
    Column("stop_headsign", "stop_headsign", TEXT),
))
FREQUENCIES = Table("frequencies.txt", (
    Column("trip_id", "trip_id", TEXT, required=True),
    Column("start_time", "start_s", TIME, required=True),
    Column("end_time", "end_s", TIME, required=True),
    Column("headway_secs", "headway_s", WHOLE, required=True),
    Column("exact_times", "exact_times", BIT),
))
FEED_INFO = Table("feed_info.txt", (
    Column("feed_publisher_name", "publisher_name", LONG_TEXT, required=True),
    Column("feed_publisher_url", "publisher_url", LONG_TEXT, required=True),
    Column("feed_lang", "lang", TEXT, required=True),
    Column("default_lang", "default_lang", TEXT),
    Column("feed_start_date", "start_date", DATE),
    Column("feed_end_date", "end_date", DATE),
    Column("feed_version", "version", LONG_TEXT),
    Column("feed_contact_email", "contact_email", LONG_TEXT),
    Column("feed_contact_url", "contact_url", LONG_TEXT),
))
TRANSLATIONS = Table("translations.txt", (
    Column("table_name", "table_name", TEXT, required=True),
    Column("field_name", "field_name", TEXT, required=True),
    Column("language", "language", TEXT, required=True),
    Column("translation", "translation", LONG_TEXT),
    Column("record_id", "record_id", LONG_TEXT),
    Column("record_sub_id", "record_sub_id", LONG_TEXT),
    Column("field_value", "field_value", LONG_TEXT),
))
TABLES = (AGENCY, STOPS, ROUTES, CALENDAR, CALENDAR_DATES, SHAPES, TRIPS, STOP_TIMES, FREQUENCIES, TRANSLATIONS, FEED_INFO)
REQUIRED_FILES = (AGENCY, STOPS, ROUTES, TRIPS, STOP_TIMES)
