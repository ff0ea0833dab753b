"""What troubles are found in: recent outcomes and clocks of trackers, what the broker refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("tracker_health", sa.Column("first_received_at", sa.BigInteger(), nullable=True))
    op.add_column("tracker_health", sa.Column("clock_step_s", sa.Float(), nullable=True))
    op.add_column("tracker_health", sa.Column("clock_step_at", sa.BigInteger(), nullable=True))
    op.add_column("tracker_health", sa.Column("recent", sa.LargeBinary(), nullable=True))
    # Until now 0 stood for "not known" as well: what is right is found out again within a minute.
    op.execute("UPDATE tracker_health SET clock_offset_s = NULL WHERE clock_offset_s = 0")
    op.create_table(
        "broker_refusals",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cause", "client", name=op.f("pk_broker_refusals")),
    )
    op.create_index(op.f("ix_broker_refusals_last_at"), "broker_refusals", ["last_at"])
