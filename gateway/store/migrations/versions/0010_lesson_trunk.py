"""What a line has taught holds for the trunk it was reached by."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lessons may have a trunk; what is known already holds for all of them until it expires.

    The trunk is part of the key, which SQLite cannot change: the table is made anew.
    """
    op.execute("CREATE TABLE lesson_before AS SELECT * FROM lesson")
    op.drop_table("lesson")
    op.create_table(
        "lesson",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("learned_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("trunk", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", "about", "trunk", name="lesson_key"),
    )
    op.execute(
        """INSERT INTO lesson (number, about, value, reason, learned_at, expires_at)
           SELECT number, about, value, reason, learned_at, expires_at FROM lesson_before"""
    )
    op.drop_table("lesson_before")
