"""Jobs are claimed by priority."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TO_SEND = "state IN ('deferred', 'rendered')"
_TURNS = {
    "job_to_resolve": ([], "state IN ('received')"),
    "job_to_render": ([], "state IN ('resolved')"),
    "job_to_send": ([], _TO_SEND),
    "job_number_turn": (["number"], _TO_SEND),
    "job_submission_turn": (["submission_id"], "state IN ('resolved')"),
}


def upgrade() -> None:
    """The column is there, "normal" for older jobs, and in every index that says whose turn it is."""
    op.add_column("job", sa.Column("priority", sa.Integer(), server_default=sa.text("2"), nullable=False))
    for name, (first, waiting) in _TURNS.items():
        op.drop_index(name, "job")
        columns = [*first, "priority", "due_at", "id"]
        where = sa.text(waiting)
        op.create_index(name, "job", columns, sqlite_where=where, postgresql_where=where)
