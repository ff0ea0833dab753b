"""What a supervisor may set, in words: what each number means, its unit, and why one is not taken."""

from __future__ import annotations

from flask_babel import format_decimal, gettext

from transit.operations.settings import BY_NAME, Group, Objected, Objection


def group_word(group: Group) -> str:
    return {
        Group.ADVICE: gettext("Advice to hold buses"),
        Group.SILENCE: gettext("Inbox: buses that are silent or elsewhere"),
        Group.HEADWAYS: gettext("Inbox: bunching and gaps"),
        Group.OTHERS: gettext("Inbox: other things"),
        Group.ROWS: gettext("Inbox: when a row comes and goes"),
    }[group]


def setting_word(name: str) -> str:
    """What the number does; a name that this version does not know as it is."""
    return {
        "longest_hold_s": gettext("A bus is held no longer than"),
        "lowest_headway_s": gettext("Buses are held for no shorter headway than (empty: the promised one)"),
        "least_layover_s": gettext("A driver rests at a terminal at least"),
        "falls_silent_s": gettext("A bus on a trip is watched when nothing was heard for"),
        "silent_s": gettext("A bus is silent when nothing was heard for"),
        "off_line_s": gettext("A bus is off its line after"),
        "loose_s": gettext("A bus moves without a trip after"),
        "bunched_s": gettext("Two buses are bunched when they are apart no more than"),
        "bunched_share": gettext("or this share of the promised headway, where that is more"),
        "bunched_over": gettext("They are apart again at so many times that"),
        "gap_share": gettext("A gap is so many times the headway"),
        "gap_over": gettext("It is over at so many times the headway"),
        "battery_pct": gettext("A battery is low below"),
        "battery_over_pct": gettext("It is well again from"),
        "ticket_h": gettext("A rider's report waits too long after"),
        "notice_ends_min": gettext("A notice that ends is told before by"),
        "feed_ends_days": gettext("The end of the timetable is told before by"),
        "lasts_s": gettext("Something is a row when it has lasted"),
        "clears_s": gettext("A row is over when it has not been found for"),
        "headway_clears_s": gettext("The same of bunching and gaps"),
    }.get(name, name)


def unit_word(name: str) -> str:
    """The unit in which a number is typed."""
    return {
        "s": gettext("seconds"),
        "min": gettext("minutes"),
        "h": gettext("hours"),
        "days": gettext("days"),
        "pct": "%",
    }.get(name.rpartition("_")[2], gettext("times"))


def value_word(value: float | None) -> str:
    """As it is typed, with the decimal sign of the reader's language; None: empty, which is the default."""
    return "" if value is None else str(format_decimal(value, format="0.####"))


def objection_word(name: str, objected: Objected) -> str:
    setting = BY_NAME[name]
    if objected.why is Objection.NO_NUMBER:
        return gettext("This is no number.")
    if objected.why is Objection.ABOVE:
        return gettext("This may not be more than “%(other)s”.", other=setting_word(objected.other))
    return gettext(
        "Between %(least)s and %(most)s %(unit)s.",
        least=value_word(setting.least),
        most=value_word(setting.most),
        unit=unit_word(name),
    )
