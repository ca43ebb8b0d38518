"""Received faxes know the sub-address that their sender said."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column is there; older faxes named nobody."""
    op.add_column("received", sa.Column("sub_address", sa.Text(), server_default="", nullable=False))
