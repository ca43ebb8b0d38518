"""Collected mails that lie nowhere any more can be forgotten."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column is there; what was collected before is remembered for ever."""
    op.add_column("collected", sa.Column("settled_at", Moment(), nullable=True))
    op.create_index("collected_settled", "collected", ["settled_at"])
