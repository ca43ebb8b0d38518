"""What a sender has sent already is counted by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index is there."""
    known = sa.text("sender_mail IS NOT NULL")
    columns = [sa.text("lower(sender_mail)"), sa.text("created_at")]
    op.create_index("job_sender", "job", columns, sqlite_where=known, postgresql_where=known)
