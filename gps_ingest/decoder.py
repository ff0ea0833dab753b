"""Topic and payload to fixes, or to a named refusal; the last module that sees JSON or km/h."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from gps_ingest.other_forms import (
    HFP_SUBSCRIPTION,
    TRACCAR_SUBSCRIPTION,
    positions_of_hfp,
    positions_of_traccar,
    tracker_of_hfp,
)
from gps_ingest.unreadable import NOT_A_NUMBER, TIMES, Reason, complaint_of, is_utf8, of_text
from transit.operations.complaints import Complaint, ComplaintKind

PREFIX = ("transbinjai", "v1", "trackers")
SUBSCRIPTIONS = (
    "transbinjai/v1/trackers/+/position",
    "transbinjai/v1/trackers/+/status",
    "owntracks/+/+",
    TRACCAR_SUBSCRIPTION,
    HFP_SUBSCRIPTION,
)
MAX_PAYLOAD = 256 * 1024  # bytes: a flushed buffer of 2,000 fixes, three hours at one each 5 s
LONGEST_TOPIC = 200  # characters of a topic that a sentence repeats
LONGEST_QUOTED = 40  # characters of a wrong value that a sentence repeats
MAX_TRACKER_ID = 120  # characters: longer is no name but an accident
EARLIEST = 315_964_800  # 1980-01-06, the first day of GPS: seconds since start-up lie before it, weeks that rolled over do not
LATEST = 4_102_444_800  # 2100-01-01: beyond it lie milliseconds
KMH_PER_MPS = 3.6
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # with which some systems begin a text in UTF-8
NOBODY = "(unknown)"  # the tracker_id under which messages on a topic without one are counted


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
class ReadFix:
    """A fix, and what of it had to be left out."""

    fix: TrackerFix
    dropped: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """All that one message said. online None = nothing about the connection.

    dropped: optional fields that cannot be what they say; their fixes are used without them.
    """

    tracker_id: str
    fixes: tuple[TrackerFix, ...] = ()
    refusals: tuple[Complaint, ...] = ()
    online: bool | None = None
    dropped: tuple[Complaint, ...] = ()


Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
UnixTime = Annotated[float, Meta(ge=EARLIEST, le=LATEST)]
FARTHEST = 1e9  # metres of an odometer or an accuracy
FASTEST_TOLD_MPS = 150.0
FASTEST_KMH = 540.0
HIGHEST_SEQ = 2**63 - 1
UNKNOWN = -1.0  # how many trackers, and OwnTracks, write a value that they do not have


class Position(Struct):
    """One fix on .../position, in GTFS-Realtime's names and units."""

    latitude: Latitude
    longitude: Longitude
    timestamp: UnixTime
    bearing: Any = None  # what is optional is looked at by OptionalFields: it must not cost the fix
    speed: Any = None
    odometer: Any = None
    accuracy_m: Any = None
    battery_pct: Any = None
    seq: Any = None


class FixTime(Struct):
    """When a fix was, where no more is asked of it."""

    timestamp: float


class OwnTracksKind(Struct):
    """What OwnTracks says that a payload is."""

    type: str = msgspec.field(name="_type")


class Location(Struct):
    """OwnTracks _type=location: vel in km/h. Old versions of its apps send numbers in quotes, which are read as numbers."""

    lat: Latitude
    lon: Longitude
    tst: UnixTime
    created_at: Any = None
    acc: Any = None
    vel: Any = None
    cog: Any = None
    batt: Any = None


Parsed = TypeVar("Parsed")
NO_NUMBER = re.compile(rb"(?<=[:,\[\s])-?(?:NaN|Infinity)\b")  # the same with its sign

_position = msgspec.json.Decoder(Position)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_moment = msgspec.json.Decoder(FixTime)
_kind = msgspec.json.Decoder(OwnTracksKind)
_location = msgspec.json.Decoder(Location, strict=False)


