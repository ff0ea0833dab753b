"""Why reports of a tracker are refused, and why a vehicle is not on its named trip, in words for dispatchers."""

from __future__ import annotations

from flask_babel import gettext

from transit.tracking.state import COUPLED_WITH, OVERRULED, TAKEN_BY


def refusal_word(reason: str) -> str:
    """reason: as it is counted (docs/TRACKERS.md); one that we do not know stays as it is."""
    return {
        "duplicate": gettext("came twice"),
        "time_again": gettext("time sent before"),
        "future": gettext("clock ahead"),
        "too_old": gettext("too old"),
        "out_of_order": gettext("came after newer ones"),
        "other_tracker": gettext("another tracker of its bus was first"),
        "out_of_range": gettext("value impossible"),
        "null_island": gettext("no position (0, 0)"),
        "out_of_area": gettext("far from every route"),
        "inaccurate": gettext("too inaccurate"),
        "jump": gettext("position jumped"),
        "unmapped": gettext("tracker on no vehicle"),
        "unknown_topic": gettext("wrong topic"),
        "too_large": gettext("too long"),
        "invalid_utf8": gettext("not UTF-8"),
        "not_json": gettext("not JSON"),
        "wrong_type": gettext("value of the wrong kind"),
        "missing_field": gettext("field missing"),
        "encrypted": gettext("encrypted"),
        "unknown_status": gettext("status unknown"),
        "too_many": gettext("too many at once"),
        "optional_field": gettext("field left out"),
        "malformed": gettext("cannot be read"),
        "no_network": gettext("no network loaded"),
        "error": gettext("fault of this software"),
    }.get(reason, reason)


def explanation_word(explanation: str) -> str:
    """MatchedPosition.explanation in words."""
    if explanation == OVERRULED:
        return gettext("drives another trip than was said")
    if explanation.startswith(TAKEN_BY):
        return gettext("%(bus)s is on its trip", bus=explanation.removeprefix(TAKEN_BY))
    if explanation.startswith(COUPLED_WITH):
        return gettext("is coupled with %(bus)s", bus=explanation.removeprefix(COUPLED_WITH))
    return explanation
