"""Attempts and their page journals: what is known about a call while it is under way and after it."""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from gateway.errors import LeaseLost
from gateway.model.ids import AttemptId, BlobRef
from gateway.model.job import Job
from gateway.model.lifecycle import JobEvent, JobState
from gateway.ports.job_store import Outcome
from gateway.store import tables
from gateway.store.ids import new_id
from gateway.store.statements import in_states, insert_new
from gateway.store.types import now
from telephony import Disposition, PageFacts, Transmission

_attempt, _job, _page = tables.attempt, tables.job, tables.page

_journal_length = (
    sa.select(sa.func.count())
    .where(_page.c.attempt_id == _attempt.c.id)
    .correlate(_attempt)
    .scalar_subquery()
)

ALL_OF_JOB = (
    sa.select(_attempt, _journal_length.label("pages_confirmed"))
    .where(_attempt.c.job_id == sa.bindparam("job"))
    .order_by(_attempt.c.number)
)

_OPEN_OF_JOB = sa.select(
    _attempt.c.id, _attempt.c.first_page, _journal_length.label("pages_confirmed")
).where(_attempt.c.job_id == sa.bindparam("job"), sa.text("attempt.ended_at IS NULL"))

_OPEN = (
    sa.insert(_attempt)
    .from_select(
        ["id", "job_id", "number", "trunk", "node", "first_page", "started_at"],
        sa.select(
            sa.bindparam("attempt", type_=sa.Text),
            _job.c.id,
            sa.select(sa.func.coalesce(sa.func.max(_attempt.c.number), 0) + 1)
            .where(_attempt.c.job_id == _job.c.id)
            .correlate(_job)
            .scalar_subquery(),
            sa.bindparam("trunk", type_=sa.Text),
            sa.bindparam("node", type_=sa.Text),
            sa.bindparam("first_page", type_=sa.Integer),
            now(),
        ).where(
            _job.c.id == sa.bindparam("job", type_=sa.Text),
            _job.c.version == sa.bindparam("read", type_=sa.Integer),
            in_states(JobState.SENDING),
        ),
    )
    .returning(_attempt.c.id)
)


_OTHER_PAGES = (
    sa.update(_job)
    .where(_job.c.id == sa.bindparam("job"))
    .values(pages=sa.bindparam("new_pages"), page_count=sa.bindparam("new_count"))
)


def open_attempt(
    job: Job, *, node: str, trunk: str, first_page: int, pages: tuple[BlobRef, int] | None = None
) -> Callable[[Connection], AttemptId]:
    """The work that writes the row of a call that is about to be dialled, and which `pages` it has."""

    def work(connection: Connection) -> AttemptId:
        attempt_id = AttemptId(new_id())
        given: dict[str, Any] = {
            "attempt": attempt_id,
            "trunk": trunk,
            "node": node,
            "first_page": first_page,
        }
        given |= {"job": job.id, "read": job.version}
        if connection.execute(_OPEN, given).first() is None:
            raise LeaseLost(f"Job {job.id} is not ours to dial any more.")
        if pages is not None:
            other = {"job": job.id, "new_pages": pages[0], "new_count": pages[1]}
            connection.execute(_OTHER_PAGES, other)
        return attempt_id

    return work


def confirm_page(attempt_id: AttemptId, page: PageFacts) -> Callable[[Connection], None]:
    """The work that adds a page to the journal of an attempt; a page that is there already stays."""

    def work(connection: Connection) -> None:
        connection.execute(insert_new(_page, connection.dialect.name), _page_row(attempt_id, page))

    return work


def journal(connection: Connection, job: Job) -> Row[*tuple[Any, ...]] | None:
    """The open attempt of the job: id, first_page and pages_confirmed."""
    return connection.execute(_OPEN_OF_JOB, {"job": job.id}).first()


def close(connection: Connection, job: Job, event: JobEvent, outcome: Outcome) -> dict[str, int]:
    """The open attempt of the job, if there is one, has ended; what that changes in the job's row.

    A call that was made counts, unless the event says that our own side could not do it.
    """
    attempt, transmission = journal(connection, job), outcome.transmission
    if attempt is None and transmission is None:
        return {}
    confirmed = 0 if attempt is None else attempt.pages_confirmed
    first_page = job.pages_confirmed + 1 if attempt is None else attempt.first_page
    if attempt is not None:
        facts = _facts_in_doubt(event, confirmed) if transmission is None else _facts(transmission)
        _end(connection, attempt.id, facts, transmission.pages if transmission else ())
    if transmission is not None:
        confirmed = max(confirmed, transmission.pages_confirmed)
    costs = 0 if event is JobEvent.WAS_POSTPONED else 1
    return {
        "attempts": job.attempts + costs,
        "pages_confirmed": max(job.pages_confirmed, first_page - 1 + confirmed),
    }


def _end(
    connection: Connection, attempt_id: str, facts: dict[str, Any], pages: tuple[PageFacts, ...]
) -> None:
    if pages:
        connection.execute(
            insert_new(_page, connection.dialect.name), [_page_row(attempt_id, page) for page in pages]
        )
    given = {f"new_{name}": value for name, value in facts.items()}
    connection.execute(_end_statement(tuple(facts)), given | {"attempt": attempt_id})


def _facts_in_doubt(event: JobEvent, confirmed: int) -> dict[str, Any]:
    """What the page journal tells about a call whose end nobody saw. Without a page it stays in doubt."""
    disposition = Disposition.INTERRUPTED if confirmed else None
    if event is JobEvent.PAGES_CONFIRMED:
        disposition = Disposition.DELIVERED
    detail = "The end of the call was not seen; the page journal says how far it came."
    return {"disposition": disposition and disposition.value, "detail": detail}


@cache
def _end_statement(names: tuple[str, ...]) -> Any:
    values: dict[str, Any] = {
        name: sa.bindparam(f"new_{name}", type_=_attempt.c[name].type) for name in names
    }
    if "ended_at" not in values:
        values["ended_at"] = now()
    return sa.update(_attempt).where(_attempt.c.id == sa.bindparam("attempt", type_=sa.Text)).values(**values)


def _facts(transmission: Transmission) -> dict[str, Any]:
    return {
        "trunk": transmission.trunk,  # the one that took the call; another may have been dialled first
        "answered_at": transmission.answered_at,
        "ended_at": transmission.ended_at,
        "disposition": transmission.disposition.value,
        "call_id": transmission.call_id,
        "sip_status": transmission.sip_status,
        "q850_cause": transmission.q850_cause,
        "t30_result": transmission.t30_result,
        "detail": transmission.detail,
        "medium": transmission.medium.value if transmission.medium else "",
        "bit_rate": transmission.bit_rate,
        "ecm": transmission.ecm,
        "compression": transmission.compression.value if transmission.compression else "",
        "remote_id": transmission.remote_id,
        "local_id": transmission.local_id,
        "bad_rows": transmission.bad_rows,
    }


def _page_row(attempt_id: str, page: PageFacts) -> dict[str, Any]:
    """The row of one confirmed page."""
    return {
        "attempt_id": attempt_id,
        "number": page.number,
        "width": page.width,
        "rows": page.rows,
        "bad_rows": page.bad_rows,
        "bit_rate": page.bit_rate,
        "y_dpi": page.y_dpi,
    }
