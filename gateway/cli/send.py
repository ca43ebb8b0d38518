"""faxgw send."""

import asyncio
import sys
from email.message import EmailMessage
from email.utils import make_msgid
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import config_options, load_config, opened_store, run_async
from gateway.exit_code import ExitCode
from gateway.model.lifecycle import TERMINAL, JobState

if TYPE_CHECKING:
    from gateway.config.schema import Config
    from gateway.model.ids import SubmissionId
    from gateway.model.job import Job
    from gateway.model.number import FaxNumber
    from gateway.model.submission import NewSubmission
    from gateway.ports.job_store import JobStore

_LOOK_EVERY = 0.5  # seconds


@click.command()
@config_options
@click.option("--to", "numbers", multiple=True, required=True, metavar="NUMBER", help="May be repeated.")
@click.option(
    "--from", "mail_from", default="", metavar="MAIL", help="Who gets the answer; nobody if not given."
)
@click.option("--text", default="", help="A text before the files.")
@click.option("--poll", is_flag=True, help="Fetch the fax that lies ready at the number, for --from.")
@click.option("--password", default="", metavar="DIGITS", help="What is said there to get it.")
@click.option(
    "--wait", is_flag=True, help="Return when the faxes are finished: 0 only if all were delivered."
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def send(
    *,
    config_file: Path,
    overrides: tuple[str, ...],
    numbers: tuple[str, ...],
    mail_from: str,
    text: str,
    poll: bool,
    password: str,
    wait: bool,
    files: tuple[Path, ...],
) -> ExitCode:
    """Fax files to a number, through the queue of the gateway on this machine; or fetch a fax from there."""
    if poll and (files or text or not mail_from):
        raise click.UsageError(
            "--poll fetches a fax and sends none: give --from, and neither FILE nor --text."
        )
    if not poll and not files and not text:
        raise click.UsageError("There is nothing to fax: name a FILE or give --text.")
    config = load_config(config_file, overrides)
    submission = _submission(config, numbers, mail_from, password if poll else None)
    return run_async(_send(config, submission, _message(mail_from, text, files), wait))


def _submission(
    config: "Config", numbers: tuple[str, ...], mail_from: str, polls_with: str | None
) -> "NewSubmission":
    """One job a number; with a password, also an empty one, each fetches what lies ready there."""
    from gateway.model.envelope import Envelope
    from gateway.model.options import JobOptions, Wish
    from gateway.model.submission import NewSubmission, Recipient

    wishes = [] if polls_with is None else [Wish.of("poll", "on")]
    if polls_with:
        wishes.append(Wish.of("poll_password", polls_with))
    options = JobOptions().with_wishes(wishes)
    if options.not_done:
        raise click.UsageError("--password: at most 20 of 0-9, * and #.")
    recipients = tuple(Recipient(number, _number(config, number), options=options) for number in numbers)
    return NewSubmission(Envelope(mail_from, numbers), recipients, "faxgw send")


def _message(mail_from: str, text: str, files: tuple[Path, ...]) -> bytes:
    """The mail that would have sent these files."""
    message = EmailMessage()
    message["From"] = mail_from or "faxgw"
    message["Message-ID"] = make_msgid(domain="faxgw.invalid")
    if text:
        message.set_content(text)
    for file in files:
        maintype, _, subtype = (guess_type(file.name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(file.read_bytes(), maintype=maintype, subtype=subtype, filename=file.name)
    return message.as_bytes()


async def _send(config: "Config", submission: "NewSubmission", message: bytes, wait: bool) -> ExitCode:
    async with opened_store(config) as store:
        jobs = await _jobs(store.jobs, await store.jobs.submit(submission, message))
        for job in jobs:
            click.echo(f"{job.id}  {job.number}")
        return await _wait(store.jobs, jobs) if wait else ExitCode.OK


def _number(config: "Config", written: str) -> "FaxNumber":
    from gateway.errors import InvalidNumber

    try:
        return config.dialling.plan.number(written)
    except InvalidNumber as error:
        raise type(error)(f'"{written[:60]}": {str(error).rstrip(".")}.') from None


async def _jobs(store: "JobStore", submission: "SubmissionId") -> "list[Job]":
    return [job for job in await store.list() if job.submission_id == submission]


async def _wait(store: "JobStore", jobs: "list[Job]") -> ExitCode:
    """How the jobs ended; each change of state is told while we wait."""
    shown: dict[str, JobState] = {}
    while True:
        jobs = [await store.get(job.id) for job in jobs]
        for job in jobs:
            if shown.get(job.id) is not job.state:
                shown[job.id] = job.state
                reason = f": {job.failure.reason} {job.failure.remedy}" if job.failure else ""
                click.echo(f"{job.id}  {job.number}  {job.state}{reason}", file=sys.stderr)
        if all(job.state in TERMINAL for job in jobs):
            delivered = all(job.state is JobState.DELIVERED for job in jobs)
            return ExitCode.OK if delivered else ExitCode.FAILED
        await asyncio.sleep(_LOOK_EVERY)
