"""How full riders say that a bus is: one row for each phone and bus, gone after minutes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "crowding_taps",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("trip_id", sa.Text(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("start_s", sa.Integer(), nullable=True),
        sa.Column("crowding", sa.Text(), nullable=False),
        sa.Column("tapped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", "phone", name=op.f("pk_crowding_taps")),
    )
    op.create_index(op.f("ix_crowding_taps_tapped_at"), "crowding_taps", ["tapped_at"])
