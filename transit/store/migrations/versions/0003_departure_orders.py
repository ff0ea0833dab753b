"""What dispatchers say of the next departures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "departure_orders",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("departs_at", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_departure_orders")),
    )
