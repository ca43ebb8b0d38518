"""Collected mails are remembered, and an answer may tell of a mail that became no fax."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Table and column are there."""
    op.create_table(
        "collected",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="collected_key"),
    )
    op.add_column("notification", sa.Column("refusal", sa.Text(), nullable=True))