def decode(topic: str, payload: bytes) -> DecodedMessage:
    """Never raises: whatever the bytes, the worst is a refusal with its reason."""
    tracker_id, read = _reader_of(topic)
    if read is None:
        return _refused(NOBODY, Reason.TOPIC, ComplaintKind.TOPIC, topic=repr(topic[:LONGEST_TOPIC]))
    if not _is_name(tracker_id):
        return _refused(NOBODY, Reason.TOPIC, ComplaintKind.TRACKER_ID, topic=repr(topic[:LONGEST_TOPIC]))
    if len(payload) > MAX_PAYLOAD:
        size = {"count": str(len(payload)), "most": str(MAX_PAYLOAD)}
        return _refused(tracker_id, Reason.TOO_LARGE, ComplaintKind.TOO_LARGE, **size)
    return read(tracker_id, payload.removeprefix(BYTE_ORDER_MARK))


def sender_of(topic: str, payload: bytes) -> str:
    """Under whose name decode() counts a message, without the work of reading its fixes.

    Of Traccar the device: a server reports for a whole fleet on one topic, and a vehicle computer on one topic for each place.
    """
    tracker_id, read = _reader_of(topic)
    if read is None or not _is_name(tracker_id):
        return NOBODY
    if read is _read_traccar and len(payload) <= MAX_PAYLOAD:
        device_id, _ = positions_of_traccar(payload)
        return device_id if device_id and _is_device(device_id) else tracker_id
    return tracker_id


def fixes_in(topic: str, payload: bytes) -> int:
    """How many fixes a message brings at most, without reading it; 1 where it cannot bring more."""
    _, read = _reader_of(topic)
    return max(payload.count(b"{"), 1) if read is _read_positions and payload.lstrip()[:1] == b"[" else 1


def over_limit(tracker_id: str) -> DecodedMessage:
    """What stands for a message that is not read, because its tracker sent more than it may."""
    return _refused(tracker_id, Reason.TOO_MANY, ComplaintKind.TOO_MANY)


def _reader_of(topic: str) -> tuple[str, Callable[[str, bytes], DecodedMessage] | None]:
    """Whom a topic names (of Traccar the server: the whole topic), and what reads its payloads; None of any other topic."""
    levels = topic.split("/")
    if len(levels) == 5 and tuple(levels[:3]) == PREFIX and levels[4] in ("position", "status"):
        return levels[3], _read_positions if levels[4] == "position" else _read_status
    if len(levels) == 3 and levels[0] == "owntracks":
        return f"{levels[1]}/{levels[2]}", _read_owntracks
    if len(levels) == 2 and levels[0] == "traccar" and levels[1]:
        return topic, _read_traccar
    own_id = tracker_of_hfp(levels)
    return (NOBODY, None) if own_id is None else (own_id, _read_hfp)


def _is_name(tracker_id: str) -> bool:
    return 0 < len(tracker_id) <= MAX_TRACKER_ID and tracker_id != "/" and tracker_id.isprintable()


def _is_device(device_id: str) -> bool:
    return len(device_id) <= MAX_TRACKER_ID and device_id.isprintable() and "/" not in device_id


def pieces_of(payload: bytes, most: int) -> list[bytes]:
    """An array of fixes as several of so many elements, by the time of the fix; anything else as it is."""
    elements = _attempt(_raw_list.decode, NOT_A_NUMBER.sub(b"1e999", payload)) if payload.lstrip()[:1] == b"[" else []
    if isinstance(elements, Complaint) or len(elements) <= most:
        return [payload]
    texts = [bytes(element) for _, element in sorted(enumerate(elements), key=_time_of)]
    return [b"[" + b",".join(texts[n : n + most]) + b"]" for n in range(0, len(texts), most)]


def _time_of(numbered: tuple[int, msgspec.Raw]) -> tuple[float, int]:
    """To sort by; what has no time that can be read comes first."""
    n, element = numbered
    try:
        return _moment.decode(element).timestamp, n
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0.0, n


