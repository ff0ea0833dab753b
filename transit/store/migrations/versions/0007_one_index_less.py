"""Reports have no index on received_at any more: report_id has the same order, and an index costs 14 bytes a report."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_index(op.f("ix_reports_received_at"), "reports")
