"""Which names a tracker may have: those that a topic can carry."""

from __future__ import annotations

from gps_ingest.decoder import MAX_TRACKER_ID

IN_NO_TOPIC = {" ": "a space", "+": "a +", "#": "a #"}  # the embedded broker refuses the first, MQTT the others


def objection_to(tracker_id: str) -> str | None:
    """Why no report can come in under this name; None where one can. owntracks/USER/DEVICE gives USER/DEVICE."""
    if not tracker_id:
        return "a tracker's name cannot be empty"
    if len(tracker_id) > MAX_TRACKER_ID:
        return f"a tracker's name has at most {MAX_TRACKER_ID} characters; this one has {len(tracker_id)}"
    for character, name in IN_NO_TOPIC.items():
        if character in tracker_id:
            return f"{name} cannot be in a topic, so no report can come in as {tracker_id!r}; name the device without it"
    if not tracker_id.isprintable() or any(character.isspace() for character in tracker_id):
        return f"{tracker_id!r} has a character that cannot be printed, and no topic carries"
    levels = tracker_id.split("/")
    if len(levels) > 2 or not all(levels):
        return f"{tracker_id!r} is neither a plain name nor OwnTracks' USER/DEVICE: a / stands between two names, once"
    return None
