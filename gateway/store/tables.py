"""The tables of the queue: what they promise is checked by the database where SQL can say it.

Times that a row begins with come from the database's clock. A change takes a migration in
gateway/store/migrations; tests/migration holds the two together, and REVISION names the newest one.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from gateway.model.lifecycle import TERMINAL, JobState
from gateway.model.received import ReceivedState
from gateway.store.types import Moment, Words, now

REVISION = "0010"

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)


def words(values: Iterable[str]) -> str:
    """The values as a list of SQL literals, for CHECK and for the WHERE of partial indexes."""
    return ", ".join(f"'{value}'" for value in values)


def _in(*states: str) -> sa.TextClause:
    return sa.text(f"state IN ({words(sorted(states))})")


RECEIVED = _in(JobState.RECEIVED)
RESOLVED = _in(JobState.RESOLVED)
TO_SEND = _in(JobState.RENDERED, JobState.DEFERRED)
SENDING = _in(JobState.SENDING)
RENDERING = _in(JobState.RENDERING)
TURN = ("priority", "due_at", "id")
OPEN = sa.text(f"state NOT IN ({words(sorted(TERMINAL))})")

submission = Table(
    "submission",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("mail_from", Words, nullable=False),
    Column("message", sa.Text, nullable=False),
    Column("client", Words, nullable=False),
    Column("accepted_at", Moment, nullable=False, default=now()),
    Column("pages", sa.Text),
    Column("page_count", sa.Integer, nullable=False, server_default=sa.text("0")),
)

job = Table(
    "job",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("submission_id", sa.Text, ForeignKey("submission.id"), nullable=False),
    Column("state", sa.Text, nullable=False),
    Column("number", sa.Text, nullable=False),
    Column("address", Words, nullable=False),
    Column("created_at", Moment, nullable=False, default=now()),
    Column("due_at", Moment, nullable=False, default=now()),
    Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("pages_confirmed", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("sender_mail", Words),
    Column("sender_name", Words),
    Column("sender_station_id", Words),
    Column("sender_caller_number", Words),
    Column("pages", sa.Text),
    Column("page_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("failure_code", sa.Text),
    Column("failure_reason", Words),
    Column("failure_remedy", Words),
    Column("leased_by", sa.Text),
    Column("leased_until", Moment),
    Column("version", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("recipient_name", Words),
    Column("recipient_company", Words),
    Column("options", sa.Text),
    Column("priority", sa.Integer, nullable=False, server_default=sa.text("2")),  # JobOptions.rank
    sa.CheckConstraint(f"state IN ({words(JobState)})", name="state_known"),
    sa.CheckConstraint("(state LIKE '%ing') = (leased_by IS NOT NULL)", name="owned"),
    sa.CheckConstraint("(leased_by IS NULL) = (leased_until IS NULL)", name="lease"),
    Index("job_submission", "submission_id"),
    # What each stage claims, by priority and then oldest due first. Finished jobs are in none of them.
    Index("job_to_resolve", *TURN, sqlite_where=RECEIVED, postgresql_where=RECEIVED),
    Index("job_to_render", *TURN, sqlite_where=RESOLVED, postgresql_where=RESOLVED),
    Index("job_to_send", *TURN, sqlite_where=TO_SEND, postgresql_where=TO_SEND),
    Index("job_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    Index(
        "job_leased",
        "leased_until",
        sqlite_where=sa.text("leased_until IS NOT NULL"),
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    ),
    # One call per destination, and one rendering per message, whatever the nodes do at the same moment.
    Index(
        "job_one_call",
        "number",
        unique=True,
        sqlite_where=SENDING,
        postgresql_where=SENDING,
    ),
    Index(
        "job_one_rendering",
        "submission_id",
        unique=True,
        sqlite_where=RENDERING,
        postgresql_where=RENDERING,
    ),
    # Who of those with the same number, or of the same message, comes first.
    Index("job_number_turn", "number", *TURN, sqlite_where=TO_SEND, postgresql_where=TO_SEND),
    Index(
        "job_submission_turn",
        *("submission_id", *TURN),
        sqlite_where=RESOLVED,
        postgresql_where=RESOLVED,
    ),
)

# What a sender has sent already: sender addresses differ in case.
Index(
    "job_sender",
    sa.func.lower(job.c.sender_mail),
    job.c.created_at,
    sqlite_where=sa.text("sender_mail IS NOT NULL"),
    postgresql_where=sa.text("sender_mail IS NOT NULL"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("job_id", sa.Text, ForeignKey("job.id"), nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("trunk", sa.Text, nullable=False),
    Column("node", sa.Text, nullable=False),
    Column("first_page", sa.Integer, nullable=False),
    Column("started_at", Moment, nullable=False, default=now()),
    Column("answered_at", Moment),
    Column("ended_at", Moment),
    Column("disposition", sa.Text),
    Column("call_id", Words, nullable=False, server_default=""),
    Column("sip_status", sa.Integer),
    Column("q850_cause", sa.Integer),
    Column("t30_result", sa.Integer),
    Column("detail", Words, nullable=False, server_default=""),
    Column("medium", sa.Text, nullable=False, server_default=""),
    Column("bit_rate", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("ecm", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("compression", sa.Text, nullable=False, server_default=""),
    Column("remote_id", Words, nullable=False, server_default=""),
    Column("local_id", Words, nullable=False, server_default=""),
    Column("bad_rows", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.CheckConstraint("disposition IS NULL OR ended_at IS NOT NULL", name="ended"),
    Index("attempt_job", "job_id", "number", unique=True),
    Index(
        "attempt_open",
        "job_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

#: The page journal: what the far end confirmed, page by page.
page = Table(
    "page",
    metadata,
    Column("attempt_id", sa.Text, ForeignKey("attempt.id"), primary_key=True),
    Column("number", sa.Integer, primary_key=True, autoincrement=False),
    Column("width", sa.Integer, nullable=False),
    Column("rows", sa.Integer, nullable=False),
    Column("bad_rows", sa.Integer, nullable=False),
    Column("bit_rate", sa.Integer, nullable=False),
    Column("y_dpi", sa.Integer, nullable=False),
    Column("confirmed_at", Moment, nullable=False, default=now()),
)

trace = Table(
    "trace",
    metadata,
    Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    Column("job_id", sa.Text, ForeignKey("job.id"), nullable=False),
    Column("at", Moment, nullable=False, default=now()),
    Column("event", sa.Text, nullable=False),
    Column("state", sa.Text, nullable=False),
    Column("node", sa.Text, nullable=False),
    Column("text", Words, nullable=False),
    Index("trace_job", "job_id", "id"),
)

received = Table(
    "received",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("state", sa.Text, nullable=False),
    Column("call_id", Words, nullable=False),
    Column("called", Words, nullable=False),
    Column("caller", Words, nullable=False),
    Column("spool", Words, nullable=False),
    Column("node", sa.Text, nullable=False),
    Column("leased_by", sa.Text),
    Column("leased_until", Moment),
    Column("started_at", Moment, nullable=False, default=now()),
    Column("ended_at", Moment),
    Column("remote_id", Words, nullable=False, server_default=""),
    Column("page_count", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("pages", sa.Text),
    Column("disposition", sa.Text),
    Column("detail", Words, nullable=False, server_default=""),
    Column("medium", sa.Text, nullable=False, server_default=""),
    Column("bit_rate", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("ecm", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("compression", sa.Text, nullable=False, server_default=""),
    Column("bad_rows", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("sub_address", Words, nullable=False, server_default=""),
    Column("job_id", sa.Text),
    Column("mailbox", Words, nullable=False, server_default=""),
    sa.CheckConstraint(f"state IN ({words(ReceivedState)})", name="state_known"),
    sa.CheckConstraint("(state LIKE '%ing') = (leased_by IS NOT NULL)", name="owned"),
    Index(
        "received_leased",
        "leased_until",
        sqlite_where=sa.text("leased_until IS NOT NULL"),
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    ),
    Index(
        "received_job",
        "job_id",
        sqlite_where=sa.text("job_id IS NOT NULL"),
        postgresql_where=sa.text("job_id IS NOT NULL"),
    ),
)

#: What calls have taught about a number, until it expires.
lesson = Table(
    "lesson",
    metadata,
    Column("number", sa.Text, primary_key=True),
    Column("about", sa.Text, primary_key=True),
    Column("value", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("reason", Words, nullable=False),
    Column("learned_at", Moment, nullable=False, default=now()),
    Column("expires_at", Moment, nullable=False),
    Column("trunk", sa.Text, primary_key=True, server_default=""),
)

OWED = sa.text("state = 'owed'")

notification = Table(
    "notification",
    metadata,
    Column("id", sa.Text, primary_key=True),
    Column("state", sa.Text, nullable=False, server_default="owed"),
    Column("kind", sa.Text, nullable=False),
    Column("mailbox", Words, nullable=False),
    Column("job_id", sa.Text, ForeignKey("job.id")),
    Column("received_id", sa.Text, ForeignKey("received.id")),
    Column("message_id", sa.Text, nullable=False),
    Column("created_at", Moment, nullable=False, default=now()),
    Column("due_at", Moment, nullable=False, default=now()),
    Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
    Column("leased_by", sa.Text),
    Column("sent_at", Moment),
    Column("reason", Words, nullable=False, server_default=""),
    Column("refusal", Words),
    sa.CheckConstraint("state IN ('owed', 'sent', 'given_up')", name="state_known"),
    Index("notification_owed", "due_at", "id", sqlite_where=OWED, postgresql_where=OWED),
    Index("notification_job", "job_id"),
)

#: Mails that were collected from mailboxes and folders, by the keys of their sources: none is faxed twice.
collected = Table(
    "collected",
    metadata,
    Column("key", Words, primary_key=True),
    Column("submission_id", sa.Text),
    Column("refused", Words, nullable=False),
    Column("at", Moment, nullable=False, default=now()),
    Column("settled_at", Moment),
    Index("collected_settled", "settled_at"),
)

#: Content by its SHA-256, in parts that follow one another from 0.
blob = Table(
    "blob",
    metadata,
    Column("ref", sa.Text, primary_key=True),
    Column("part", sa.Integer, primary_key=True, autoincrement=False),
    Column("content", sa.LargeBinary, nullable=False),
)
