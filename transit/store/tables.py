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
    Column("imported_at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),  # where it came from, for people: a file name or an address
    Column("content", LargeBinary, nullable=False),  # the Network: msgpack, zstandard
)
current_network = Table(
    "current_network",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),  # always 1: there is one row at most
    Column("version_id", Text, ForeignKey(network_versions.c.version_id), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# What people say of a tracker, and what was seen of it, are two tables: an edit never races with the ingest.
tracker_map = Table(
    "tracker_map",
    metadata,
    Column("tracker_id", Text, primary_key=True),
    Column("vehicle_id", Text, nullable=False),
    Column("mapped_at", UtcDateTime, nullable=False),
)
tracker_health = Table(
    "tracker_health",
    metadata,
    Column("tracker_id", Text, primary_key=True),
    Column("online", Boolean),
    Column("status_at", UtcDateTime),
    Column("last_received_at", UtcDateTime),
    Column("last_fix_at", UtcDateTime),  # of the newest fix, corrected
    Column("clock_offset_s", Float),  # our clock minus the tracker's, corrected or not; 0 = right, None = not known yet
    Column("battery_pct", Float),
    Column("accepted", BigInteger, nullable=False, server_default=text("0")),
    Column("last_error", Text),  # of the last refusal: transit.operations.complaints
    Column("last_error_at", UtcDateTime),
    Column("first_received_at", UtcDateTime),
    Column("clock_step_s", Float),  # by how much its clock, or ours, was last seen to be set
    Column("clock_step_at", UtcDateTime),
    Column("recent", LargeBinary),  # msgpack of RecentOutcomes
)
tracker_credentials = Table(
    "tracker_credentials",
    metadata,
    Column("user", Text, primary_key=True),  # with which it logs in
    Column("tracker_id", Text, nullable=False),
    Column("nats_hash", Text, nullable=False),  # bcrypt
    Column("mosquitto_hash", Text),  # PBKDF2; None = of an earlier version, whose passwords were bcrypt's alone
    Column("issued_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
refusals = Table(
    "refusals",
    metadata,
    Column("tracker_id", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

broker_refusals = Table(  # of the embedded broker, read from its log
    "broker_refusals",
    metadata,
    Column("cause", Text, primary_key=True),  # a RefusalCause
    Column("client", Text, primary_key=True),  # its id, or the address that it called from
    Column("count", BigInteger, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
    Column("said", Text, nullable=False),  # the broker's words for the last
)

reports = Table(
    "reports",
    metadata,
    Column("report_id", ID, primary_key=True),
    Column("tracker_id", Text, nullable=False),
    Column("fix_at", UtcDateTime, nullable=False),  # as the tracker said it: with tracker_id, the report's identity
    Column("tracker_at", UtcDateTime),  # the tracker's clock at sending, where it tells it apart from the fix
    Column("received_at", UtcDateTime, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),  # fix_at after correction of a steady clock offset
    Column("vehicle_id", Text),  # what the tracker was mapped to then; None = unmapped
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("bearing", Float),
    Column("speed_mps", Float),
    Column("odometer_m", Float),
    Column("accuracy_m", Float),
    Column("battery_pct", Float),
    Column("seq", BigInteger),
    Column("status", Text, nullable=False),  # a VehicleStatus, or rejected:<reason>
    UniqueConstraint("tracker_id", "fix_at"),
    Index(None, "vehicle_id", "reported_at"),
    Index(None, "received_at"),
    sqlite_autoincrement=True,
)

vehicle_states = Table(
    "vehicle_states",
    metadata,
    Column("vehicle_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("network_version", Text),  # that it was made with: its memory means nothing on another
    Column("state", LargeBinary, nullable=False),  # a VehicleState, see transit.store.formats
)
counters = Table(  # "vehicle_states" -> the newest revision
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
vehicle_assignments = Table(  # what dispatchers say that vehicles run; rows are ended, never deleted
    "vehicle_assignments",
    metadata,
    Column("assignment_id", ID, primary_key=True),
    Column("vehicle_id", Text, nullable=False, index=True),
    Column("duty", Text, nullable=False),  # a Duty
    Column("route_id", Text),
    Column("trip_id", Text),
    Column("starts_at", UtcDateTime, nullable=False, index=True),
    Column("ends_at", UtcDateTime),  # as planned; None = until somebody ends it
    Column("assigned_at", UtcDateTime, nullable=False),
    Column("assigned_by", Text, nullable=False),
    Column("ended_at", UtcDateTime),  # by somebody, before its time
    Column("ended_by", Text),
    Column("reason", Text),  # a Reason
)
departure_orders = Table(
    "departure_orders",
    metadata,
    Column("vehicle_id", Text, primary_key=True),
    Column("departs_at", UtcDateTime, nullable=False),
    Column("said_at", UtcDateTime, nullable=False),
)

stop_events = Table(
    "stop_events",
    metadata,
    Column("event_id", ID, primary_key=True),
    Column("vehicle_id", Text, nullable=False),
    Column("trip_id", Text, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("start_s", Integer),
    Column("stop_id", Text, nullable=False),
    Column("stop_sequence", Integer, nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("departed_at", UtcDateTime),
    Column("gap_s", Float, nullable=False),
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
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("last_event_id", BigInteger, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)
alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", Text, primary_key=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, index=True),
    Column("content", LargeBinary, nullable=False),  # an Alert, see transit.store.formats
)
tickets = Table(
    "tickets",
    metadata,
    Column("ticket_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("stop_id", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("promised", LargeBinary, nullable=False),
    Column("said", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("about_at", UtcDateTime),  # the moment that the rider speaks of; None = in reports of an earlier version
    Index(None, "created_at"),
)

people = Table(  # who may open /armada
    "people",
    metadata,
    Column("person_id", ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # with which somebody logs in; small letters
    Column("role", Text, nullable=False),  # a Role
    Column("password_hash", Text, nullable=False),  # Argon2id
    Column("must_change", Boolean, nullable=False),  # a password for one log-in: then another must be chosen
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)
log_ins = Table(
    "log_ins",
    metadata,
    Column("token_hash", Text, primary_key=True),  # SHA-256 of what the browser's cookie carries
    Column("person_id", ID, ForeignKey(people.c.person_id), nullable=False, index=True),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("active_at", UtcDateTime, nullable=False),  # the last request that somebody made, not a page by itself
    Column("ended_at", UtcDateTime),
    Column("network", Text),  # from which it was begun; taken out after 92 days
)
log_in_failures = Table(
    "log_in_failures",
    metadata,
    Column("key_hash", Text, primary_key=True),  # SHA-256 of an account, a network, or an account at a place
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
)
audit_entries = Table(  # who did what; rows are added and never changed, but for the network address
    "audit_entries",
    metadata,
    Column("segment", Text, primary_key=True),  # the month, UTC: 2026-11
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1 in each segment
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("person", Text, nullable=False),  # name of the log-in; "local" or "command line" where nobody logs in
    Column("action", Text, nullable=False),  # what was done, as a word of transit.store.audit
    Column("subject", Text, nullable=False),  # to what: a vehicle, a route, a notice's id
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 over this row (but the network) and the digest before it
    Column("network", Text),  # the address from which; taken out after 92 days
)
