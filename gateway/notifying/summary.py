"""One answer for all faxes of a mail: a line for each number, and the same as CSV for programs."""

import csv
from collections.abc import Sequence
from io import StringIO

from gateway.model.job import Job
from gateway.model.lifecycle import JobState
from gateway.notifying import words

_MOST_LINES = 500  # in the text; the table has all of them
_PARTLY_SENT = "partly-sent"  # the code of a failure (docs/errors.md)
_NOT_FORMULAS = "=+-@\t"  # what a spreadsheet would take for a formula


def facts_of(jobs: Sequence[Job]) -> dict[str, str]:
    """What the template of the summary shows."""
    delivered = sum(job.state is JobState.DELIVERED for job in jobs)
    not_done = dict.fromkeys(wish for job in jobs for wish in job.options.not_done)
    incomplete = sum(job.state is JobState.DELIVERED and is_incomplete(job) for job in jobs)
    lines = [_line(job) for job in jobs[:_MOST_LINES]]
    if len(jobs) > _MOST_LINES:
        lines.append(f"... and {len(jobs) - _MOST_LINES} more: see the table that is attached.")
    return {
        "count": str(len(jobs)),
        "delivered": str(delivered),
        "incomplete": f" ({incomplete} INCOMPLETE)" if incomplete else "",
        "failed": str(len(jobs) - delivered),
        "results": "\n".join(lines),
        "missing": "\n".join(_missing(jobs)),
        "note": words.not_done_in_words(tuple(not_done)),
    }


def is_incomplete(job: Job) -> bool:
    """Whether documents are missing in the fax."""
    return job.failure is not None and job.failure.code == _PARTLY_SENT


def _missing(jobs: Sequence[Job]) -> list[str]:
    """What is missing in faxes that arrived, and what to do: once, for it is mostly the same in all."""
    failures = (job.failure for job in jobs if job.state is JobState.DELIVERED and is_incomplete(job))
    return list(dict.fromkeys(_printable(f"{it.reason} What to do: {it.remedy}") for it in failures if it))


def table_of(jobs: Sequence[Job]) -> str:
    """All results as CSV (RFC 4180)."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(("number", "name", "company", "state", "pages", "reason", "job"))
    for job in jobs:
        reason = job.failure.reason if job.failure else ""
        row = (
            job.number.digits,
            job.recipient_name,
            job.recipient_company,
            job.state,
            job.page_count,
            reason,
        )
        writer.writerow([*(_plain(str(cell)) for cell in row), job.id])
    return text.getvalue()


def _line(job: Job) -> str:
    whose = ", ".join(filter(None, (job.recipient_name, job.recipient_company)))
    if job.state is JobState.DELIVERED:
        whole = " INCOMPLETE" * is_incomplete(job)
        how = f"delivered{whole}, {job.page_count} page{'s' * (job.page_count != 1)}"
    else:
        how = f"NOT delivered: {words.in_words(job.failure.code) if job.failure else job.state}"
    return _printable(f"{job.number.digits:<18} {how}" + (f"  ({whose})" if whose else ""))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] and cell[0] in _NOT_FORMULAS and not cell[1:].isdecimal() else cell
