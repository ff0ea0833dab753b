"""Topic and payload to fixes, or to a named refusal; the last module that sees JSON or km/h."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

PREFIX = ("transbinjai", "v1", "trackers")
SUBSCRIPTIONS = ("transbinjai/v1/trackers/+/position", "transbinjai/v1/trackers/+/status", "owntracks/+/+")
MAX_PAYLOAD = 256 * 1024  # bytes: a flushed buffer of 2,000 fixes, three hours at one each 5 s
MAX_TRACKER_ID = 120  # characters: longer is no name but an accident
EARLIEST = 946_684_800  # 2000-01-01: before it there was no tracker; seconds since start-up land there
LATEST = 4_102_444_800  # 2100-01-01: beyond it lie milliseconds
KMH_PER_MPS = 3.6
NOBODY = "(unknown)"  # the tracker_id under which messages on a topic without one are counted


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


@dataclass(frozen=True, slots=True)
class TrackerFix:
    """What a tracker said, on its own clock: fix_at of the position, tracker_at of its sending where it tells."""

    lat: float
    lon: float
    fix_at: datetime
    tracker_at: datetime | None = None
    bearing: float | None = None
    speed_mps: float | None = None
    odometer_m: float | None = None
    accuracy_m: float | None = None
    battery_pct: float | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class MalformedReport:
    """message is for the one who set the tracker up: it names the field and the way out."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """All that one message said. online None = nothing about the connection."""

    tracker_id: str
    fixes: tuple[TrackerFix, ...] = ()
    refusals: tuple[MalformedReport, ...] = ()
    online: bool | None = None


Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
UnixTime = Annotated[float, Meta(ge=EARLIEST, le=LATEST)]
Positive = Annotated[float, Meta(ge=0, le=1e9)]
Whole = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Position(Struct):
    """One fix on .../position, in GTFS-Realtime's names and units."""

    latitude: Latitude
    longitude: Longitude
    timestamp: UnixTime
    bearing: Annotated[float, Meta(ge=0, le=360)] | None = None
    speed: Annotated[float, Meta(ge=0, le=150)] | None = None
    odometer: Positive | None = None
    accuracy_m: Positive | None = None
    battery_pct: Annotated[float, Meta(ge=0, le=100)] | None = None
    seq: Whole | None = None


class OwnTracksKind(Struct):
    """What OwnTracks says that a payload is."""

    type: str = msgspec.field(name="_type")


class Location(Struct):
    """OwnTracks _type=location: vel in km/h; its apps send -1 for an unknown vel or cog, so those are not bounded here."""

    lat: Latitude
    lon: Longitude
    tst: UnixTime
    created_at: UnixTime | None = None
    acc: float | None = None
    vel: float | None = None
    cog: float | None = None
    batt: float | None = None


Parsed = TypeVar("Parsed")
NOT_A_NUMBER = re.compile(rb"(?<=[:,\[\s-])(?:NaN|Infinity)\b")  # what some JSON writers make of a number they do not have
FIELD = re.compile(r"(?:\$\.|required field `)(\w+)`$")

_position = msgspec.json.Decoder(Position)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_kind = msgspec.json.Decoder(OwnTracksKind)
_location = msgspec.json.Decoder(Location)


def decode(topic: str, payload: bytes) -> DecodedMessage:
    """Never raises: whatever the bytes, the worst is a refusal with its reason."""
    levels = topic.split("/")
    if len(levels) == 5 and tuple(levels[:3]) == PREFIX and levels[4] in ("position", "status"):
        tracker_id, read = levels[3], _read_positions if levels[4] == "position" else _read_status
    elif len(levels) == 3 and levels[0] == "owntracks":
        tracker_id, read = f"{levels[1]}/{levels[2]}", _read_owntracks
    else:
        message = f"nothing is read from the topic {topic[:200]!r}; docs/TRACKERS.md has those that are"
        return _refused(NOBODY, Reason.TOPIC, message)
    if not 0 < len(tracker_id) <= MAX_TRACKER_ID or tracker_id == "/" or not tracker_id.isprintable():
        return _refused(NOBODY, Reason.TOPIC, f"the tracker id in the topic {topic[:200]!r} is empty, unprintable or too long")
    if len(payload) > MAX_PAYLOAD:
        message = f"a payload of {len(payload)} bytes; send at most {MAX_PAYLOAD}, a longer buffer in several messages"
        return _refused(tracker_id, Reason.TOO_LARGE, message)
    return read(tracker_id, payload)


def _refused(tracker_id: str, reason: Reason, message: str) -> DecodedMessage:
    return DecodedMessage(tracker_id, refusals=(MalformedReport(reason, message),))


