"""The settings that a supervisor may change on the console: limits of the inbox and the advice, with their allowed ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from transit.control.facts import HoldingSettings
from transit.operations.limits import DEFAULT, InboxLimits


class Group(StrEnum):
    ADVICE = "advice"
    SILENCE = "silence"
    HEADWAYS = "headways"
    OTHERS = "others"
    ROWS = "rows"  # when a trouble becomes a row of the inbox, and when it ends


@dataclass(frozen=True, slots=True)
class Setting:
    """name: a field of InboxLimits or of HoldingSettings. least, most: what may be typed; nothing typed means the default."""

    name: str
    group: Group
    least: float
    most: float


SETTINGS: tuple[Setting, ...] = (
    Setting("longest_hold_s", Group.ADVICE, 0.0, 1800.0),
    Setting("lowest_headway_s", Group.ADVICE, 60.0, 7200.0),
    Setting("least_layover_s", Group.ADVICE, 0.0, 1800.0),
    Setting("falls_silent_s", Group.SILENCE, 30.0, 3600.0),
    Setting("silent_s", Group.SILENCE, 60.0, 7200.0),
    Setting("off_line_s", Group.SILENCE, 30.0, 3600.0),
    Setting("loose_s", Group.SILENCE, 60.0, 7200.0),
    Setting("bunched_s", Group.HEADWAYS, 0.0, 1800.0),
    Setting("bunched_share", Group.HEADWAYS, 0.0, 0.9),
    Setting("bunched_over", Group.HEADWAYS, 1.0, 5.0),
    Setting("gap_share", Group.HEADWAYS, 1.1, 5.0),
    Setting("gap_over", Group.HEADWAYS, 1.0, 5.0),
    Setting("battery_pct", Group.OTHERS, 0.0, 95.0),
    Setting("battery_over_pct", Group.OTHERS, 0.0, 100.0),
    Setting("ticket_h", Group.OTHERS, 0.0, 720.0),
    Setting("notice_ends_min", Group.OTHERS, 0.0, 1440.0),
    Setting("feed_ends_days", Group.OTHERS, 0.0, 180.0),
    Setting("lasts_s", Group.ROWS, 0.0, 600.0),
    Setting("clears_s", Group.ROWS, 0.0, 1800.0),
    Setting("headway_clears_s", Group.ROWS, 0.0, 3600.0),
)
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
NOT_ABOVE = (("falls_silent_s", "silent_s"), ("gap_over", "gap_share"), ("battery_pct", "battery_over_pct"))
OF_ADVICE = HoldingSettings()
DIGITS = 9  # most characters of a typed number


@dataclass(frozen=True, slots=True)
class InForce:
    """The settings in force."""

    limits: InboxLimits = DEFAULT
    advice: HoldingSettings = OF_ADVICE

    def value(self, name: str) -> float | None:
        value: float | None = getattr(self.limits if hasattr(self.limits, name) else self.advice, name)
        return value


class Objection(StrEnum):
    """Why a typed number is not accepted."""

    NO_NUMBER = "no_number"
    OUT_OF_RANGE = "out_of_range"
    ABOVE = "above"  # more than another setting, which it must not exceed


@dataclass(frozen=True, slots=True)
class Objected:
    why: Objection
    other: str = ""  # the name of the other setting


def in_force(default: InForce, chosen: Mapping[str, float]) -> InForce:
    """The defaults, with the chosen values in their place. chosen: by name of the setting; unknown names are ignored."""
    of_limits = {field.name for field in fields(InboxLimits)}
    known = {name: value for name, value in chosen.items() if name in BY_NAME}
    return InForce(
        limits=replace(default.limits, **{name: value for name, value in known.items() if name in of_limits}),
        advice=replace(default.advice, **{name: value for name, value in known.items() if name not in of_limits}),
    )


def parse(text: str) -> float | None:
    """A typed number, with a point or a comma; None where it is not a number."""
    plain = text.strip().replace(",", ".")
    if not plain.replace(".", "", 1).isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > DIGITS:
        return None
    return float(plain)


def objections(default: InForce, typed: Mapping[str, str]) -> dict[str, Objected]:
    """name -> why the typed text is not accepted; names without an objection are left out. Empty text means the default."""
    wrong: dict[str, Objected] = {}
    chosen: dict[str, float] = {}
    for setting in SETTINGS:
        text = typed.get(setting.name, "").strip()
        value = parse(text)
        if text and value is None:
            wrong[setting.name] = Objected(Objection.NO_NUMBER)
        elif value is not None and not setting.least <= value <= setting.most:
            wrong[setting.name] = Objected(Objection.OUT_OF_RANGE)
        elif value is not None:
            chosen[setting.name] = value
    together = in_force(default, chosen)
    for name, other in NOT_ABOVE:
        value, limit = together.value(name), together.value(other)
        if value is not None and limit is not None and value > limit and not {name, other} & wrong.keys():
            wrong[name] = Objected(Objection.ABOVE, other)
    return wrong
