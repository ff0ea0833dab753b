"""The operator's troubles in words: what is wrong, and what to do; the same on /armada and from `doctor`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext

from transit.operations import clocks, complaints
from transit.operations.broker_refusals import OTHERS
from transit.operations.complaints import Complaint
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Figure, Trouble
from transit.operations.troubles import TroubleKind as Kind
from transit.plan.service_day import local_date
from web.words.languages import catalogue
from web.words.languages import language as readers_language

DAY_S, YEAR_S = 86400, 31_557_600  # the Julian year
UNITS = ((2 * YEAR_S, YEAR_S, "%(count)s years"), (2 * DAY_S, DAY_S, "%(count)s days"))  # from, unit
MINUTES_FROM_S, HOURS_FROM_MIN = 180, 120


class Words(NamedTuple):
    """Msgids. Both may contain %(subject)s, %(since)s and the trouble's figures."""

    wrong: str
    remedy: str


MORE_DEVICES = "more devices (those beyond the ones that are named)"
ROLLED_OVER = "It needs new firmware, or another receiver. Its clock cannot be set by hand."
REFUSED = "Most reports of tracker %(subject)s are refused (%(refused_share)s of the last %(count)s): "
DRIFTS = (
    "Let the device set its clock by GPS or by the network. Where it cannot, it has to be replaced: set by hand, it goes wrong "
    "again."
)
COUNTS_FROM_1970 = "Set the device, or the program that sends for it, to Unix time: seconds since 1 January 1970, UTC."
WORDS: dict[Kind, Words] = {
    Kind.DATABASE_UNKNOWN: Words("The database does not fit: %(said)s", ""),
    Kind.CLOCK_SET_BACK: Words(
        "The clock of tracker %(subject)s was set back: it sends times again that it had sent from other places.",
        "Nothing, if its clock is right now: its place is live again after a few reports. "
        "If it comes often, let the device set its clock by GPS.",
    ),
    Kind.DATABASE_AWAY: Words(
        "The database cannot be reached: %(said)s.",
        "Check DATABASE_URL. Where it is broken, python app.py restore moves it aside and takes the newest backup.",
    ),
    Kind.STORED_LOST: Words(
        "%(reports)s reports that were stored until %(since)s are not in the database any more: it, or a part of it, was lost.",
        "Was a file removed, or an old copy put in its place? Trackers do not send them again; this is told for seven days.",
    ),
    Kind.DATA_DIR_READ_ONLY: Words("DATA_DIR %(folder)s cannot be written to.", "Give it to the user who runs the system."),
    Kind.DISK_FULL: Words("Only %(free_mb)s MB are free where DATA_DIR lies.", "Make room, or reports cannot be stored."),
    Kind.BROKER_URL_WRONG: Words("The broker's address cannot be read: %(said)s.", "Check MQTT_URL."),
    Kind.BROKER_AWAY: Words(
        "The broker at %(subject)s cannot be reached (%(said)s).", "Start it (python app.py run does), or check MQTT_URL."
    ),
    Kind.BROKER_IS_NONE: Words(
        "Something at %(subject)s takes connections but does not answer as an MQTT broker.", "Check MQTT_URL, MQTT_PORT."
    ),
    Kind.BROKER_REFUSES_US: Words(
        "The broker at %(subject)s does not let us in: %(said)s.", "Check user and password in MQTT_URL."
    ),
    Kind.PART_RESTARTED: Words(
        "The process %(subject)s was started again %(count)s times within an hour, last at %(since)s.",
        "It goes on by itself. Where it comes again and again, what app.py run writes says why.",
    ),
    Kind.MESSAGES_LOST: Words(
        "The broker's store was lost at %(since)s, and with it %(count)s messages of trackers that waited there.",
        "They were acknowledged and do not come again. Look at the disk; nobody should remove files below DATA_DIR/broker.",
    ),
    Kind.LIVE_NEVER_RAN: Words(
        "The live process has written nothing yet: no arrivals are computed.", "Start it: python app.py run"
    ),
    Kind.LIVE_STOPPED: Words("The live process wrote last %(age_s)s ago: arrivals stand still.", "Start it: python app.py run"),
    Kind.OFFERED_OPENLY: Words(
        "BIND offers the pages to the network and nobody can log in: /armada stays closed.",
        "python app.py people add NAME --role admin",
    ),
    Kind.NO_NETWORK: Words(
        "No network is loaded.", "Import one: python app.py gtfs import FOLDER_OR_ZIP (data/binjai is the sample)."
    ),
    Kind.FEED_EMPTY: Words("The feed runs no service on any day: its calendar is empty.", "Import one that does."),
    Kind.FEED_EXPIRED: Words(
        "The feed expired: its last day of service was %(last_day)s.", "Import the new one: python app.py gtfs import ..."
    ),
    Kind.RUNS_IN_SPITE: Words(
        "Vehicle %(subject)s drives trip %(trip_id)s, which the notice “%(notice)s” says does not run.",
        "End the notice, or tell the driver.",
    ),
    Kind.FEED_EXPIRES: Words("The feed expires soon: its last day of service is %(last_day)s.", "Import the new one before."),
    Kind.OUTAGE: Words(
        "%(silent)s of %(expected)s buses in service are silent since %(since)s: %(vehicles)s.",
        "Is the mobile network down, has the broker's address changed, or does the broker refuse the devices? "
        "If one has ended its service, assign it as “off today”. "
        "Riders are told that some buses cannot be seen.",
    ),
    Kind.NEVER_REPORTED: Words("No report of any tracker has ever come in.", "docs/TRACKERS.md shows how to send one by hand."),
    Kind.NO_REPORTS: Words("No report since %(since)s, %(age_s)s ago.", "Are trackers and broker connected?"),
    Kind.NOTICE_ENDS: Words(
        "The notice “%(notice)s” ends at %(ends_at)s.", "Is it over? If not, give it a later end; riders see it end otherwise."
    ),
    Kind.GHOST: Words(
        "Route %(subject)s, %(place)s: a departure was due at %(due_at)s and no bus is there to drive it.",
        "Send a bus that waits, or call the departure off, so that riders do not wait for it.",
    ),
    Kind.BUNCHED: Words(
        "%(subject)s drives only %(apart_s)s behind %(ahead)s (route %(route)s, at %(place)s).",
        "Hold the one behind at its next terminal; the advice below the ladder says until when.",
    ),
    Kind.GAP: Words(
        "A gap on route %(route)s: %(subject)s comes %(apart_s)s behind %(ahead)s at %(place)s; promised are %(promised_s)s.",
        "Hold the bus ahead at its next terminal, or send one more. Tell riders if it lasts.",
    ),
    Kind.OFF_LINE: Words(
        "%(subject)s has left the line of route %(route)s behind the stop %(place)s, at %(since)s.",
        "Ask the driver: is a street closed? Then tell riders of the detour and of the stops that it passes by.",
    ),
    Kind.LOOSE: Words(
        "%(subject)s has been moving since %(since)s and is on no trip: riders do not see it.",
        "Assign it to what it runs; if it is on its way to the depot, assign it as off.",
    ),
    Kind.TICKET_WAITS: Words(
        "A rider has waited for an answer for %(age_s)s: report %(subject)s, stop %(place)s.",
        "The answer is drafted from what happened; read it, correct it and send it.",
    ),
    Kind.PROTOCOL_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: it does not speak MQTT 3.1.1.",
        "OwnTracks on Android: set the protocol level to 3.1.1 (mqttProtocolLevel 4); python app.py trackers owntracks writes "
        "a file and a QR code that do. For MQTT 5 use Mosquitto through MQTT_URL.",
    ),
    Kind.TOPIC_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: a space, + or # in its topic.",
        "Give user and device in the app names without spaces, + and #, and map that name.",
    ),
    Kind.TOPIC_NOT_READ: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: "
        "nothing is read from the topic “%(said)s”.",
        "Set the topic of the device to transbinjai/v1/trackers/NAME/position; a phone's is owntracks/USER/DEVICE.",
    ),
    Kind.CLIENT_ID_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: a space in its client id.",
        "Give the client id in the app letters and digits only.",
    ),
    Kind.PAYLOAD_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: a message larger than 4 MB.",
        "Send a long buffer in several messages of at most 256 KiB; the device will not get through before.",
    ),
    Kind.LOGIN_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: wrong user or password.",
        "Type both into the device anew: python app.py trackers add TRACKER gives it a password, rotate another one. "
        "Where no tracker ever had a password, leave both empty.",
    ),
    Kind.CLIENT_ID_CLASH: Words(
        "Two devices connect as %(subject)s and push each other out, %(count)s times since %(since)s, last at %(last_at)s.",
        "Give each device a client id, and a name, of its own.",
    ),
    Kind.PERMISSION_REFUSED: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: not its own topic.",
        "A tracker may publish under the name of its own user only: set user and topic to the same name.",
    ),
    Kind.REQUEST_REFUSED: Words(
        "Requests from %(subject)s are refused, %(count)s times since %(since)s, last at %(last_at)s: %(said)s",
        "If it is one of your phones: give the app the device's name, and the address as docs/TRACKERS.md has it; "
        "a QR code sets both.",
    ),
    Kind.BROKER_TURNED_AWAY: Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: %(said)s",
        "docs/TRACKERS.md says what the broker takes.",
    ),
    Kind.UNKNOWN_TOPIC: Words(
        "Messages come in that nobody reads, last at %(since)s: %(said)s.", "Set the topic of the device."
    ),
    Kind.NEVER_HEARD: Words(
        "Tracker %(subject)s was put on vehicle %(vehicle)s at %(since)s and has never been heard.",
        "Is it switched on, and are host, port and topic right? If the broker refuses a device, that may be it.",
    ),
    Kind.NO_POSITION: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s is heard, but has sent no position since %(since)s.",
        "Put it where it sees the sky; on a phone allow the app the location, all the time. Started anew, does it send one?",
    ),
    Kind.SILENT: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s is silent since %(since)s, %(age_s)s ago.",
        "Look at its power, its SIM and its data volume.",
    ),
    Kind.FALLS_SILENT: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s was last heard at %(since)s, %(age_s)s ago.",
        "Most come back by themselves: a dead zone. What is said of the buses beside it is uncertain until then.",
    ),
    Kind.UNMAPPED: Words(
        "Tracker %(subject)s reports but is on no vehicle: riders see nothing of it.",
        "Put it on one: python app.py trackers map '%(subject)s' VEHICLE",
    ),
    Kind.MORE_UNMAPPED: Words(
        "%(count)s more trackers are on no vehicle, and were heard longer ago.",
        "If nobody knows them, let only trackers with a password report: python app.py trackers add TRACKER",
    ),
    Kind.SHARED_VEHICLE: Words(
        "Trackers %(subject)s and %(others)s are both on vehicle %(vehicle)s.",
        "Take the one off that is not there: python app.py trackers unmap TRACKER",
    ),
    Kind.WEEK_ROLLOVER: Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too early: its receiver has lost %(weeks)s weeks "
        "(GPS week rollover).",
        ROLLED_OVER,
    ),
    Kind.FIXES_OLD: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s reports, but its newest position is %(old_s)s old: riders do not see it.",
        "Either it sends late or its clock runs slow: look at its connection, and at its date and time.",
    ),
    Kind.PARKED: Words(
        "Bus %(subject)s has not moved since %(since)s near %(place)s: it counts as parked and is off riders' boards.",
        "Is it out of service, broken down, or is its tracker not on the bus? When it moves it is shown again by itself.",
    ),
    Kind.STANDING: Words(
        "Bus %(subject)s stands since %(since)s near %(place)s, longer than is usual there: riders see no minutes for it.",
        "Ask the driver. A later departure is told with: python app.py depart %(subject)s --at HH:MM",
    ),
    Kind.JAM: Words(
        "Bus %(subject)s stands since %(since)s near %(place)s, and others stand there too: it looks like a jam.",
        "Write a notice to riders on /armada if it lasts.",
    ),
    Kind.FROZEN_RECEIVER: Words(
        "The receiver of bus %(subject)s repeated one point from %(since)s to %(until_at)s while the bus drove on.",
        "Restart the tracker; give it a free view of the sky.",
    ),
    Kind.NEVER_ON_TRIP: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s has reported for an hour and was never on a trip.",
        "Is the bus in service, and its line in the network? If so, say what it runs: "
        "python app.py assign %(vehicle)s --route ROUTE",
    ),
    Kind.MOSTLY_REFUSED: Words(REFUSED + "for the reason “%(case)s”.", "docs/TRACKERS.md has every reason and the way out."),
    Kind.SOME_REFUSED: Words(
        "Tracker %(subject)s, %(since)s: a message was refused: %(said)s.",
        "docs/TRACKERS.md has every reason and the way out.",
    ),
    Kind.TWO_DEVICES: Words(
        "Two devices report as tracker %(subject)s (vehicle %(vehicle)s): one is followed, the other one is refused.",
        "Give each device its own name, and put each on its own vehicle.",
    ),
    Kind.STALE_POINT: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s sends one old point again and again; it is not believed.",
        "Its arrivals are right all the same; have the device looked at, or switch off that it sends stored points.",
    ),
    Kind.BEARING_WRONG: Words(
        "The bearing that tracker %(subject)s on vehicle %(vehicle)s sends is not the way that it drives; it is not believed.",
        "Nothing need be done. A device without a compass should send none.",
    ),
    Kind.SPEED_WRONG: Words(
        "The speed that tracker %(subject)s on vehicle %(vehicle)s sends is not how it moves; it is not believed.",
        "Nothing need be done. A device that measures no speed should send none.",
    ),
    Kind.ACCURACY_TOO_POOR: Words(
        "Tracker %(subject)s on vehicle %(vehicle)s calls its fixes rough; they lie on the road, so that is not believed.",
        "A device that measures no accuracy should send none; on a phone allow the app the exact location.",
    ),
    Kind.ACCURACY_TOO_GOOD: Words(
        "The accuracy that tracker %(subject)s on vehicle %(vehicle)s sends is not believed: its fixes scatter much farther.",
        "Give the device a free view of the sky, and have its antenna looked at; its arrivals are less sure until then.",
    ),
    Kind.RUNS_EARLY: Words(
        "Line %(subject)s runs %(off_s)s before its timetable since %(since)s. Arrivals follow how it drives.",
        "If it is to stay so, import a feed with the new times.",
    ),
    Kind.RUNS_LATE: Words(
        "Line %(subject)s runs %(off_s)s behind its timetable since %(since)s. Arrivals follow how it drives.",
        "If it is to stay so, import a feed with the new times.",
    ),
    Kind.LINE_LEFT: Words(
        "Line %(subject)s left its drawn line behind the stop %(stop)s %(count)s times and came back, last at %(last_at)s.",
        "If a road is closed, write an alert; if the line is drawn wrong, correct shapes.txt.",
    ),
    Kind.FIELD_UNUSABLE: Words(
        "Tracker %(subject)s sends a field that cannot be used: %(said)s.",
        "Its positions count all the same; docs/TRACKERS.md says what each field may be.",
    ),
    Kind.BATTERY_LOW: Words(
        "The battery of tracker %(subject)s on vehicle %(vehicle)s is at %(battery)s %%.",
        "Ask the driver to charge it, or have its power looked at tonight.",
    ),
    Kind.ASSIGNED_WITHOUT_TRACKER: Words(
        "%(subject)s is assigned to %(named)s, but no tracker is on it: the assignment has no effect.",
        "Put a tracker on it, or take it back: python app.py assign %(subject)s --clear",
    ),
    Kind.ASSIGNMENT_UNKNOWN: Words(
        "%(subject)s is assigned to %(named)s, which the loaded network does not have: the assignment has no effect.",
        "Assign it anew, or take it back: python app.py assign %(subject)s --clear",
    ),
    Kind.ASSIGNMENT_NOT_TODAY: Words(
        "%(subject)s is assigned to trip %(named)s, which does not run today: the assignment has no effect.",
        "Assign it anew, or take it back: python app.py assign %(subject)s --clear",
    ),
    Kind.ASSIGNMENT_OVERRULED: Words(
        "%(subject)s is assigned to %(named)s but is seen to drive %(driven)s: what is seen counts.",
        "Assign it to what it runs, or take it back: python app.py assign %(subject)s --clear",
    ),
    Kind.DEPARTURE_WITHOUT_TRACKER: Words(
        "%(subject)s has the order to leave at %(departs_at)s, but no tracker is on it: the order has no effect.",
        "Take it back: python app.py depart %(subject)s --clear",
    ),
    Kind.DEPARTURE_UNSEEN: Words(
        "%(subject)s has the order to leave at %(departs_at)s, but it is not heard now: the order has no effect yet.",
        "Look at its tracker, or take it back: python app.py depart %(subject)s --clear",
    ),
    Kind.DEPARTURE_WITHOUT_TRIP: Words(
        "%(subject)s has the order to leave at %(departs_at)s, but it is on no trip and waits for none: "
        "the order has no effect.",
        "Say what it runs: python app.py assign %(subject)s --route ROUTE",
    ),
    Kind.DEPARTURE_OVERDUE: Words(
        "%(subject)s was to leave at %(departs_at)s and was not seen to leave.",
        "Give another time, or take it back: python app.py depart %(subject)s --clear",
    ),
}
ON_PAGES: dict[Kind, str] = {  # what helps where a page of the console does what is a command elsewhere
    Kind.UNMAPPED: "Put it on a bus, on the page of trackers.",
    Kind.MORE_UNMAPPED: "If nobody knows them, let only trackers with a password report: the page of trackers gives passwords.",
    Kind.SHARED_VEHICLE: "Take the one off that is not there, on the page of trackers.",
    Kind.STANDING: "Ask the driver. Where it leaves later, hold it until then on the page of changes.",
    Kind.NEVER_ON_TRIP: "Is the bus in service, and its line in the network? If so, assign it.",
    Kind.ASSIGNED_WITHOUT_TRACKER: "Put a tracker on it, or withdraw the assignment.",
    Kind.ASSIGNMENT_UNKNOWN: "Assign it anew, or withdraw the assignment.",
    Kind.ASSIGNMENT_NOT_TODAY: "Assign it anew, or withdraw the assignment.",
    Kind.ASSIGNMENT_OVERRULED: "Assign it to what it runs, or withdraw the assignment.",
    Kind.DEPARTURE_WITHOUT_TRACKER: "Take the order back, on the page of changes.",
    Kind.DEPARTURE_UNSEEN: "Look at its tracker, or take the order back on the page of changes.",
    Kind.DEPARTURE_WITHOUT_TRIP: "Assign it to what it runs.",
    Kind.DEPARTURE_OVERDUE: "Give another time, or take the order back, on the page of changes.",
    Kind.LOGIN_REFUSED: "Type both into the device anew: the page of trackers gives another password. "
    "Where no tracker ever had a password, leave both empty.",
    Kind.PROTOCOL_REFUSED: "OwnTracks on Android: set the protocol level to 3.1.1 (mqttProtocolLevel 4); "
    "a phone that is added on the page of trackers gets a QR code that does. For MQTT 5 use Mosquitto through MQTT_URL.",
}
WHICH_CLOCK = (
    "Compare the clock of this machine with a watch (timedatectl). If it is right, set date, time and time zone (UTC+0) "
    "of the tracker."
)
STARTED_AGAIN = "It is started again by itself; where that does not help, end app.py run and start it anew."
CASES: dict[tuple[Kind, str], Words] = {  # a kind whose wording depends on figures["case"]
    (Kind.PART_FAULT, "deaf"): Words(
        "Our broker lets clients in and acknowledges nothing since %(since)s: trackers keep what they have.",
        "It is started again by itself. Is the disk full?",
    ),
    (Kind.PART_FAULT, "not_delivered"): Words(
        "Our broker takes messages and gives none of them to ingest since %(since)s.", STARTED_AGAIN
    ),
    (Kind.PART_FAULT, "not_stored"): Words("Ingest takes messages and stores none of them since %(since)s.", STARTED_AGAIN),
    (Kind.PART_FAULT, "not_shown"): Words(
        "What is stored does not reach the live process since %(since)s: arrivals stand still.", STARTED_AGAIN
    ),
    (Kind.PART_FAULT, "silent"): Words("The process %(subject)s gives no sign of life since %(since)s.", STARTED_AGAIN),
    (Kind.PART_FAULT, "stopped"): Words("The process %(subject)s stands still since %(since)s.", STARTED_AGAIN),
    (Kind.PART_FAULT, "store_gone"): Words(
        "The broker's store is not where it was since %(since)s.",
        "Somebody removed files below DATA_DIR/broker. The store is built anew by itself.",
    ),
    (Kind.PART_FAULT, "database"): Words(
        "Ingest waits for the database since %(since)s: what comes in is kept by the broker.",
        "Check DATABASE_URL, and the disk that it lies on.",
    ),
    (Kind.PROTOCOL_REFUSED, "mqtt31"): Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: it speaks MQTT 3.1, not 3.1.1.",
        "OwnTracks on Android does so until its protocol level is set to 3.1.1 (mqttProtocolLevel 4); "
        "python app.py trackers owntracks writes a file and a QR code that do.",
    ),
    (Kind.PROTOCOL_REFUSED, "mqtt5"): Words(
        "The broker refuses %(subject)s, %(count)s times since %(since)s, last at %(last_at)s: it speaks MQTT 5, not 3.1.1.",
        "Set the device or the app to MQTT 3.1.1. Where it cannot, use Mosquitto through MQTT_URL (docs/TRACKERS.md).",
    ),
    (Kind.NEVER_HEARD, "alike"): Words(
        "Tracker %(subject)s on vehicle %(vehicle)s has never been heard, but %(alike)s reports and is on no vehicle: "
        "the names differ in capitals or signs.",
        "If it is the same device, put %(alike)s on %(vehicle)s and take %(subject)s off (trackers map, trackers unmap).",
    ),
    (Kind.OUTAGE, "all"): Words(
        "The whole fleet is silent since %(since)s: %(vehicles)s.",
        "Is the mobile network down, has the broker's address changed, or does the broker refuse the devices? "
        "Riders are told that no bus can be seen.",
    ),
    (Kind.OUTAGE, "all_refused"): Words(
        "No bus can be seen since %(since)s, because no position of their trackers can be used: %(vehicles)s.",
        "They are heard all the same: see what is said of each of them. Riders are told that no bus can be seen.",
    ),
    (Kind.OUTAGE, "some_refused"): Words(
        "%(silent)s of %(expected)s buses in service cannot be seen since %(since)s, because no position of their trackers can "
        "be used: %(vehicles)s.",
        "They are heard all the same: see what is said of each of them. Riders are told that some buses cannot be seen.",
    ),
    (Kind.OUR_CLOCK_WRONG, "ahead"): Words(
        "The clock of this machine is wrong: it is %(wrong_s)s ahead of most trackers' clocks.",
        "Set the clock of this machine, not those of the trackers, and let NTP keep it (timedatectl set-ntp true).",
    ),
    (Kind.OUR_CLOCK_WRONG, "behind"): Words(
        "The clock of this machine is wrong: it is %(wrong_s)s behind most trackers' clocks.",
        "Set the clock of this machine, not those of the trackers, and let NTP keep it (timedatectl set-ntp true).",
    ),
    (Kind.OUR_CLOCK_WRONG, "behind_by_zone"): Words(
        "The clock of this machine is wrong: it is %(wrong_s)s behind most trackers' clocks.",
        "Compare it with a watch, set it and let NTP keep it (timedatectl set-ntp true). "
        "If it is right after all, the trackers send local time: set their time zone to UTC+0.",
    ),
    (Kind.OUR_CLOCK_STEPPED, "back"): Words(
        "The clock of this machine was set back by %(step_s)s at %(since)s.",
        "Nothing, if it is right now. It should not happen again while NTP runs (timedatectl).",
    ),
    (Kind.OUR_CLOCK_STEPPED, "on"): Words(
        "The clock of this machine was set forward by %(step_s)s at %(since)s.",
        "Nothing, if it is right now. It should not happen again while NTP runs (timedatectl).",
    ),
    (Kind.OUR_CLOCK_STEPPED, "at_least"): Words(
        "The clock of this machine was set back by %(step_s)s or more: the newest report is still to come.",
        "Nothing, if it is right now. It should not happen again while NTP runs (timedatectl).",
    ),
    (Kind.WEEK_ROLLOVER, "behind_and_ahead"): Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too early: its receiver has lost %(weeks)s weeks "
        "(GPS week rollover), and its date is %(besides_s)s ahead besides.",
        ROLLED_OVER,
    ),
    (Kind.WEEK_ROLLOVER, "behind_and_behind"): Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too early: its receiver has lost %(weeks)s weeks "
        "(GPS week rollover), and its date is %(besides_s)s behind besides.",
        ROLLED_OVER,
    ),
    (Kind.WEEK_ROLLOVER, "ahead_and_ahead"): Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too late: its receiver counts %(weeks)s weeks too many "
        "(GPS week rollover), and its date is %(besides_s)s ahead besides.",
        ROLLED_OVER,
    ),
    (Kind.WEEK_ROLLOVER, "ahead_and_behind"): Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too late: its receiver counts %(weeks)s weeks too many "
        "(GPS week rollover), and its date is %(besides_s)s behind besides.",
        ROLLED_OVER,
    ),
    (Kind.WEEK_ROLLOVER, "ahead"): Words(
        "Tracker %(subject)s sends dates that are %(wrong_s)s too late: its receiver counts %(weeks)s weeks too many "
        "(GPS week rollover).",
        ROLLED_OVER,
    ),
    (Kind.CLOCKS_APART, "ahead"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead of the clock of this machine. One of the two is wrong; "
        "no other tracker shows which.",
        WHICH_CLOCK,
    ),
    (Kind.CLOCKS_APART, "ahead_by_zone"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead of the clock of this machine. One of the two is wrong; "
        "no other tracker shows which.",
        "Compare the clock of this machine with a watch (timedatectl). If it is right, the tracker sends local time as if it "
        "were UTC: set its time zone to UTC+0.",
    ),
    (Kind.CLOCKS_APART, "behind"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind the clock of this machine. One of the two is wrong; "
        "no other tracker shows which.",
        WHICH_CLOCK,
    ),
    (Kind.CLOCKS_APART, "ahead_corrected"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead of the clock of this machine (corrected). "
        "One of the two is wrong; no other tracker shows which.",
        WHICH_CLOCK,
    ),
    (Kind.CLOCKS_APART, "behind_corrected"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind the clock of this machine (corrected). "
        "One of the two is wrong; no other tracker shows which.",
        WHICH_CLOCK,
    ),
    (Kind.LOCAL_TIME, "other_ahead"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead: most likely its time zone is set wrongly.",
        "Set its time zone to UTC+0 in the device, and check its time; its reports are refused until then.",
    ),
    (Kind.LOCAL_TIME, "other_behind"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind: most likely its time zone is set wrongly.",
        "Set its time zone to UTC+0 in the device, and check its time; its times are useless until then.",
    ),
    (Kind.LOCAL_TIME, "ahead"): Words(
        "Tracker %(subject)s sends local time as if it were UTC: its clock is %(wrong_s)s ahead, as a time zone is.",
        "Set its time zone to UTC+0 in the device; its reports are refused until then.",
    ),
    (Kind.LOCAL_TIME, "behind"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind, as a time zone is: "
        "it takes its zone off a time that is UTC already.",
        "Set its time zone to UTC+0 in the device; its times are useless until then.",
    ),
    (Kind.LOCAL_TIME, "ahead_and_ahead"): Words(
        "Tracker %(subject)s sends local time as if it were UTC: its clock is %(zone_s)s ahead, as its time zone is, "
        "and %(minutes)s min ahead besides.",
        "Set its time zone to UTC+0 in the device, and its time; its reports are refused until then.",
    ),
    (Kind.LOCAL_TIME, "ahead_and_behind"): Words(
        "Tracker %(subject)s sends local time as if it were UTC: its clock is %(zone_s)s ahead, as its time zone is, "
        "and %(minutes)s min behind besides.",
        "Set its time zone to UTC+0 in the device, and its time; its reports are refused until then.",
    ),
    (Kind.LOCAL_TIME, "behind_and_ahead"): Words(
        "The clock of tracker %(subject)s is %(zone_s)s behind, as its time zone is, and %(minutes)s min ahead besides: "
        "it takes its zone off a time that is UTC already.",
        "Set its time zone to UTC+0 in the device, and its time; its times are useless until then.",
    ),
    (Kind.LOCAL_TIME, "behind_and_behind"): Words(
        "The clock of tracker %(subject)s is %(zone_s)s behind, as its time zone is, and %(minutes)s min behind besides: "
        "it takes its zone off a time that is UTC already.",
        "Set its time zone to UTC+0 in the device, and its time; its times are useless until then.",
    ),
    (Kind.CLOCK_DRIFTS, "gains_corrected"): Words(
        "The clock of tracker %(subject)s runs fast: it gains %(drift_s)s in an hour and is %(wrong_s)s off (corrected).",
        DRIFTS,
    ),
    (Kind.CLOCK_DRIFTS, "loses_corrected"): Words(
        "The clock of tracker %(subject)s runs slow: it loses %(drift_s)s in an hour and is %(wrong_s)s off (corrected).",
        DRIFTS,
    ),
    (Kind.CLOCK_DRIFTS, "gains"): Words(
        "The clock of tracker %(subject)s runs fast: it gains %(drift_s)s in an hour and is %(wrong_s)s off, "
        "too much to be corrected.",
        DRIFTS,
    ),
    (Kind.CLOCK_DRIFTS, "loses"): Words(
        "The clock of tracker %(subject)s runs slow: it loses %(drift_s)s in an hour and is %(wrong_s)s off, "
        "too much to be corrected.",
        DRIFTS,
    ),
    (Kind.CLOCK_TOO_WRONG, "since_1980"): Words(
        "Tracker %(subject)s counts the seconds from 1980 on (GPS time): its times are %(wrong_s)s too early.",
        COUNTS_FROM_1970,
    ),
    (Kind.CLOCK_TOO_WRONG, "since_2000"): Words(
        "Tracker %(subject)s counts the seconds from 2000 on: its times are %(wrong_s)s too early.", COUNTS_FROM_1970
    ),
    (Kind.CLOCK_TOO_WRONG, "ahead"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead: too much to be corrected.",
        "Set its date, time and time zone (UTC+0).",
    ),
    (Kind.CLOCK_TOO_WRONG, "behind"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind: too much to be corrected.",
        "Set its date, time and time zone (UTC+0).",
    ),
    (Kind.CLOCK_CORRECTED, "ahead"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s ahead (corrected).", "Nothing urgent; set it when you are there."
    ),
    (Kind.CLOCK_CORRECTED, "behind"): Words(
        "The clock of tracker %(subject)s is %(wrong_s)s behind (corrected).", "Nothing urgent; set it when you are there."
    ),
    (Kind.MOSTLY_REFUSED, "inaccurate"): Words(
        REFUSED + "it has no GPS fix, only a rough place (accuracy worse than 100 m).",
        "Allow the app the exact location, and put the device where it sees the sky.",
    ),
    (Kind.MOSTLY_REFUSED, "too_old"): Words(
        REFUSED + "their times are more than seven days old.", "Set its date; if it is an old receiver, ask for new firmware."
    ),
    (Kind.MOSTLY_REFUSED, "future"): Words(
        REFUSED + "their times are still to come.", "Set its date, time and time zone (UTC+0)."
    ),
    (Kind.MOSTLY_REFUSED, "duplicate"): Words(
        REFUSED + "their time stands still, the same time comes again and again.",
        "The device must send the time of each fix. Start it anew; if that does not help, its firmware is at fault.",
    ),
    (Kind.MOSTLY_REFUSED, "jump"): Words(
        REFUSED + "they jump between places that no bus drives between.",
        "Two devices under one name, or a receiver that repeats an old point: give each device a name of its own, "
        "and start the receiver anew.",
    ),
    (Kind.MOSTLY_REFUSED, "out_of_area"): Words(
        REFUSED + "they lie far from every route of the network.",
        "Are latitude and longitude swapped, or is a minus sign missing? Is it a device of another city?",
    ),
    (Kind.MOSTLY_REFUSED, "null_island"): Words(
        REFUSED + "they lie at 0/0.", "The receiver has no fix: put it where it sees the sky, look at its antenna."
    ),
    (Kind.MOSTLY_REFUSED, "unreadable"): Words(
        REFUSED + "%(said)s.",
        "Ask whoever set the device up: docs/TRACKERS.md has every reason, and an example that can be copied.",
    ),
    (Kind.MOSTLY_REFUSED, "error"): Words(
        REFUSED + "our own software fails at them.", "Please report it with the lines of the log of ingest."
    ),
}


