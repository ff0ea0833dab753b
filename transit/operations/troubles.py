"""A trouble that the operator must hear of: a value, told in the same words on /armada and by `doctor`.

A new kind takes four steps:

1. a member of TroubleKind, at the place that its weight gives it (the order of the members is the order of telling);
2. a function `(facts: FleetFacts) -> Iterator[Trouble]` in a module of this room, entered in findings.RULES; what it needs and
   FleetFacts lacks is loaded in transit.store.operations.load_facts;
3. two sentences in web/words/troubles.py (what is wrong; what to do), their Indonesian in
   web/translations/id/LC_MESSAGES/operators.po;
4. a scene in tests/web/pages/test_every_trouble.py: it brings the trouble about, and both places are read in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from transit.operations.complaints import Complaint


class TroubleKind(StrEnum):
    """The kinds of trouble, the most urgent first; they are told in this order."""

    # the set-up: only `doctor` looks at these
    DATABASE_UNKNOWN = "database_unknown"
    DATABASE_AWAY = "database_away"
    STORED_LOST = "stored_lost"  # the database, or its WAL, is of an earlier moment than what was acknowledged
    DATA_DIR_READ_ONLY = "data_dir_read_only"
    DISK_FULL = "disk_full"
    BROKER_URL_WRONG = "broker_url_wrong"
    BROKER_AWAY = "broker_away"
    BROKER_IS_NONE = "broker_is_none"  # what listens there is not an MQTT broker
    BROKER_REFUSES_US = "broker_refuses_us"
    PART_FAULT = "part_fault"  # figures["case"] is the FaultKind; /armada tells it, too, and the next two
    MESSAGES_LOST = "messages_lost"
    PART_RESTARTED = "part_restarted"
    LIVE_NEVER_RAN = "live_never_ran"
    LIVE_STOPPED = "live_stopped"
    OFFERED_OPENLY = "offered_openly"
    # the network
    NO_NETWORK = "no_network"
    FEED_EMPTY = "feed_empty"
    FEED_EXPIRED = "feed_expired"
    RUNS_IN_SPITE = "runs_in_spite"  # a vehicle drives what a notice says does not run
    FEED_EXPIRES = "feed_expires"
    # the fleet as a whole
    OUTAGE = "outage"
    OUR_CLOCK_WRONG = "our_clock_wrong"
    OUR_CLOCK_STEPPED = "our_clock_stepped"
    NEVER_REPORTED = "never_reported"
    NO_REPORTS = "no_reports"
    # how the service runs, and what waits for somebody
    NOTICE_ENDS = "notice_ends"
    GHOST = "ghost"
    BUNCHED = "bunched"
    GAP = "gap"
    OFF_LINE = "off_line"
    LOOSE = "loose"  # moves and is on no trip
    TICKET_WAITS = "ticket_waits"
    # one device, tracker or vehicle
    PROTOCOL_REFUSED = "protocol_refused"
    TOPIC_REFUSED = "topic_refused"
    TOPIC_NOT_READ = "topic_not_read"
    CLIENT_ID_REFUSED = "client_id_refused"
    PAYLOAD_REFUSED = "payload_refused"
    LOGIN_REFUSED = "login_refused"
    CLIENT_ID_CLASH = "client_id_clash"
    PERMISSION_REFUSED = "permission_refused"
    REQUEST_REFUSED = "request_refused"  # over HTTP
    BROKER_TURNED_AWAY = "broker_turned_away"
    UNKNOWN_TOPIC = "unknown_topic"
    NEVER_HEARD = "never_heard"
    NO_POSITION = "no_position"  # heard, and never with a position
    SILENT = "silent"
    FALLS_SILENT = "falls_silent"  # of a bus on a trip; after some minutes it is SILENT
    UNMAPPED = "unmapped"
    MORE_UNMAPPED = "more_unmapped"  # unmapped trackers beyond those that are named
    SHARED_VEHICLE = "shared_vehicle"
    WEEK_ROLLOVER = "week_rollover"
    CLOCKS_APART = "clocks_apart"  # a tracker's and ours, and no other tracker shows which is wrong
    LOCAL_TIME = "local_time"
    CLOCK_DRIFTS = "clock_drifts"  # runs fast or slow all the time
    CLOCK_TOO_WRONG = "clock_too_wrong"
    CLOCK_SET_BACK = "clock_set_back"
    FIXES_OLD = "fixes_old"  # accepted, but none is of now
    CLOCK_CORRECTED = "clock_corrected"
    PARKED = "parked"  # not shown to riders
    STANDING = "standing"  # shown to riders without minutes
    JAM = "jam"
    FROZEN_RECEIVER = "frozen_receiver"
    MOSTLY_REFUSED = "mostly_refused"  # figures["case"] is the most frequent reason
    SOME_REFUSED = "some_refused"
    FIELD_UNUSABLE = "field_unusable"
    BATTERY_LOW = "battery_low"
    NEVER_ON_TRIP = "never_on_trip"
    # an edit that has no effect
    ASSIGNED_WITHOUT_TRACKER = "assigned_without_tracker"
    ASSIGNMENT_UNKNOWN = "assignment_unknown"
    ASSIGNMENT_NOT_TODAY = "assignment_not_today"
    ASSIGNMENT_OVERRULED = "assignment_overruled"
    DEPARTURE_WITHOUT_TRACKER = "departure_without_tracker"
    DEPARTURE_UNSEEN = "departure_unseen"
    DEPARTURE_WITHOUT_TRIP = "departure_without_trip"
    DEPARTURE_OVERDUE = "departure_overdue"
    # what vehicles show
    TWO_DEVICES = "two_devices"
    STALE_POINT = "stale_point"
    BEARING_WRONG = "bearing_wrong"
    SPEED_WRONG = "speed_wrong"
    ACCURACY_TOO_POOR = "accuracy_too_poor"
    ACCURACY_TOO_GOOD = "accuracy_too_good"
    RUNS_EARLY = "runs_early"
    RUNS_LATE = "runs_late"
    LINE_LEFT = "line_left"


Figure = str | int | float | Complaint


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble. subject: the tracker, vehicle, route or device that it is about; empty: the whole system.

    figures: the values of its sentence. "case" chooses among the wordings of a kind. The suffix of a name tells how it is
    written: `_s` seconds as a span of time, `_at` Unix seconds as a time of day, `_share` 0..1 in per cent; others as they
    are. A complaint is a sentence without a capital and a full stop.
    """

    kind: TroubleKind
    subject: str = ""
    since: datetime | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def weight(self) -> tuple[int, str, str]:
        """Sort key: by kind, subject, case."""
        return ORDER[self.kind], self.subject, str(self.figures.get("case", ""))

    @property
    def key(self) -> str:
        """What makes it the same trouble from one look to the next, whatever its figures."""
        extra = self.figures.get(TOLD_APART.get(self.kind, ""), "")
        return f"{self.kind}|{self.subject}|{extra}"


ORDER = {kind: place for place, kind in enumerate(TroubleKind)}
TOLD_APART = {  # kinds of which one subject may have several -> the figure by which they differ
    TroubleKind.LINE_LEFT: "stop",
    TroubleKind.PART_FAULT: "case",
    TroubleKind.GHOST: "place",
}