def _refused(tracker_id: str, reason: Reason, kind: ComplaintKind, **figures: str) -> DecodedMessage:
    return DecodedMessage(tracker_id, refusals=(Complaint(reason, kind, figures),))


def _read_positions(tracker_id: str, payload: bytes) -> DecodedMessage:
    """One object, or an array of them: in an array each stands for itself."""
    if payload.lstrip()[:1] != b"[":
        return _message(tracker_id, [_read(_position.decode, _fix_of_position, payload)])
    elements = _attempt(_raw_list.decode, NOT_A_NUMBER.sub(b"1e999", payload))  # one NaN must not lose the others
    if isinstance(elements, Complaint):
        return DecodedMessage(tracker_id, (), (elements,))
    return _message(tracker_id, [_read(_position.decode, _fix_of_position, element) for element in elements])


def _message(tracker_id: str, read: Sequence[ReadFix | Complaint], online: bool | None = None) -> DecodedMessage:
    fixes_read = [part for part in read if isinstance(part, ReadFix)]
    return DecodedMessage(
        tracker_id=tracker_id,
        fixes=tuple(part.fix for part in fixes_read),
        refusals=tuple(part for part in read if isinstance(part, Complaint)),
        online=online,
        dropped=tuple(problem for part in fixes_read for problem in part.dropped),
    )


def _read_status(tracker_id: str, payload: bytes) -> DecodedMessage:
    word = payload[:20].strip()
    if word in (b"online", b"offline"):
        return DecodedMessage(tracker_id, online=word == b"online")
    if not word:  # the retained status was cleared
        return DecodedMessage(tracker_id)
    return _refused(tracker_id, Reason.STATUS, ComplaintKind.STATUS, value=repr(payload[:20].decode(errors="replace")))


def _read_owntracks(tracker_id: str, payload: bytes) -> DecodedMessage:
    kind = _attempt(_kind.decode, payload)
    if isinstance(kind, Complaint):
        is_other = kind.figures.get("field") == "_type"  # JSON, and not the app's
        return (
            _refused(tracker_id, Reason.MISSING_FIELD, ComplaintKind.NOT_OWNTRACKS)
            if is_other
            else _message(tracker_id, [kind])
        )
    if kind.type == "encrypted":
        return _refused(tracker_id, Reason.ENCRYPTED, ComplaintKind.ENCRYPTED)
    if kind.type != "location":
        return DecodedMessage(tracker_id, online=False if kind.type == "lwt" else None)
    return _message(tracker_id, [_read(_location.decode, _fix_of_location, payload)], online=True)


def _read_hfp(tracker_id: str, payload: bytes) -> DecodedMessage:
    return _read_positions(tracker_id, positions_of_hfp(payload))


def _read_traccar(tracker_id: str, payload: bytes) -> DecodedMessage:
    """The tracker is the device that the payload names; what names none is that of the topic, the server's."""
    server = tracker_id
    device_id, positions = positions_of_traccar(payload)
    if not device_id and positions != payload:
        return _refused(server, Reason.MISSING_FIELD, ComplaintKind.MISSING_FIELD, field="device.uniqueId")
    if not _is_device(device_id):
        return _refused(server, Reason.TOPIC, ComplaintKind.TRACKER_ID, topic=repr(server))
    return _read_positions(device_id or server, positions)


class OptionalFields:
    """The optional fields of one fix: each is a number within its bounds, or is left out and said to be."""

    def __init__(self) -> None:
        self.dropped: list[Complaint] = []

    def number(self, name: str, value: Any, highest: float, lowest: float = 0.0) -> float | None:
        if value is None:
            return None
        amount = _as_number(value)
        if amount is not None and lowest <= amount <= highest:
            return amount
        if amount != UNKNOWN:
            self.dropped.append(_of_optional(name, value, lowest, highest))
        return None

    def whole(self, name: str, value: Any, highest: int) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest:
            return value  # exact beyond the 53 bits of a float
        amount = self.number(name, value, float(highest))
        return None if amount is None else int(amount)


