"""Assignments from when until when, by whom, and why they ended; and the moment that a rider's report speaks of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "vehicle_assignments",
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("route_id", sa.Text(), nullable=True),
        sa.Column("trip_id", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_vehicle_assignments")),
    )
    op.create_index(op.f("ix_vehicle_assignments_vehicle_id"), "vehicle_assignments", ["vehicle_id"])
    op.create_index(op.f("ix_vehicle_assignments_starts_at"), "vehicle_assignments", ["starts_at"])
    op.execute(
        "INSERT INTO vehicle_assignments (vehicle_id, duty, route_id, trip_id, starts_at, assigned_at, assigned_by) "
        "SELECT vehicle_id, CASE WHEN trip_id IS NULL THEN 'route' ELSE 'trip' END, route_id, trip_id, assigned_at, "
        "assigned_at, 'command line' FROM assignments"
    )
    op.drop_table("assignments")
    op.add_column("tickets", sa.Column("about_at", sa.BigInteger(), nullable=True))