def words_of(trouble: Trouble) -> Words:
    case = CASES.get((trouble.kind, str(trouble.figures.get("case", ""))))
    return case or WORDS[trouble.kind]


def wrong(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """What is wrong, in a sentence."""
    return _fill(words_of(trouble).wrong, trouble, language, timezone, now)


def remedy(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """What to do about it; empty where the first sentence says it."""
    return _fill(words_of(trouble).remedy, trouble, language, timezone, now)


def remedy_on_page(trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    """The same for somebody before the console, who has buttons and no command line."""
    return _fill(ON_PAGES.get(trouble.kind) or words_of(trouble).remedy, trouble, language, timezone, now)


def sentence(trouble: Trouble, language: str, timezone: str, now: datetime, began_at: datetime | None = None) -> str:
    """Both, in one line. began_at: since when it is found, which is told where the first sentence names no such moment."""
    since = ""
    if began_at is not None and "%(since)s" not in words_of(trouble).wrong:
        since = catalogue(language).gettext("Since %(since)s.") % {"since": _moment(began_at, language, timezone, now)}
    return " ".join(filter(None, (wrong(trouble, language, timezone, now), since, remedy(trouble, language, timezone, now))))


def clock_word(tracker: TrackerHealth, now: datetime, ours_s: float) -> str:
    """The error of a tracker's clock in words, also where it is zero or not known. ours_s: see clocks.our_error_s."""
    ahead_s = clocks.ahead_s(tracker, ours_s, now)
    if ahead_s is None:
        return gettext("not known")
    if abs(ahead_s) <= (clocks.ALIKE_S if ours_s else 0.0):
        return gettext("right")
    wrong = span(ahead_s, readers_language())
    return gettext("%(span)s behind", span=wrong) if ahead_s < 0 else gettext("%(span)s ahead", span=wrong)


def complaint_words(complaint: Complaint, language: str = "") -> str:
    """What could not be read of a payload; in the reader's language where none is named."""
    return complaints.sentence(complaint, catalogue(language or readers_language()).gettext)


def heard_word(trackers: Sequence[TrackerHealth]) -> str:
    """Of a vehicle of which no report was ever taken."""
    is_heard = any(tracker.last_received_at is not None for tracker in trackers)
    return gettext("heard, but no position could be used") if is_heard else gettext("never heard")


def all_is_well(language: str) -> str:
    text: str = catalogue(language).gettext("All is well: database, network, broker, reports, live process.")
    return text


def _fill(text: str, trouble: Trouble, language: str, timezone: str, now: datetime) -> str:
    if not text:
        return ""
    figures = _written(trouble.figures, language, timezone, now)
    since = _moment(trouble.since, language, timezone, now) if trouble.since else ""
    text_of = catalogue(language).gettext
    subject = text_of(MORE_DEVICES) if trouble.subject == OTHERS else trouble.subject
    sentence: str = text_of(text) % {"subject": subject, "since": since, **figures}
    return sentence


def _written(figures: Mapping[str, Figure], language: str, timezone: str, now: datetime) -> dict[str, str]:
    """By the unit at the end of each name, as transit.operations.troubles.Trouble has it."""
    written = {}
    for name, value in figures.items():
        if isinstance(value, Complaint):
            written[name] = complaint_words(value, language)
        elif isinstance(value, str):
            written[name] = value
        elif name.endswith("_s"):
            written[name] = span(value, language)
        elif name.endswith("_at"):
            written[name] = _moment(datetime.fromtimestamp(value, UTC), language, timezone, now)
        elif name.endswith("_share"):
            written[name] = f"{100 * value:.0f} %"
        else:
            written[name] = f"{value:.0f}"
    return written


def span(seconds: float, language: str) -> str:
    """The length of a span of time, without its sign, in the largest unit of which it has several; hours with minutes."""
    text_of, size = catalogue(language).gettext, abs(round(seconds))
    for least, unit, text in UNITS:
        if size >= least:
            return str(text_of(text) % {"count": round(size / unit)})
    hours, minutes = divmod(round(size / 60), 60)
    if size < MINUTES_FROM_S:
        return str(text_of("%(count)s s") % {"count": size})
    if round(size / 60) < HOURS_FROM_MIN:
        return str(text_of("%(count)s min") % {"count": round(size / 60)})
    if minutes == 0:
        return str(text_of("%(count)s h") % {"count": hours})
    return str(text_of("%(hours)s h %(count)s min") % {"hours": hours, "count": minutes})


def _moment(at: datetime, language: str, timezone: str, now: datetime) -> str:
    """A time of day on the network's clock; with the date where it is another day's."""
    local = at.astimezone(ZoneInfo(timezone))
    time = f"{local:%H.%M}" if language == "id" else f"{local:%H:%M}"
    return time if local_date(at, timezone) == local_date(now, timezone) else f"{local:%Y-%m-%d} {time}"
