"""What a supervisor may set on the console: thresholds of the inbox and the advice, each with the range that makes sense."""

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
    ROWS = "rows"  # from when on anything is a row, and until when


@dataclass(frozen=True, slots=True)
class Setting:
    """name: a field of InboxLimits or of the advice's settings. may_be_empty: no number is a value of its own."""

    name: str
    group: Group
    least: float
    most: float
    may_be_empty: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("longest_hold_s", Group.ADVICE, 0.0, 1800.0),
    Setting("lowest_headway_s", Group.ADVICE, 60.0, 7200.0, may_be_empty=True),
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
DIGITS = 9  # of a number that somebody types


@dataclass(frozen=True, slots=True)
class InForce:
    """What counts now: of the inbox, and of the advice."""

    limits: InboxLimits = DEFAULT
    advice: HoldingSettings = OF_ADVICE

    def value(self, name: str) -> float | None:
        value: float | None = getattr(self.limits if hasattr(self.limits, name) else self.advice, name)
        return value


class Objection(StrEnum):
    """Why a number is not taken."""

    NO_NUMBER = "no_number"
    OUT_OF_RANGE = "out_of_range"
    ABOVE = "above"  # another, than which it may not be more


@dataclass(frozen=True, slots=True)
class Objected:
    why: Objection
    other: str = ""  # the name of the other setting


def in_force(default: InForce, chosen: Mapping[str, float]) -> InForce:
    """The default with what was chosen instead; names that this version does not know count for nothing."""
    of_limits = {field.name for field in fields(InboxLimits)}
    known = {name: value for name, value in chosen.items() if name in BY_NAME}
    return InForce(
        limits=replace(default.limits, **{name: value for name, value in known.items() if name in of_limits}),
        advice=replace(default.advice, **{name: value for name, value in known.items() if name not in of_limits}),
    )


def parse(text: str) -> float | None:
    """A number as people type it, with a point or a comma; None: it is none."""
    plain = text.strip().replace(",", ".")
    if not plain.replace(".", "", 1).isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > DIGITS:
        return None
    return float(plain)


def objections(default: InForce, typed: Mapping[str, str]) -> dict[str, Objected]:
    """name -> why what was typed for it cannot count. Empty text is the default, and never wrong."""
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
