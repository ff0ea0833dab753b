"""The tables of the database; their history is in migrations/, which a test holds equal to this."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Unix microseconds of an aware datetime, exact."""
    return (at - EPOCH) // MICROSECOND


def from_micros(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as Unix microseconds: exact, sortable, and the same in SQLite and PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only in a column that is exactly INTEGER

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

network_versions = Table(
    "network_versions",
    metadata,
    Column("version_id", Text, primary_key=True),  # SHA-256 of the content, 32 hex digits
    Column("imported_at", UtcDateTime, nullable=False),  # first, on our clock
    Column("source", Text, nullable=False),  # where it came from, for people: a file name or an address
    Column("content", LargeBinary, nullable=False),  # the Network: msgpack, zstandard
)
current_network = Table(
    "current_network",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),  # always 1: there is one row at most
    Column("version_id", Text, ForeignKey(network_versions.c.version_id), nullable=False),  # the version that is in use
    Column("since", UtcDateTime, nullable=False),  # when it became current
)

# What people say of a tracker, and what was seen of it, are two tables: an edit never races with the ingest.
tracker_map = Table(
    "tracker_map",
    metadata,
    Column("tracker_id", Text, primary_key=True),  # the tracker's name on the broker
    Column("vehicle_id", Text, nullable=False),  # the vehicle that it is on
    Column("mapped_at", UtcDateTime, nullable=False),  # when somebody said so
)
tracker_health = Table(
    "tracker_health",
    metadata,
    Column("tracker_id", Text, primary_key=True),  # the tracker's name on the broker
    Column("online", Boolean),  # by its own status message (last will); None = it sends none
    Column("status_at", UtcDateTime),  # of that message, on our clock
    Column("last_received_at", UtcDateTime),  # its newest message, on our clock
    Column("last_fix_at", UtcDateTime),  # of the newest fix, corrected
    Column("clock_offset_s", Float),  # our clock minus the tracker's, corrected or not; 0 = right, None = not known yet
    Column("battery_pct", Float),  # as it last said
    Column("accepted", BigInteger, nullable=False, server_default=text("0")),  # fixes that were not refused, ever
    Column("last_error", Text),  # of the last refusal: transit.operations.complaints
    Column("last_error_at", UtcDateTime),  # of that refusal, on our clock
    Column("first_received_at", UtcDateTime),  # its first message, on our clock
    Column("clock_step_s", Float),  # by how much its clock, or ours, was last seen to be set
    Column("clock_step_at", UtcDateTime),  # when that was seen, on our clock
    Column("recent", LargeBinary),  # msgpack of RecentOutcomes
)
tracker_credentials = Table(
    "tracker_credentials",
    metadata,
    Column("user", Text, primary_key=True),  # with which it logs in
    Column("tracker_id", Text, nullable=False),  # as which it may publish
    Column("nats_hash", Text, nullable=False),  # bcrypt
    Column("mosquitto_hash", Text),  # PBKDF2; None = of an earlier version, whose passwords were bcrypt's alone
    Column("issued_at", UtcDateTime, nullable=False),  # when its password was made
    Column("revoked_at", UtcDateTime),  # since when it may not log in; None = it may
)
refusals = Table(
    "refusals",
    metadata,
    Column("tracker_id", Text, primary_key=True),  # as it named itself
    Column("reason", Text, primary_key=True),  # a Rejection, or why a payload is malformed
    Column("count", BigInteger, nullable=False),  # ever
    Column("last_at", UtcDateTime, nullable=False),  # of the newest, on our clock
)

broker_refusals = Table(  # of the embedded broker, read from its log
    "broker_refusals",
    metadata,
    Column("cause", Text, primary_key=True),  # a RefusalCause
    Column("client", Text, primary_key=True),  # its id, or the address that it called from
    Column("count", BigInteger, nullable=False),  # since first_at
    Column("first_at", UtcDateTime, nullable=False),  # on our clock
    Column("last_at", UtcDateTime, nullable=False, index=True),  # on our clock
    Column("said", Text, nullable=False),  # the broker's words for the last
)

