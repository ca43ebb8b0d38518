"""How many faxes somebody has sent: one query, by an index of its own."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.model.ids import JobId
from gateway.model.lifecycle import JobState
from gateway.model.permission import Used
from gateway.store import tables

_job = tables.job
_GIVEN_UP = (JobState.FAILED.value, JobState.CANCELLED.value)
_USED = sa.select(
    sa.func.count().filter(_job.c.created_at >= sa.bindparam("day", type_=_job.c.created_at.type)),
    sa.func.count(),
).where(
    sa.func.lower(_job.c.sender_mail).in_(sa.bindparam("mails", expanding=True, type_=sa.Text)),
    _job.c.sender_mail.is_not(None),
    _job.c.created_at >= sa.bindparam("month", type_=_job.c.created_at.type),
    _job.c.state.not_in(_GIVEN_UP),
    _job.c.id != sa.bindparam("other", type_=sa.Text),
)


def used(mails: Collection[str], today: date, other_than: JobId) -> Callable[[Connection], Used]:
    """The faxes of these addresses in the day and month of `today`, in UTC, that did not fail."""
    given = {
        "mails": sorted({mail.lower() for mail in mails}),
        "day": datetime.combine(today, time(), UTC),
        "month": datetime.combine(today.replace(day=1), time(), UTC),
        "other": other_than,
    }

    def work(connection: Connection) -> Used:
        day, month = connection.execute(_USED, given).one()
        return Used(day, month)

    return work
