"""What dispatchers read of deeds, roles and reasons, in their language."""

from __future__ import annotations

from flask_babel import gettext


def deed_word(action: str) -> str:
    """The words for an action of the record; one that is not known is shown as it is."""
    return {
        "log_in": gettext("logged in"),
        "log_out": gettext("logged out"),
        "password": gettext("chose a password"),
        "person_added": gettext("added a person"),
        "person_disabled": gettext("closed an account"),
        "password_reset": gettext("made a one-time password"),
        "log_ins_ended": gettext("ended the log-ins"),
        "role": gettext("changed a role"),
        "notice_begun": gettext("told riders"),
        "notice_changed": gettext("changed a notice"),
        "notice_ended": gettext("ended a notice"),
        "ticket_answered": gettext("answered a report"),
        "assigned": gettext("assigned a bus"),
        "assignment_ended": gettext("ended an assignment"),
        "replaced": gettext("replaced a bus"),
        "held": gettext("held a bus"),
        "adjustment_ended": gettext("undid a change"),
        "adjusted_trip": gettext("cancelled a trip"),
        "adjusted_departure": gettext("cancelled a departure"),
        "adjusted_suspend": gettext("suspended a route"),
        "adjusted_day": gettext("took a day out of service"),
        "adjusted_stop": gettext("closed a stop"),
        "adjusted_short": gettext("shortened a trip"),
        "adjusted_detour": gettext("began a detour"),
        "tracker_mapped": gettext("moved a tracker"),
        "tracker_password": gettext("gave a tracker a password"),
        "tracker_revoked": gettext("shut a tracker out"),
        "setting": gettext("changed a setting"),
        "matter_take": gettext("took a matter"),
        "matter_snooze": gettext("put a matter off"),
        "matter_close": gettext("closed a matter"),
        "matter_undo": gettext("took back a deed"),
        "hand_over_kept": gettext("handed over"),
        "advice_apply": gettext("applied an advice"),
        "advice_decline": gettext("declined an advice"),
    }.get(action, action)


def reason_word(reason: str) -> str:
    """Why an assignment ended."""
    return {
        "changed": gettext("changed"),
        "breakdown": gettext("breakdown"),
        "driver": gettext("no driver"),
        "replaced": gettext("replaced"),
        "mistake": gettext("a mistake"),
        "other": gettext("other"),
    }.get(reason, reason)


def cause_word(cause: str) -> str:
    """A Cause of GTFS-Realtime."""
    return {
        "UNKNOWN_CAUSE": gettext("not known"),
        "OTHER_CAUSE": gettext("another"),
        "TECHNICAL_PROBLEM": gettext("technical problem"),
        "STRIKE": gettext("strike"),
        "DEMONSTRATION": gettext("demonstration"),
        "ACCIDENT": gettext("accident"),
        "HOLIDAY": gettext("holiday"),
        "WEATHER": gettext("weather"),
        "MAINTENANCE": gettext("maintenance"),
        "CONSTRUCTION": gettext("roadworks"),
        "POLICE_ACTIVITY": gettext("police"),
        "MEDICAL_EMERGENCY": gettext("medical emergency"),
    }.get(cause, cause)