reports = Table(
    "reports",
    metadata,
    Column("report_id", ID, primary_key=True),  # in the order in which they were stored
    Column("tracker_id", Text, nullable=False),  # as it named itself
    Column("fix_at", UtcDateTime, nullable=False),  # as the tracker said it: with tracker_id, the report's identity
    Column("tracker_at", UtcDateTime),  # the tracker's clock at sending, where it tells it apart from the fix
    Column("received_at", UtcDateTime, nullable=False),  # on our clock
    Column("reported_at", UtcDateTime, nullable=False),  # fix_at after correction of a steady clock offset
    Column("vehicle_id", Text),  # what the tracker was mapped to then; None = unmapped
    Column("lat", Float, nullable=False),  # degrees, WGS 84
    Column("lon", Float, nullable=False),  # degrees, WGS 84
    Column("bearing", Float),  # degrees clockwise from north, as the tracker said
    Column("speed_mps", Float),  # as the tracker said
    Column("odometer_m", Float),  # as the tracker said
    Column("accuracy_m", Float),  # as the tracker said
    Column("battery_pct", Float),  # as the tracker said
    Column("seq", BigInteger),  # the tracker's own count of its fixes
    Column("status", Text, nullable=False),  # a VehicleStatus, or rejected:<reason>
    UniqueConstraint("tracker_id", "fix_at"),
    Index(None, "vehicle_id", "reported_at"),  # and none on received_at: report_id has the same order
    sqlite_autoincrement=True,
)

vehicle_states = Table(
    "vehicle_states",
    metadata,
    Column("vehicle_id", Text, primary_key=True),  # as in tracker_map
    Column("revision", BigInteger, nullable=False, index=True),  # what is newer than the last look is read
    Column("network_version", Text),  # that it was made with: its memory means nothing on another
    Column("state", LargeBinary, nullable=False),  # a VehicleState, see transit.store.formats
)
counters = Table(  # "vehicle_states" -> the newest revision
    "counters",
    metadata,
    Column("name", Text, primary_key=True),  # the table
    Column("value", BigInteger, nullable=False),  # the newest revision in it
)
vehicle_assignments = Table(  # what dispatchers say that vehicles run; rows are ended, never deleted
    "vehicle_assignments",
    metadata,
    Column("assignment_id", ID, primary_key=True),  # counted up
    Column("vehicle_id", Text, nullable=False, index=True),  # as in tracker_map
    Column("duty", Text, nullable=False),  # a Duty
    Column("route_id", Text),  # the route, also of a trip; None off and in repair
    Column("trip_id", Text),  # the trip; None where only a route is given
    Column("starts_at", UtcDateTime, nullable=False, index=True),  # from when it counts
    Column("ends_at", UtcDateTime),  # as planned; None = until somebody ends it
    Column("assigned_at", UtcDateTime, nullable=False),  # when it was said, on our clock
    Column("assigned_by", Text, nullable=False),  # name of the log-in, or "command line"
    Column("ended_at", UtcDateTime),  # by somebody, before its time
    Column("ended_by", Text),  # likewise
    Column("reason", Text),  # a Reason
)
departure_orders = Table(
    "departure_orders",
    metadata,
    Column("vehicle_id", Text, primary_key=True),  # as in tracker_map
    Column("departs_at", UtcDateTime, nullable=False),  # when it is to leave its first stop
    Column("said_at", UtcDateTime, nullable=False),  # when the order was given: tells it from an older one
)

advice_answers = Table(
    "advice_answers",
    metadata,
    Column("answer_id", ID, primary_key=True),  # counted up
    Column("answered_at", UtcDateTime, nullable=False),  # on our clock
    Column("vehicle_id", Text, nullable=False),  # the bus that the advice was for
    Column("stop_id", Text, nullable=False),  # the terminal
    Column("leave_at", UtcDateTime, nullable=False),  # as advised
    Column("answer", Text, nullable=False),  # apply or decline
    Column("why", Text, nullable=False),  # of who declined; empty otherwise
    Index(None, "answered_at"),
)

crowding_taps = Table(  # how full riders say that a bus is; a row goes after 20 minutes
    "crowding_taps",
    metadata,
    Column("vehicle_id", Text, primary_key=True),  # as in tracker_map
    Column("phone", Integer, primary_key=True, autoincrement=False),  # 16 bits that only tell two phones of one bus apart
    Column("trip_id", Text, nullable=False),  # the trip that it was on
    Column("start_date", Date, nullable=False),  # service day of the trip instance
    Column("start_s", Integer),  # seconds of the service day; None where the trip has its own times
    Column("crowding", Text, nullable=False),  # a Crowding
    Column("tapped_at", UtcDateTime, nullable=False, index=True),  # on our clock
)

