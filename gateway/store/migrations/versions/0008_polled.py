"""Faxes that a job fetched (polling) are kept like those that came in, and know whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The columns are there; no older fax was fetched."""
    op.add_column("received", sa.Column("job_id", sa.Text()))
    op.add_column("received", sa.Column("mailbox", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "received_job",
        "received",
        ["job_id"],
        sqlite_where=sa.text("job_id IS NOT NULL"),
        postgresql_where=sa.text("job_id IS NOT NULL"),
    )
