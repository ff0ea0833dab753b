"""What cannot be read of a payload, as values, so that each reader gets the sentence in their own language."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec


class ComplaintKind(StrEnum):
    """What is wrong with a payload; SENTENCES has the words."""

    TOPIC = "topic"
    TRACKER_ID = "tracker_id"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    STATUS = "status"
    ENCRYPTED = "encrypted"
    NOT_OWNTRACKS = "not_owntracks"
    OPTIONAL_FIELD = "optional_field"
    OPTIONAL_COMMA = "optional_comma"
    OPTIONAL_TIME = "optional_time"
    MISSING_FIELD = "missing_field"
    OTHER_FIELDS = "other_fields"
    NESTED_FIELD = "nested_field"
    OUT_OF_RANGE = "out_of_range"
    PLACES_SWAPPED = "places_swapped"
    DEGREES_AND_MINUTES = "degrees_and_minutes"
    SCALED_DEGREES = "scaled_degrees"
    TIME_TOO_LARGE = "time_too_large"
    TIME_TOO_SMALL = "time_too_small"
    NOT_A_NUMBER = "not_a_number"
    QUOTED_NUMBER = "quoted_number"
    WORDED_NUMBER = "worded_number"
    WRITTEN_TIME = "written_time"
    WRONG_TYPE = "wrong_type"
    NO_VALUE = "no_value"
    NOT_AN_OBJECT = "not_an_object"
    DECIMAL_COMMA = "decimal_comma"
    QUOTED_OBJECT = "quoted_object"
    NOT_UTF8 = "not_utf8"
    COMPRESSED = "compressed"
    BINARY = "binary"
    NMEA = "nmea"
    SINGLE_QUOTES = "single_quotes"
    PLAIN_TEXT = "plain_text"
    NOT_JSON = "not_json"
    CUT_OFF = "cut_off"
    EMPTY = "empty"
    SENTENCE = "sentence"  # kept by an earlier version: its words, in English


# Without a capital and without a full stop: they stand in a sentence about a tracker.
SENTENCES = {
    ComplaintKind.TOPIC: "nothing is read from the topic %(topic)s; docs/TRACKERS.md has those that are",
    ComplaintKind.TRACKER_ID: "the tracker id in the topic %(topic)s is empty, unprintable or too long",
    ComplaintKind.TOO_LARGE: "a payload of %(count)s bytes; send at most %(most)s, a longer buffer in several messages",
    ComplaintKind.TOO_MANY: "more than a tracker may send: a day's buffer at once, then 50 fixes a second; send each fix once",
    ComplaintKind.STATUS: "the status is %(value)s; send the bare text online or offline",
    ComplaintKind.ENCRYPTED: "OwnTracks encrypts its payload; clear the encryption key in the app",
    ComplaintKind.NOT_OWNTRACKS: "what is sent has no _type, so it is not of the app OwnTracks; "
    "other devices send to the topic transbinjai/v1/trackers/NAME/position",
    ComplaintKind.OPTIONAL_FIELD: "%(field)s is %(value)s; send a number from %(lowest)s to %(highest)s, or leave it out",
    ComplaintKind.OPTIONAL_COMMA: "%(field)s is %(value)s with a decimal comma; send %(pointed)s with a point, or leave it out",
    ComplaintKind.OPTIONAL_TIME: "%(field)s is %(value)s; send Unix seconds, or leave it out",
    ComplaintKind.MISSING_FIELD: "%(field)s is missing; a fix needs a position and the time of the fix",
    ComplaintKind.OTHER_FIELDS: "%(field)s is missing, what is sent has other names: %(sent)s; docs/TRACKERS.md has ours",
    ComplaintKind.NESTED_FIELD: "%(field)s lies within “%(outer)s”; "
    "send the fields of a fix side by side, as docs/TRACKERS.md has them",
    ComplaintKind.OUT_OF_RANGE: "%(field)s is out of range, it must be %(bound)s",
    ComplaintKind.PLACES_SWAPPED: "%(field)s is out of range, it must be %(bound)s; latitude and longitude may be swapped",
    ComplaintKind.DEGREES_AND_MINUTES: "%(lat)s and %(lon)s look like degrees and minutes; "
    "send degrees with a decimal point: %(lat_degrees)s and %(lon_degrees)s",
    ComplaintKind.SCALED_DEGREES: "%(lat)s and %(lon)s look like degrees without their decimal point; "
    "send %(lat_degrees)s and %(lon_degrees)s",
    ComplaintKind.TIME_TOO_LARGE: "%(field)s is too large; "
    "send Unix seconds of the fix (ten digits), not milliseconds or a date",
    ComplaintKind.TIME_TOO_SMALL: "%(field)s is too small; send Unix seconds of the fix, not seconds since the device started",
    ComplaintKind.NOT_A_NUMBER: "a number is NaN or Infinity; leave a field out where its value is not known",
    ComplaintKind.QUOTED_NUMBER: "%(field)s is a text; numbers are sent without quotes",
    ComplaintKind.WORDED_NUMBER: "%(field)s is %(value)s; send the number alone, without letters and without quotes",
    ComplaintKind.WRITTEN_TIME: "%(field)s is a text; send Unix seconds of the fix as a number, not a written date",
    ComplaintKind.WRONG_TYPE: "%(field)s is of the type %(got)s; send a number",
    ComplaintKind.NO_VALUE: "%(field)s is null, which is no value; send nothing while there is no position",
    ComplaintKind.NOT_AN_OBJECT: "the payload is of the type %(got)s; send one JSON object with the fields of a fix",
    ComplaintKind.DECIMAL_COMMA: "%(field)s is %(value)s with a decimal comma; send %(pointed)s with a point",
    ComplaintKind.NOT_UTF8: "the payload is not UTF-8; send JSON text in UTF-8",
    ComplaintKind.COMPRESSED: "the message is compressed (gzip); send the JSON text as it is",
    ComplaintKind.BINARY: "the message is bytes and no UTF-8 text: the device has a protocol of its own; "
    "put a Traccar server in between, which reads it (docs/TRACKERS.md)",
    ComplaintKind.NMEA: "the message is what a GPS receiver writes (NMEA, %(begins)s); send one JSON object",
    ComplaintKind.SINGLE_QUOTES: "the message has single quotes, which is not JSON; send double quotes",
    ComplaintKind.PLAIN_TEXT: "the message begins with %(begins)s and is not JSON; send one JSON object, or an array of them",
    ComplaintKind.QUOTED_OBJECT: "the payload is a text in quotes; send the JSON object itself, without quotes around it",
    ComplaintKind.NOT_JSON: "the message is not JSON from byte %(place)s on; send one JSON object, or an array of them",
    ComplaintKind.CUT_OFF: "the message is no whole JSON, it ends too early; send one JSON object, or an array of them",
    ComplaintKind.EMPTY: "the message is empty; send one JSON object with a position and its time",
    ComplaintKind.SENTENCE: "%(said)s",
}
ABOUT_A_FIELD = frozenset(
    {ComplaintKind.OPTIONAL_FIELD, ComplaintKind.OPTIONAL_COMMA, ComplaintKind.OPTIONAL_TIME}
)  # the fix itself is used


class Complaint(msgspec.Struct, frozen=True):
    """What is wrong with one payload. reason: the word under which it is counted. figures: values for its sentence."""

    reason: str
    kind: ComplaintKind
    figures: dict[str, str] = {}


def sentence(complaint: Complaint, translated: Callable[[str], str] = str) -> str:
    """The sentence of a complaint. translated: gives a sentence of SENTENCES in another language."""
    return translated(SENTENCES[complaint.kind]) % complaint.figures


def encode_complaint(complaint: Complaint) -> str:
    return msgspec.json.encode(complaint).decode()


def decode_complaint(text: str | None) -> Complaint | None:
    """A stored complaint; text from an earlier version becomes a SENTENCE. None where there was never a complaint."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Complaint)
    except msgspec.MsgspecError:
        return Complaint("", ComplaintKind.SENTENCE, {"said": text})
