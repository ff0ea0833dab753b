"""What vehicle computers (HFP v2) and Traccar servers publish, as the positions that a tracker of ours would send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

HFP_SUBSCRIPTION = "/hfp/v2/+/+/vp/" + "/".join("+" * 14)  # whole topics; other events carry the same positions once more
TRACCAR_SUBSCRIPTION = "traccar/+"
HFP_LEVELS = 9  # "", hfp, v2, journey type, temporal type, event, mode, operator, vehicle
MPS_PER_KNOT = 1852.0 / 3600.0
MILLISECONDS_FROM = 1e11  # as milliseconds in 1973, before there was GPS; as seconds in 5138. A week rolled over lies before
NO_FIX = b"[]"  # of a tracker that lives and has no position to tell: it is heard, and nothing is stored


def tracker_of_hfp(levels: list[str]) -> str | None:
    """`<operator>/<vehicle>` of a topic of HFP v2; None of any other topic."""
    is_hfp = len(levels) >= HFP_LEVELS and levels[:3] == ["", "hfp", "v2"] and levels[5] == "vp"
    return f"{levels[7]}/{levels[8]}" if is_hfp and levels[7] and levels[8] else None


def positions_of_hfp(payload: bytes) -> bytes:
    """One object keyed by its event. What cannot be read is passed on as it is, to be refused under the tracker's name."""
    event = _object(payload)
    body = next(iter(event.values()), None) if event is not None else None
    if not isinstance(body, dict):
        return payload
    if body.get("lat") is None and body.get("long") is None:
        return NO_FIX  # loc is N/A: no receiver has a fix
    return _written(
        latitude=body.get("lat"),
        longitude=body.get("long"),
        timestamp=body.get("tsi"),
        bearing=body.get("hdg"),
        speed=body.get("spd"),
        odometer=body.get("odo"),
    )


def positions_of_traccar(payload: bytes) -> tuple[str, bytes]:
    """Of `forward.type=mqtt`: the device's uniqueId, empty where there is none, and its position. Speed comes in knots.

    A position that Traccar calls invalid or outdated is an old one sent again, and none.
    """
    message = _object(payload) or {}
    device, position = message.get("device"), message.get("position")
    unique_id = device.get("uniqueId") if isinstance(device, dict) else None
    tracker_id = unique_id if isinstance(unique_id, str) else ""
    if not isinstance(position, dict):
        return tracker_id, payload
    if position.get("valid") is False or position.get("outdated") is True:
        return tracker_id, NO_FIX
    attributes = position.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    speed_knots = position.get("speed")
    return tracker_id, _written(
        latitude=position.get("latitude"),
        longitude=position.get("longitude"),
        timestamp=_unix_s(position.get("fixTime")),
        bearing=position.get("course"),
        speed=speed_knots * MPS_PER_KNOT if isinstance(speed_knots, int | float) else speed_knots,
        odometer=attributes.get("totalDistance"),
        accuracy_m=position.get("accuracy") or None,  # 0: it does not know
        battery_pct=attributes.get("batteryLevel"),
    )


def _object(payload: bytes) -> Mapping[str, Any] | None:
    try:
        message = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _written(**fix: Any) -> bytes:
    return msgspec.json.encode({name: value for name, value in fix.items() if value is not None})


def _unix_s(text: Any) -> Any:
    """ISO 8601 as Unix seconds; what is none stays as it came, to be refused by its name."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
    return at.timestamp() if at.tzinfo else text