service_days = Table(
    "service_days",
    metadata,
    Column("day", Date, primary_key=True),  # service day
    Column("network_version", Text, nullable=False),  # by which it was computed
    Column("made_at", UtcDateTime, nullable=False),  # when it was computed
    Column("content", LargeBinary, nullable=False),  # DayFigures: msgpack behind its format number
)

stop_events = Table(
    "stop_events",
    metadata,
    Column("event_id", ID, primary_key=True),  # in the order in which they became known
    Column("vehicle_id", Text, nullable=False),  # as in tracker_map
    Column("trip_id", Text, nullable=False),  # as in GTFS
    Column("start_date", Date, nullable=False),  # service day of the trip instance
    Column("start_s", Integer),  # seconds of the service day; None where the trip has its own times
    Column("stop_id", Text, nullable=False),  # as in GTFS
    Column("stop_sequence", Integer, nullable=False),  # as in GTFS
    Column("arrived_at", UtcDateTime, nullable=False),  # 20 m before the stop, interpolated
    Column("departed_at", UtcDateTime),  # 20 m behind it; None at a last stop
    Column("gap_s", Float, nullable=False),  # between the two fixes around it: how far the times are interpolated
    Index(None, "stop_id", "arrived_at"),
    Index(None, "arrived_at"),
    sqlite_autoincrement=True,
)
# One call per vehicle, trip instance and stop_sequence. NULLs differ from each other, hence the expression.
Index(
    "uq_stop_events_call",
    stop_events.c.vehicle_id,
    stop_events.c.trip_id,
    stop_events.c.start_date,
    text("coalesce(start_s, -1)"),
    stop_events.c.stop_sequence,
    unique=True,
)

learnt = Table(
    "learnt",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),  # always 1: there is one row at most
    Column("content", LargeBinary, nullable=False),  # transit.forecasting.saved_state
    Column("last_event_id", BigInteger, nullable=False),  # the newest call that it knows: later ones are learnt on top
    Column("saved_at", UtcDateTime, nullable=False),  # on our clock
)
alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", Text, primary_key=True),  # made by us; the id of the entity in GTFS-Realtime
    Column("starts_at", UtcDateTime, nullable=False),  # since when it is shown
    Column("ends_at", UtcDateTime, index=True),  # None: until it is withdrawn
    Column("content", LargeBinary, nullable=False),  # an Alert, see transit.store.formats
)
tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", Text, primary_key=True),  # the number that the rider is given
    Column("kind", Text, nullable=False),  # what is wrong, as on the form
    Column("stop_id", Text, nullable=False),  # as in GTFS; empty where it is of no stop
    Column("created_at", UtcDateTime, nullable=False),  # on our clock
    Column("text", Text, nullable=False),  # the rider's words, if any
    Column("promised", LargeBinary, nullable=False),  # the rows of that stop at that moment, msgpack
    Column("said", Integer, nullable=False),  # how many riders said the same
    Column("answer", Text, nullable=False),  # the dispatcher's; empty while there is none
    Column("answered_at", UtcDateTime),  # on our clock
    Column("about_at", UtcDateTime),  # the moment that the rider speaks of; None in reports of an earlier version
    Index(None, "created_at"),
)

