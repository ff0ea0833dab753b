"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_networks()
    create_trackers()
    create_vehicles()
    create_facts()


def create_networks() -> None:
    op.create_table(
        "network_versions",
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_network_versions")),
    )
    op.create_table(
        "current_network",
        sa.Column("single", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["network_versions.version_id"], name=op.f("fk_current_network_version_id")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_current_network")),
    )


def create_trackers() -> None:
    op.create_table(
        "tracker_map",
        sa.Column("tracker_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("mapped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tracker_id", name=op.f("pk_tracker_map")),
    )
    op.create_table(
        "tracker_health",
        sa.Column("tracker_id", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("status_at", sa.BigInteger(), nullable=True),
        sa.Column("last_received_at", sa.BigInteger(), nullable=True),
        sa.Column("last_fix_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_offset_s", sa.Float(), nullable=True),
        sa.Column("battery_pct", sa.Float(), nullable=True),
        sa.Column("accepted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tracker_id", name=op.f("pk_tracker_health")),
    )
    op.create_table(
        "refusals",
        sa.Column("tracker_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tracker_id", "reason", name=op.f("pk_refusals")),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("tracker_id", sa.Text(), nullable=False),
        sa.Column("fix_at", sa.BigInteger(), nullable=False),
        sa.Column("tracker_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("bearing", sa.Float(), nullable=True),
        sa.Column("speed_mps", sa.Float(), nullable=True),
        sa.Column("odometer_m", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("battery_pct", sa.Float(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_reports")),
        sa.UniqueConstraint("tracker_id", "fix_at", name=op.f("uq_reports_tracker_id_fix_at")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reports_received_at"), "reports", ["received_at"], unique=False)
    op.create_index(op.f("ix_reports_vehicle_id_reported_at"), "reports", ["vehicle_id", "reported_at"], unique=False)


def create_vehicles() -> None:
    op.create_table(
        "vehicle_states",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("network_version", sa.Text(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_vehicle_states")),
    )
    op.create_index(op.f("ix_vehicle_states_revision"), "vehicle_states", ["revision"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "assignments",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("route_id", sa.Text(), nullable=True),
        sa.Column("trip_id", sa.Text(), nullable=True),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_assignments")),
    )


def create_facts() -> None:
    op.create_table(
        "stop_events",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("trip_id", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("start_s", sa.Integer(), nullable=True),
        sa.Column("stop_id", sa.Text(), nullable=False),
        sa.Column("stop_sequence", sa.Integer(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("departed_at", sa.BigInteger(), nullable=True),
        sa.Column("gap_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_stop_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_stop_events_arrived_at"), "stop_events", ["arrived_at"], unique=False)
    op.create_index(op.f("ix_stop_events_stop_id_arrived_at"), "stop_events", ["stop_id", "arrived_at"], unique=False)
    op.create_index(
        "uq_stop_events_call",
        "stop_events",
        ["vehicle_id", "trip_id", "start_date", sa.text("coalesce(start_s, -1)"), "stop_sequence"],
        unique=True,
    )
    op.create_table(
        "learnt",
        sa.Column("single", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_learnt")),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_ends_at"), "alerts", ["ends_at"], unique=False)
