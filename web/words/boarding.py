"""Whether one can get on or off at a call, and what one has to do for it (GTFS pickup_type, drop_off_type)."""

from __future__ import annotations

from flask_babel import gettext

from transit.plan.network import Agency

NONE, BY_PHONE, BY_SIGN = 1, 2, 3


def boarding(pickup_type: int | None, drop_off_type: int | None, agency: Agency | None = None) -> str:
    """A sentence on boarding and alighting; empty for a regular call. agency: whom to telephone."""
    if pickup_type == NONE and drop_off_type == NONE:
        return gettext("nobody gets on or off here")
    phone = agency.phone if agency is not None else ""
    on = {
        NONE: gettext("only to get off"),
        BY_PHONE: gettext("to get on, call %(phone)s before", phone=phone)
        if phone
        else gettext("to get on, call the operator before"),
        BY_SIGN: gettext("to get on, wave to the driver"),
    }
    off = {
        NONE: gettext("only to get on"),
        BY_PHONE: gettext("to get off, call %(phone)s before", phone=phone)
        if phone
        else gettext("to get off, call the operator before"),
        BY_SIGN: gettext("to get off, tell the driver"),
    }
    return ", ".join(filter(None, [on.get(pickup_type or 0, ""), off.get(drop_off_type or 0, "")]))
