"""Why a payload could not be read, as a complaint that names the field and what to send instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from transit.operations.complaints import Complaint, ComplaintKind

NOT_A_NUMBER = re.compile(rb"(?<=[:,\[\s-])(?:NaN|Infinity)\b")  # what some JSON writers make of a number they do not have
DECIMAL_COMMA = re.compile(rb'"(\w{1,20})"\s*:\s*"?(-?\d{1,13},\d{1,20})"?\s*[,}]')  # "latitude": 3,65939,
FIELD = re.compile(r"(?:\$\.|required field `)(\w+)`$")
BOUND = re.compile(r"((?:<=|>=) [-+.\w]+)")  # in msgspec's sentences
GOT = re.compile(r"got `(\w+)`")
BYTE = re.compile(r"\(byte (\d+)\)")
DIGITS = re.compile(r"\s*-?\d+(?:\.\d*)?\s*")
REQUIRED = ("latitude", "longitude", "timestamp")  # of a fix on .../position
TIMES = ("timestamp", "tst", "created_at")
LATITUDES, LONGITUDES = ("latitude", "lat"), ("longitude", "lon")
HIGHEST_LATITUDE, HIGHEST_LONGITUDE = 90.0, 180.0
SCALES = (1e5, 1e6, 1e7)  # by which devices multiply degrees to send whole numbers
OTHER_NAMES = {"latitude": ("lat", "y"), "longitude": ("lon", "lng", "x"), "timestamp": ("time", "ts", "date", "gps")}  # begins
GZIP = b"\x1f\x8b"
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how a text in UTF-16 begins
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # bytes that no text has
NMEA = re.compile(r"(\$[A-Z]{5}),")
SINGLE_QUOTED = re.compile(r"(?:\[\s*)?\{\s*'")
LIST_OF_NUMBERS = re.compile(rb"\s*-?[\d.]+\s*[,;]")
LONGEST_BEGIN = 24  # characters of a message that a sentence repeats
MOST_NAMES, LONGEST_NAME = 6, 20  # of fields that a sentence repeats


class Reason(StrEnum):
    """Why a payload, or one fix of it, could not be read. The value is what is counted and shown."""

    TOPIC = "unknown_topic"
    TOO_LARGE = "too_large"
    INVALID_UTF8 = "invalid_utf8"
    NOT_JSON = "not_json"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    OUT_OF_RANGE = "out_of_range"
    ENCRYPTED = "encrypted"
    STATUS = "unknown_status"
    TOO_MANY = "too_many"
    OPTIONAL_FIELD = "optional_field"  # costs the field, not the fix


def complaint_of(payload: bytes, error: Exception) -> Complaint:
    """error: what msgspec raised when it read the payload."""
    if isinstance(error, msgspec.ValidationError) and not LIST_OF_NUMBERS.match(payload):
        return _decimal_comma(payload) or _of_field(str(error), _object(payload))
    return of_text(payload, str(error))


def of_text(payload: bytes, sentence: str = "") -> Complaint:
    """Of a payload that is no JSON. sentence: what msgspec says of it."""
    if payload.startswith(GZIP):
        return Complaint(Reason.INVALID_UTF8, ComplaintKind.COMPRESSED)
    if not is_utf8(payload):
        is_text = payload.startswith(UTF16) or not CONTROL.search(payload)
        kind = ComplaintKind.NOT_UTF8 if is_text else ComplaintKind.BINARY
        return Complaint(Reason.INVALID_UTF8, kind)
    text = payload.decode().strip()
    if not text:
        return Complaint(Reason.NOT_JSON, ComplaintKind.EMPTY)
    return _decimal_comma(payload) or _other_text(text) or _not_json(payload, sentence)


def _other_text(text: str) -> Complaint | None:
    """Of a text that was never meant to be JSON. text: without white space around it, and not empty."""
    nmea = NMEA.match(text)
    if nmea is not None:
        return Complaint(Reason.NOT_JSON, ComplaintKind.NMEA, {"begins": nmea[1]})
    if SINGLE_QUOTED.match(text):
        return Complaint(Reason.NOT_JSON, ComplaintKind.SINGLE_QUOTES)
    if text[0] in '{["' or NOT_A_NUMBER.search(text.encode()):
        return None
    return Complaint(Reason.NOT_JSON, ComplaintKind.PLAIN_TEXT, {"begins": repr(text[:LONGEST_BEGIN])})


def _not_json(payload: bytes, sentence: str) -> Complaint:
    if NOT_A_NUMBER.search(payload):
        return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.NOT_A_NUMBER)
    place = BYTE.search(sentence)
    if place is None:
        return Complaint(Reason.NOT_JSON, ComplaintKind.CUT_OFF)
    return Complaint(Reason.NOT_JSON, ComplaintKind.NOT_JSON, {"place": place[1]})


def is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def _object(payload: bytes) -> Mapping[str, Any]:
    """The payload as it is; empty where it is no object."""
    try:
        sent = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _of_field(sentence: str, sent: Mapping[str, Any]) -> Complaint:
    """sentence: "Expected `float` <= 90.0 - at `$.name`", or "missing required field `name`"."""
    match = FIELD.search(sentence)
    field = match[1] if match else ""
    if "missing required field" in sentence:
        return _missing(field, sent)
    bound = BOUND.search(sentence)
    if bound is not None or "out of range" in sentence:
        return _beyond(field, bound[1] if bound else "<= 1e308", sent)
    got = GOT.search(sentence)
    type_got = got[1] if got else "?"
    if not field:
        kind = ComplaintKind.QUOTED_OBJECT if type_got == "str" else ComplaintKind.NOT_AN_OBJECT
        return Complaint(Reason.WRONG_TYPE, kind, {"got": type_got})
    return _of_type(field, type_got, str(sent.get(field, "")))


def _of_type(field: str, type_got: str, value: str) -> Complaint:
    """Of a field that should be a number, and is of another type. value: as text."""
    if type_got == "null":
        return Complaint(Reason.WRONG_TYPE, ComplaintKind.NO_VALUE, {"field": field})
    if type_got != "str":
        return Complaint(Reason.WRONG_TYPE, ComplaintKind.WRONG_TYPE, {"field": field, "got": type_got})
    if DIGITS.fullmatch(value):
        return Complaint(Reason.WRONG_TYPE, ComplaintKind.QUOTED_NUMBER, {"field": field})
    if field in TIMES:
        return Complaint(Reason.WRONG_TYPE, ComplaintKind.WRITTEN_TIME, {"field": field})
    return Complaint(Reason.WRONG_TYPE, ComplaintKind.WORDED_NUMBER, {"field": field, "value": repr(value[:LONGEST_BEGIN])})


def _missing(field: str, sent: Mapping[str, Any]) -> Complaint:
    """Names what is sent in the place of a field, where it is there: under another name, or within another object."""
    outer = next((name for name, value in sent.items() if isinstance(value, dict) and field in value), None)
    has_fields = any(name in sent for name in REQUIRED)
    if outer is not None and has_fields:
        return Complaint(Reason.MISSING_FIELD, ComplaintKind.NESTED_FIELD, {"field": field, "outer": outer[:LONGEST_NAME]})
    begins = OTHER_NAMES.get(field, ())
    if field in REQUIRED and sent and (not has_fields or any(name.lower().startswith(begins) for name in sent)):
        names = ", ".join(name[:LONGEST_NAME] for name in [*sent][:MOST_NAMES])
        return Complaint(Reason.MISSING_FIELD, ComplaintKind.OTHER_FIELDS, {"field": field, "sent": names})
    return Complaint(Reason.MISSING_FIELD, ComplaintKind.MISSING_FIELD, {"field": field})


def _beyond(field: str, bound: str, sent: Mapping[str, Any]) -> Complaint:
    """bound: what msgspec asks for, as "<= 90.0"."""
    figures = {"field": field, "bound": bound}
    if field in TIMES:
        kind = ComplaintKind.TIME_TOO_SMALL if bound.startswith(">") else ComplaintKind.TIME_TOO_LARGE
        return Complaint(Reason.OUT_OF_RANGE, kind, figures)
    lat, lon = _number(sent, LATITUDES), _number(sent, LONGITUDES)
    if lat is None or lon is None:
        return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.OUT_OF_RANGE, figures)
    if HIGHEST_LATITUDE < abs(lat) <= HIGHEST_LONGITUDE and abs(lon) <= HIGHEST_LATITUDE:
        return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.PLACES_SWAPPED, figures)
    degrees, others = _from_minutes(lat, HIGHEST_LATITUDE), _from_minutes(lon, HIGHEST_LONGITUDE)
    if degrees is not None and others is not None:
        figures = {"lat": f"{lat:g}", "lon": f"{lon:g}", "lat_degrees": f"{degrees:.5f}", "lon_degrees": f"{others:.5f}"}
        return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.DEGREES_AND_MINUTES, figures)
    for scale in SCALES:
        is_whole = lat == round(lat) and lon == round(lon) and max(abs(lat), abs(lon)) >= scale
        if is_whole and abs(lat) <= HIGHEST_LATITUDE * scale and abs(lon) <= HIGHEST_LONGITUDE * scale:
            figures = {"lat": f"{lat:.0f}", "lon": f"{lon:.0f}", "lat_degrees": f"{lat / scale:.5f}"}
            figures["lon_degrees"] = f"{lon / scale:.5f}"
            return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.SCALED_DEGREES, figures)
    return Complaint(Reason.OUT_OF_RANGE, ComplaintKind.OUT_OF_RANGE, figures)


def _number(sent: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    value = next((sent[name] for name in names if name in sent), None)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308 else None


def _from_minutes(value: float, highest: float) -> float | None:
    """The degrees of a number as receivers write it, 336.1668 for 3 degrees 36.1668 minutes; None where it is none."""
    whole, minutes = divmod(abs(value), 100.0)
    degrees = whole + minutes / 60.0
    return (degrees if value >= 0.0 else -degrees) if minutes < 60.0 and degrees <= highest else None


def _decimal_comma(payload: bytes) -> Complaint | None:
    """A tracker that writes numbers as its country does: 3,60278 is no JSON, "3,60278" no number."""
    match = DECIMAL_COMMA.search(payload)
    if match is None:
        return None
    field, number = match[1].decode(), match[2].decode()
    reason = Reason.NOT_JSON if b'"' + match[2] not in payload else Reason.WRONG_TYPE
    figures = {"field": field, "value": number, "pointed": number.replace(",", ".")}
    return Complaint(reason, ComplaintKind.DECIMAL_COMMA, figures)
