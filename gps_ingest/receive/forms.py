"""What phones' apps send over HTTP, as the messages that the same trackers would publish over MQTT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from gps_ingest.decoder import PREFIX, UNKNOWN
from gps_ingest.other_forms import MILLISECONDS_FROM, MPS_PER_KNOT, NO_FIX
from gps_ingest.tracker_names import objection_to

MOST_SHARE = 10.0  # of a battery; more counts as this, and is refused by name: numbers of hundreds of digits overflow
KEY_PATH = "/key/"  # before a password in the path: an app that takes its address from a QR code drops the query
NOT_VALID = ("0", "false")  # of OsmAnd's `valid`: the receiver had no fix


class BadRequest(ValueError):
    """A request without a usable name of its sender; the message is for whoever set the phone up."""


@dataclass(frozen=True, slots=True)
class Form:
    """A message as it is published, and whose it is."""

    tracker_id: str
    topic: str
    payload: bytes


def osmand(fields: Mapping[str, str], now: datetime) -> Form:
    """The OsmAnd protocol: Traccar Client up to 8, OsmAnd, many loggers. Speed is in knots. Raises BadRequest.

    What cannot be read is passed on as it is, so that ingest refuses and counts it under the tracker's name: an app that is
    answered with an error would send the same for ever.
    """
    tracker_id = _plain_name(fields.get("id") or fields.get("deviceid") or "")
    lat, lon = fields.get("lat"), fields.get("lon")
    if fields.get("location"):
        lat, _, lon = fields["location"].partition(",")
    if (lat is None and lon is None) or fields.get("valid", "").lower() in NOT_VALID:
        return _form(tracker_id, NO_FIX)
    speed_knots = _number(fields.get("speed"))
    fix = {
        "latitude": _number(lat),
        "longitude": _number(lon),
        "timestamp": _moment(fields.get("timestamp"), now),
        "bearing": _number(fields.get("bearing") or fields.get("heading")),
        "speed": speed_knots * MPS_PER_KNOT if isinstance(speed_knots, float) and speed_knots >= 0 else speed_knots,
        "accuracy_m": _number(fields.get("accuracy")),
        "battery_pct": _number(fields.get("batt")),
    }
    return _form(tracker_id, _written(fix))


def traccar_client(body: bytes, now: datetime) -> Form:
    """JSON of Traccar Client from 9 on: one location, or a list of them. Speed is in m/s. Raises BadRequest."""
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is neither JSON nor a form ({error})") from None
    message = message if isinstance(message, dict) else {}
    tracker_id = _plain_name(str(message.get("device_id") or message.get("id") or ""))
    locations = message.get("location")
    rows = locations if isinstance(locations, list) else [locations]
    fixes = [_fix_of_location(row, now) for row in rows if isinstance(row, dict) and row.get("coords") is not None]
    if not fixes:
        return _form(tracker_id, NO_FIX)
    return _form(tracker_id, _written(fixes[0]) if len(fixes) == 1 else b"[" + b",".join(map(_written, fixes)) + b"]")


def owntracks(user: str, device: str, body: bytes) -> Form:
    """The body is what OwnTracks publishes over MQTT. Raises BadRequest."""
    if not user or not device:
        raise BadRequest("user or device is missing: give both, as ?u=USER&d=DEVICE or in X-Limit-U and X-Limit-D")
    tracker_id = f"{user}/{device}"
    _refuse_bad_name(tracker_id)
    return Form(tracker_id, f"owntracks/{tracker_id}", body)


def _fix_of_location(location: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    coords, battery = location.get("coords"), location.get("battery")
    coords = coords if isinstance(coords, dict) else {}
    level = battery.get("level") if isinstance(battery, dict) else None
    return {
        "latitude": coords.get("latitude"),
        "longitude": coords.get("longitude"),
        "timestamp": _moment(location.get("timestamp"), now),
        "bearing": coords.get("heading"),
        "speed": coords.get("speed"),
        "odometer": location.get("odometer"),
        "accuracy_m": coords.get("accuracy"),
        "battery_pct": min(level, MOST_SHARE) * 100.0 if isinstance(level, int | float) and level >= 0 else level,
    }


def _plain_name(tracker_id: str) -> str:
    if not tracker_id:
        raise BadRequest("no id: the device's identifier is missing")
    if "/" in tracker_id:
        raise BadRequest(f"a / cannot be in the name of a device that reports over this protocol; {tracker_id[:200]!r} has")
    _refuse_bad_name(tracker_id)
    return tracker_id


def _refuse_bad_name(tracker_id: str) -> None:
    objection = objection_to(tracker_id)
    if objection is not None:
        raise BadRequest(objection)


def _form(tracker_id: str, payload: bytes) -> Form:
    return Form(tracker_id, "/".join((*PREFIX, tracker_id, "position")), payload)


def _written(fix: Mapping[str, Any]) -> bytes:
    """Without what is not known: absent, or -1 as such apps write it."""
    return json.dumps({name: value for name, value in fix.items() if value is not None and value != UNKNOWN}).encode()


def _number(text: str | None) -> float | str | None:
    """What is no number stays as it came."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _moment(value: Any, now: datetime) -> Any:
    """A time as Unix seconds, from seconds, milliseconds or ISO 8601; now without one. Anything else stays as it came."""
    if value is None or value == "":
        return now.timestamp()
    try:
        seconds = float(value)
    except OverflowError:  # whole numbers of hundreds of digits
        return value
    except (TypeError, ValueError):
        return _iso_moment(value)
    return seconds / 1000.0 if seconds >= MILLISECONDS_FROM else seconds


def _iso_moment(value: Any) -> Any:
    text = str(value)
    for spelt in (text, "+".join(text.rsplit(" ", 1))):  # a + that was not escaped in an address arrives as a space
        try:
            at = datetime.fromisoformat(spelt)
        except ValueError:
            continue
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return value