def _of_optional(name: str, value: Any, lowest: float, highest: float) -> Complaint:
    """Why a value cannot be that of an optional field."""
    text = value.strip() if isinstance(value, str) else ""
    pointed = text.replace(",", ".") if text.count(",") == 1 and len(text) <= LONGEST_QUOTED else ""
    amount = _as_number(pointed)
    if amount is not None and lowest <= amount <= highest:
        figures = {"field": name, "value": text, "pointed": pointed}
        return Complaint(Reason.OPTIONAL_FIELD, ComplaintKind.OPTIONAL_COMMA, figures)
    kind = ComplaintKind.OPTIONAL_TIME if name in TIMES else ComplaintKind.OPTIONAL_FIELD
    figures = {"field": name, "value": _quoted(value), "lowest": f"{lowest:.0f}", "highest": f"{highest:.0f}"}
    return Complaint(Reason.OPTIONAL_FIELD, kind, figures)


def _as_number(value: Any) -> float | None:
    """A number, or one in quotes; None of true and false, which Python counts as numbers, and of NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if amount == amount else None


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + "..."


def _fix_of_position(position: Position) -> ReadFix:
    optional = OptionalFields()
    bearing = optional.number("bearing", position.bearing, 360.0)
    fix = TrackerFix(
        lat=position.latitude,
        lon=position.longitude,
        fix_at=datetime.fromtimestamp(position.timestamp, UTC),
        bearing=None if bearing is None else bearing % 360.0,
        speed_mps=optional.number("speed", position.speed, FASTEST_TOLD_MPS),
        odometer_m=optional.number("odometer", position.odometer, FARTHEST),
        accuracy_m=optional.number("accuracy_m", position.accuracy_m, FARTHEST),
        battery_pct=optional.number("battery_pct", position.battery_pct, 100.0),
        seq=optional.whole("seq", position.seq, HIGHEST_SEQ),
    )
    return ReadFix(fix, tuple(optional.dropped))


def _fix_of_location(location: Location) -> ReadFix:
    optional = OptionalFields()
    bearing = optional.number("cog", location.cog, 360.0)
    speed_kmh = optional.number("vel", location.vel, FASTEST_KMH)
    created_at = optional.number("created_at", location.created_at, LATEST, EARLIEST)
    fix = TrackerFix(
        lat=location.lat,
        lon=location.lon,
        fix_at=datetime.fromtimestamp(location.tst, UTC),
        tracker_at=None if created_at is None else datetime.fromtimestamp(created_at, UTC),
        bearing=None if bearing is None else bearing % 360.0,
        speed_mps=None if speed_kmh is None else speed_kmh / KMH_PER_MPS,
        accuracy_m=optional.number("acc", location.acc, FARTHEST),
        battery_pct=optional.number("batt", location.batt, 100.0),
    )
    return ReadFix(fix, tuple(optional.dropped))


def _read(
    parse: Callable[[Any], Parsed], make: Callable[[Parsed], ReadFix], payload: bytes | msgspec.Raw
) -> ReadFix | Complaint:
    text = bytes(payload)
    if not text.isascii() and not is_utf8(text):  # msgspec does not look into the strings of fields that it skips
        return of_text(text)
    parsed = _attempt(parse, text)
    if isinstance(parsed, Complaint) and NO_NUMBER.search(text):  # in an optional field it costs only that
        without = _attempt(parse, NO_NUMBER.sub(b'"NaN"', text))
        parsed = parsed if isinstance(without, Complaint) else without
    return parsed if isinstance(parsed, Complaint) else make(parsed)


def _attempt(parse: Callable[[Any], Parsed], payload: bytes | msgspec.Raw) -> Parsed | Complaint:
    """What parse makes of the payload, or why it could not."""
    try:
        return parse(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return complaint_of(bytes(payload), error)
