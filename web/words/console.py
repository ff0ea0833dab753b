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
        "advice_apply": gettext("applied an advice"),
        "advice_decline": gettext("declined an advice"),
    }.get(action, action)
