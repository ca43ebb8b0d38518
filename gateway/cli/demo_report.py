"""What became of the demo's mails: checked page for page, then told."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence
from rich.table import Table

from gateway.cli.demo_stage import LETTERS, MAILBOX, Letter, Stage, received_by_machine
from gateway.cli.options import opened_store
from gateway.model.job import Job
from gateway.model.lifecycle import JobState

if TYPE_CHECKING:
    from gateway.store import Store

_HEADER_ROWS = 64  # the sender's line is printed here at fine resolution, so these rows may differ


async def report(stage: Stage) -> bool:
    """Whether everything became what it should; a table of it is on the screen."""
    received = received_by_machine(stage.machine_spool)
    answers = [_read(file) for file in stage.sink.mails()]
    for file in received.values():
        _pictures(file)
    table = Table(title="What became of them", title_justify="left")
    for heading in ("", "mail", "expected", "result"):
        table.add_column(heading)
    passed = []
    async with opened_store(stage.config) as store:
        for letter in LETTERS:
            problem, result = await _judge(letter, stage, received, answers, store)
            passed.append(not problem)
            table.add_row("ok" if not problem else "NOT", letter.file, letter.expected, problem or result)
    problem, result = _judge_incoming(answers)
    passed.append(not problem)
    table.add_row("ok" if not problem else "NOT", "a fax from outside", "in a mailbox", problem or result)
    stage.console.print(table)
    stage.console.print(f"Received pages   {stage.machine_spool}  (TIFF as received, PNG to look at)")
    stage.console.print(f"Answer mails     {stage.folder / 'mails'}")
    stage.console.print(f"Gateway's log    {stage.folder / 'gateway.log'}")
    return all(passed)


async def _judge(
    letter: Letter, stage: Stage, received: dict[str, Path], answers: list[EmailMessage], store: "Store"
) -> tuple[str, str]:
    """What is wrong ("" if nothing), and what happened."""
    if letter.expected == "refused":
        reply = stage.refused.get(letter.recipient, "")
        return ("" if letter.reason in reply else f"not refused as it should be: {reply}"), reply
    job = next((job for job in stage.jobs if job.address == letter.recipient), None)
    if not job or not job.sender:
        return "no job was made of it", ""
    owed = job.sender.mail
    mine = [mail for mail in answers if mail["X-Fax-Job"] == job.id and mail["Delivered-To"] == owed]
    if len(mine) != 1:
        return f"{job.state}, and its sender got {len(mine)} answers", ""
    if letter.expected == "failed":
        return _judge_failed(letter, job, mine[0])
    return await _judge_delivered(job, mine[0], received, store)


def _judge_failed(letter: Letter, job: Job, answer: EmailMessage) -> tuple[str, str]:
    subject = str(answer["Subject"])
    good = job.state is JobState.FAILED and letter.reason in answer.as_string()
    return ("" if good else f"{job.state}: {subject}"), f"{job.attempts} calls; {subject}"


async def _judge_delivered(
    job: Job, answer: EmailMessage, received: dict[str, Path], store: "Store"
) -> tuple[str, str]:
    file = received.get(str(job.number))
    if job.state is not JobState.DELIVERED or not job.pages or not file:
        return f"{job.state}, the fax machine has {file or 'nothing'}: {answer['Subject']}", ""
    async with store.blobs.file(job.pages) as sent:
        difference = _difference(sent, file)
    last = (await store.jobs.attempts(job.id))[-1]
    call = f"{last.medium}, {last.bit_rate} bit/s{', ECM' if last.ecm else ''}, {last.compression}"
    return difference, f"{job.page_count} page{'s' if job.page_count > 1 else ''} by {call}; {file.name}"


def _judge_incoming(answers: list[EmailMessage]) -> tuple[str, str]:
    mails = [mail for mail in answers if mail["Delivered-To"] == MAILBOX]
    if len(mails) != 1:
        return f"{len(mails)} mails about it", ""
    pdfs = [part for part in mails[0].iter_attachments() if part.get_content_type() == "application/pdf"]
    if len(pdfs) != 1:
        return "the mail carries no PDF", ""
    return "", f"{mails[0]['Subject']}; {pdfs[0].get_filename()} to {MAILBOX}"


def _read(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _pages(file: Path) -> list[np.ndarray]:
    with Image.open(file) as image:
        return [np.asarray(page.convert("1")) for page in ImageSequence.Iterator(image)]


def _difference(sent: Path, received: Path) -> str:
    """Where the received pages differ from those sent, below the sender's line; "" when nowhere."""
    ours, theirs = _pages(sent), _pages(received)
    if len(ours) != len(theirs):
        return f"{len(ours)} pages were sent, {len(theirs)} received"
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True), 1):
        added = len(other) - len(mine)  # rows put before the page for the sender's line
        if not 0 <= added <= _HEADER_ROWS:
            return f"page {number} has {len(mine)} rows, {len(other)} were received"
        start = 0 if added else _HEADER_ROWS
        wrong = int((mine[start:] != other[added + start :]).sum())
        if wrong:
            return f"page {number}: {wrong} pixels differ"
    return ""


def _pictures(file: Path) -> None:
    """One PNG a page beside a TIFF file, with square pixels."""
    with Image.open(file) as image:
        for number, page in enumerate(ImageSequence.Iterator(image), 1):
            x_dpi, y_dpi = page.info.get("dpi", (204, 196))
            height = round(page.height * float(x_dpi) / float(y_dpi))
            page.convert("L").resize((page.width, height)).save(file.with_name(f"{file.stem}-{number}.png"))
