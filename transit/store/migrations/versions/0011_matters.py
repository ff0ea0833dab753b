"""The dispatchers' inbox: matters and what people did about them; and the notes that a shift hands over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "matters",
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_matters")),
    )
    op.create_index(op.f("ix_matters_opened_at"), "matters", ["opened_at"])
    op.create_index(op.f("ix_matters_cleared_at"), "matters", ["cleared_at"])
    op.create_table(
        "matter_deeds",
        sa.Column("deed_id", ID, nullable=False),
        sa.Column("matter_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matters.matter_id"], name=op.f("fk_matter_deeds_matter_id")),
        sa.PrimaryKeyConstraint("deed_id", name=op.f("pk_matter_deeds")),
    )
    op.create_index(op.f("ix_matter_deeds_matter_id"), "matter_deeds", ["matter_id"])
    op.create_table(
        "hand_overs",
        sa.Column("hand_over_id", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hand_over_id", name=op.f("pk_hand_overs")),
    )
    op.create_index(op.f("ix_hand_overs_until"), "hand_overs", ["until"])