def _read_positions(tracker_id: str, payload: bytes) -> DecodedMessage:
    """One object, or an array of them: in an array each stands for itself."""
    if payload.lstrip()[:1] != b"[":
        fix = _read(_position.decode, _fix_of_position, payload)
        return DecodedMessage(tracker_id, (fix,)) if isinstance(fix, TrackerFix) else DecodedMessage(tracker_id, (), (fix,))
    elements = _attempt(_raw_list.decode, NOT_A_NUMBER.sub(b"1e999", payload))  # one NaN must not lose the others
    if isinstance(elements, MalformedReport):
        return DecodedMessage(tracker_id, (), (elements,))
    read = [_read(_position.decode, _fix_of_position, element) for element in elements]
    fixes = tuple(position for position in read if isinstance(position, TrackerFix))
    return DecodedMessage(tracker_id, fixes, tuple(position for position in read if isinstance(position, MalformedReport)))


def _read_status(tracker_id: str, payload: bytes) -> DecodedMessage:
    word = payload[:20].strip()
    if word in (b"online", b"offline"):
        return DecodedMessage(tracker_id, online=word == b"online")
    if not word:  # the retained status was cleared
        return DecodedMessage(tracker_id)
    return _refused(tracker_id, Reason.STATUS, f"the status is {payload[:20]!r}; send the bare text online or offline")


def _read_owntracks(tracker_id: str, payload: bytes) -> DecodedMessage:
    kind = _attempt(_kind.decode, payload)
    if isinstance(kind, MalformedReport):
        return DecodedMessage(tracker_id, (), (kind,))
    if kind.type == "encrypted":
        return _refused(tracker_id, Reason.ENCRYPTED, "OwnTracks encrypts its payload; clear the encryption key in the app")
    if kind.type != "location":
        return DecodedMessage(tracker_id, online=False if kind.type == "lwt" else None)
    fix = _read(_location.decode, _fix_of_location, payload)
    return (
        DecodedMessage(tracker_id, (fix,), (), True)
        if isinstance(fix, TrackerFix)
        else DecodedMessage(tracker_id, (), (fix,), True)
    )


def _fix_of_position(position: Position) -> TrackerFix:
    return TrackerFix(
        position.latitude,
        position.longitude,
        datetime.fromtimestamp(position.timestamp, UTC),
        None,
        None if position.bearing is None else position.bearing % 360.0,
        position.speed,
        position.odometer,
        position.accuracy_m,
        position.battery_pct,
        position.seq,
    )


def _fix_of_location(location: Location) -> TrackerFix:
    fix = TrackerFix(location.lat, location.lon, datetime.fromtimestamp(location.tst, UTC))
    return replace(
        fix,
        tracker_at=None if location.created_at is None else datetime.fromtimestamp(location.created_at, UTC),
        bearing=_within(location.cog, 360.0, lambda cog: cog % 360.0),
        speed_mps=_within(location.vel, 540.0, lambda vel: vel / KMH_PER_MPS),
        accuracy_m=_within(location.acc, 1e9),
        battery_pct=_within(location.batt, 100.0),
    )


def _within(value: float | None, highest: float, convert: Callable[[float], float] = float) -> float | None:
    return convert(value) if value is not None and 0.0 <= value <= highest else None


def _read(
    parse: Callable[[Any], Parsed], make: Callable[[Parsed], TrackerFix], payload: bytes | msgspec.Raw
) -> TrackerFix | MalformedReport:
    text = bytes(payload)
    if not text.isascii() and not _is_utf8(text):  # msgspec does not look into the strings of fields that it skips
        return _malformed_text(text, "")
    parsed = _attempt(parse, text)
    return parsed if isinstance(parsed, MalformedReport) else make(parsed)


def _attempt(parse: Callable[[Any], Parsed], payload: bytes | msgspec.Raw) -> Parsed | MalformedReport:
    """What parse makes of the payload, or why it could not."""
    try:
        return parse(payload)
    except msgspec.ValidationError as error:
        return _malformed_field(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _malformed_text(bytes(payload), str(error))


def _malformed_field(complaint: str) -> MalformedReport:
    """msgspec's sentence names the field as `$.name`, or in "missing required field `name`"."""
    match = FIELD.search(complaint)
    field = match[1] if match else "the payload"
    if "missing required field" in complaint:
        return MalformedReport(Reason.MISSING_FIELD, f"{field} is missing; a fix needs a position and the time of the fix")
    if "out of range" in complaint or " >= " in complaint or " <= " in complaint:
        hint = "; send Unix seconds of the fix, not milliseconds" if field in ("timestamp", "tst", "created_at") else ""
        return MalformedReport(Reason.OUT_OF_RANGE, f"{field} is out of range ({complaint}){hint}")
    return MalformedReport(Reason.WRONG_TYPE, f"{field} has the wrong type ({complaint}); numbers are sent without quotes")


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def _malformed_text(payload: bytes, complaint: str) -> MalformedReport:
    if not _is_utf8(payload):
        return MalformedReport(Reason.INVALID_UTF8, "the payload is not UTF-8; send JSON text in UTF-8")
    if NOT_A_NUMBER.search(payload):
        return MalformedReport(
            Reason.OUT_OF_RANGE, "a number is NaN or Infinity; leave a field out where its value is not known"
        )
    return MalformedReport(Reason.NOT_JSON, f"not JSON ({complaint}); send one JSON object, or an array of them")
