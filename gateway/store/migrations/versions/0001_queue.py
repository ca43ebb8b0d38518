"""The queue: submissions, jobs, attempts and their page journals, history, received faxes, outbox, blobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there."""
    _blob()
    _received()
    _submission()
    _job()
    _attempt()
    _notification()
    _trace()
    _page()


def _index(name: str, table: str, columns: list[str], *, where: str = "", unique: bool = False) -> None:
    """An index; a partial one when `where` is given."""
    only = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=only)


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ref", "part", name="blob_key"),
    )


def _received() -> None:
    op.create_table(
        "received",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("spool", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("leased_by", sa.Text()),
        sa.Column("leased_until", _MOMENT),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("page_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("pages", sa.Text()),
        sa.Column("disposition", sa.Text()),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("bit_rate", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ecm", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("compression", sa.Text(), server_default="", nullable=False),
        sa.Column("bad_rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(state LIKE '%ing') = (leased_by IS NOT NULL)", name=op.f("received_owned")),
        sa.CheckConstraint(
            "state IN ('receiving', 'received', 'partial', 'empty')", name=op.f("received_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name="received_key"),
    )
    _index("received_leased", "received", ["leased_until"], where="leased_until IS NOT NULL")


def _submission() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=False),
        sa.Column("pages", sa.Text()),
        sa.Column("page_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="submission_key"),
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("pages_confirmed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sender_mail", sa.Text()),
        sa.Column("sender_name", sa.Text()),
        sa.Column("sender_station_id", sa.Text()),
        sa.Column("sender_caller_number", sa.Text()),
        sa.Column("pages", sa.Text()),
        sa.Column("page_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("failure_remedy", sa.Text()),
        sa.Column("leased_by", sa.Text()),
        sa.Column("leased_until", _MOMENT),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(state LIKE '%ing') = (leased_by IS NOT NULL)", name=op.f("job_owned")),
        sa.CheckConstraint(
            "state IN ('received', 'resolving', 'resolved', 'rendering', 'rendered', 'sending', 'deferred', "
            "'held', 'delivered', 'failed', 'cancelled')",
            name=op.f("job_state_known"),
        ),
        sa.CheckConstraint("(leased_by IS NULL) = (leased_until IS NULL)", name=op.f("job_lease")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name="job_submission_id_fk"),
        sa.PrimaryKeyConstraint("id", name="job_key"),
    )
    _index("job_leased", "job", ["leased_until"], where="leased_until IS NOT NULL")
    _index("job_number_turn", "job", ["number", "due_at", "id"], where="state IN ('deferred', 'rendered')")
    _index("job_one_call", "job", ["number"], where="state IN ('sending')", unique=True)
    _index("job_one_rendering", "job", ["submission_id"], where="state IN ('rendering')", unique=True)
    _index("job_open", "job", ["id"], where="state NOT IN ('cancelled', 'delivered', 'failed')")
    _index("job_submission", "job", ["submission_id"])
    _index("job_submission_turn", "job", ["submission_id", "due_at", "id"], where="state IN ('resolved')")
    _index("job_to_render", "job", ["due_at", "id"], where="state IN ('resolved')")
    _index("job_to_resolve", "job", ["due_at", "id"], where="state IN ('received')")
    _index("job_to_send", "job", ["due_at", "id"], where="state IN ('deferred', 'rendered')")


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("disposition", sa.Text()),
        sa.Column("call_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sip_status", sa.Integer()),
        sa.Column("q850_cause", sa.Integer()),
        sa.Column("t30_result", sa.Integer()),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("bit_rate", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ecm", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("compression", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("local_id", sa.Text(), server_default="", nullable=False),
        sa.Column("bad_rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("disposition IS NULL OR ended_at IS NOT NULL", name=op.f("attempt_ended")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="attempt_job_id_fk"),
        sa.PrimaryKeyConstraint("id", name="attempt_key"),
    )
    _index("attempt_job", "attempt", ["job_id", "number"], unique=True)
    _index("attempt_open", "attempt", ["job_id"], where="ended_at IS NULL", unique=True)


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="owed", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text()),
        sa.Column("received_id", sa.Text()),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_by", sa.Text()),
        sa.Column("sent_at", _MOMENT),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('owed', 'sent', 'given_up')", name=op.f("notification_state_known")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="notification_job_id_fk"),
        sa.ForeignKeyConstraint(["received_id"], ["received.id"], name="notification_received_id_fk"),
        sa.PrimaryKeyConstraint("id", name="notification_key"),
    )
    _index("notification_job", "notification", ["job_id"])
    _index("notification_owed", "notification", ["due_at", "id"], where="state = 'owed'")


def _trace() -> None:
    op.create_table(
        "trace",
        sa.Column("id", _IDENTITY, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="trace_job_id_fk"),
        sa.PrimaryKeyConstraint("id", name="trace_key"),
    )
    _index("trace_job", "trace", ["job_id", "id"])


def _page() -> None:
    op.create_table(
        "page",
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad_rows", sa.Integer(), nullable=False),
        sa.Column("bit_rate", sa.Integer(), nullable=False),
        sa.Column("y_dpi", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="page_attempt_id_fk"),
        sa.PrimaryKeyConstraint("attempt_id", "number", name="page_key"),
    )