matters = Table(  # rows of the dispatchers' inbox; they are added, and ended once
    "matters",
    metadata,
    Column("matter_id", ID, primary_key=True),  # counted up
    Column("kind", Text, nullable=False),  # a TroubleKind
    Column("key", Text, nullable=False),  # what it is about: one matter at a time has it
    Column("opened_at", UtcDateTime, nullable=False, index=True),  # when it had lasted long enough to be a matter
    Column("cleared_at", UtcDateTime, index=True),  # when it was over by itself; None while it is not
    Column("content", LargeBinary, nullable=False),  # the Trouble as it was then: msgpack behind its format number
)
matter_deeds = Table(  # what people did about matters; rows are added and never changed
    "matter_deeds",
    metadata,
    Column("deed_id", ID, primary_key=True),  # counted up
    Column("matter_id", ID, ForeignKey(matters.c.matter_id), nullable=False, index=True),  # of which matter
    Column("at", UtcDateTime, nullable=False),  # on our clock
    Column("person", Text, nullable=False),  # name of the log-in
    Column("deed", Text, nullable=False),  # take, snooze, close, undo
    Column("until", UtcDateTime),  # of a snooze
    Column("why", Text, nullable=False),  # of who closed it; empty otherwise
)
hand_overs = Table(  # the notes of shifts; rows are added and never changed
    "hand_overs",
    metadata,
    Column("hand_over_id", ID, primary_key=True),  # counted up
    Column("since", UtcDateTime, nullable=False),  # begin of the shift
    Column("until", UtcDateTime, nullable=False, index=True),  # its end
    Column("kept_at", UtcDateTime, nullable=False),  # when the note was kept, on our clock
    Column("person", Text, nullable=False),  # who kept it
    Column("content", LargeBinary, nullable=False),  # section -> its text: msgpack behind its format number
)

console_settings = Table(  # what supervisors set; rows are added and never changed, the newest of a name counts
    "console_settings",
    metadata,
    Column("change_id", ID, primary_key=True),  # counted up
    Column("name", Text, nullable=False, index=True),  # of a Setting
    Column("value", Float),  # in the unit that the name ends with; None = the default again
    Column("changed_at", UtcDateTime, nullable=False),  # on our clock
    Column("person", Text, nullable=False),  # who changed it
    Column("why", Text, nullable=False),  # in that person's words
)

people = Table(  # who may open /armada
    "people",
    metadata,
    Column("person_id", ID, primary_key=True),  # counted up
    Column("name", Text, nullable=False, unique=True),  # with which somebody logs in; small letters
    Column("role", Text, nullable=False),  # a Role
    Column("password_hash", Text, nullable=False),  # Argon2id
    Column("must_change", Boolean, nullable=False),  # a password for one log-in: then another must be chosen
    Column("created_at", UtcDateTime, nullable=False),  # on our clock
    Column("disabled_at", UtcDateTime),  # the account was closed; empty while it is open
)
identities = Table(  # accounts at an identity provider with which people log in (OpenID Connect)
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),  # the address of the provider
    Column("subject", Text, primary_key=True),  # of the account there; never given to anybody else
    Column("person_id", ID, ForeignKey(people.c.person_id), nullable=False),  # whose it is here
    Column("first_at", UtcDateTime, nullable=False),  # the first log-in, on our clock
)
log_ins = Table(
    "log_ins",
    metadata,
    Column("token_hash", Text, primary_key=True),  # SHA-256 of what the browser's cookie carries
    Column("person_id", ID, ForeignKey(people.c.person_id), nullable=False, index=True),  # whose
    Column("started_at", UtcDateTime, nullable=False, index=True),  # on our clock
    Column("active_at", UtcDateTime, nullable=False),  # the last request that somebody made, not a page by itself
    Column("ended_at", UtcDateTime),  # by a log-out or by somebody else; empty while it may last
    Column("network", Text),  # from which it was begun; taken out after 92 days
)
log_in_failures = Table(
    "log_in_failures",
    metadata,
    Column("key_hash", Text, primary_key=True),  # SHA-256 of an account, a network, or an account at a place
    Column("count", Integer, nullable=False),  # of wrong passwords in a row
    Column("last_at", UtcDateTime, nullable=False, index=True),  # the newest of them
)
audit_entries = Table(  # who did what; rows are added and never changed, but for the network address
    "audit_entries",
    metadata,
    Column("segment", Text, primary_key=True),  # the month, UTC: 2026-11
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1 in each segment
    Column("at", UtcDateTime, nullable=False, index=True),  # on our clock
    Column("person", Text, nullable=False),  # name of the log-in; "local" or "command line" where nobody logs in
    Column("action", Text, nullable=False),  # what was done, as a word of transit.store.audit
    Column("subject", Text, nullable=False),  # to what: a vehicle, a route, a notice's id
    Column("before", Text, nullable=False),  # how it was; empty where it was not
    Column("after", Text, nullable=False),  # how it is since; empty where it is no more
    Column("why", Text, nullable=False),  # as that person wrote
    Column("digest", Text, nullable=False),  # SHA-256 over this row (but the network) and the digest before it
    Column("network", Text),  # the address from which; taken out after 92 days
)
