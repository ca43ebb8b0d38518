"""A job knows the person who gets it, and what its sender asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The columns are there; jobs of an older version have nothing in them."""
    for name in ("recipient_name", "recipient_company", "options"):
        op.add_column("job", sa.Column(name, sa.Text(), nullable=True))
