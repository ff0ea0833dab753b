"""Templates of the most frequent notices, in every language."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from web.words.languages import LANGUAGES

TEMPLATES = {  # name -> effect and cause
    "flood": ("DETOUR", "WEATHER"),
    "breakdown": ("SIGNIFICANT_DELAYS", "TECHNICAL_PROBLEM"),
    "strike": ("REDUCED_SERVICE", "STRIKE"),
    "holiday": ("NO_SERVICE", "HOLIDAY"),
    "moved": ("STOP_MOVED", "CONSTRUCTION"),
}


def name_of(template: str) -> str:
    return {
        "flood": gettext("Flood"),
        "breakdown": gettext("Breakdown"),
        "strike": gettext("Strike"),
        "holiday": gettext("Holiday"),
        "moved": gettext("Stop moved"),
    }[template]


def texts_of(template: str) -> dict[str, str]:
    """The fields of the form, filled in."""
    effect, cause = TEMPLATES[template]
    values = {"effect": effect, "cause": cause}
    for tag in LANGUAGES:
        with force_locale(tag):
            values[f"header_{tag}"], values[f"description_{tag}"] = _texts(template)
    return values


def _texts(template: str) -> tuple[str, str]:
    return {
        "flood": (
            gettext("Flood: buses take another way"),
            gettext("Some stops are not served until the water has gone. Please wait at the next stop that is."),
        ),
        "breakdown": (
            gettext("A bus has broken down: longer waits"),
            gettext("The next bus comes later than usual. We are sorry."),
        ),
        "strike": (
            gettext("Strike: few or no buses"),
            gettext("Drivers have stopped work. Please look for another way; we tell you here when buses run again."),
        ),
        "holiday": (gettext("No buses on the holiday"), gettext("Buses run again as usual the day after.")),
        "moved": (gettext("The stop is moved"), gettext("Please wait at the temporary stop, some metres further on.")),
    }[template]
