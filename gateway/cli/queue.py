"""faxgw queue: what waits, what happened to it, and what an operator may do about it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import (
    config_options,
    json_option,
    load_config,
    opened_store,
    run_async,
    show_json,
    show_table,
)
from gateway.errors import GatewayError
from gateway.exit_code import ExitCode
from gateway.model.lifecycle import OWNED, TERMINAL, TRANSITIONS, JobEvent, JobState

if TYPE_CHECKING:
    from gateway.config.schema import Config
    from gateway.model.attempt import Attempt
    from gateway.model.job import Job
    from gateway.ports.job_store import JobStore, Outcome, TraceRow

_WAITING = tuple(state for state in JobState if state not in TERMINAL)
_BY_HAND = {
    JobEvent.WAS_HELD: "hold",
    JobEvent.WAS_RELEASED: "release",
    JobEvent.WAS_RETRIED: "retry",
    JobEvent.WAS_CANCELLED: "cancel",
}
_JOB_IDS = click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")


@click.group()
def queue() -> None:
    """The queue of outgoing faxes."""


@queue.command("list")
@config_options
@json_option
@click.option("--all", "everything", is_flag=True, help="Finished jobs too.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(s) for s in JobState]), help="Only these."
)
@click.option("--limit", default=1000, show_default=True, help="How many, the newest first.")
def list_jobs(
    *,
    config_file: Path,
    overrides: tuple[str, ...],
    as_json: bool,
    everything: bool,
    states: tuple[str, ...],
    limit: int,
) -> None:
    """List the jobs that are not finished, newest first."""
    wanted = tuple(JobState(state) for state in states) or (() if everything else _WAITING)
    jobs = run_async(_list(load_config(config_file, overrides), wanted, limit))
    if as_json:
        show_json([_facts(job) for job in jobs])
        return
    show_table(
        ("JOB", "STATE", "NUMBER", "SENDER", "PAGES", "ATTEMPTS", "DUE"),
        [
            (
                job.id,
                job.state,
                job.number,
                job.sender.mail if job.sender else "",
                f"{job.pages_confirmed}/{job.page_count}",
                job.attempts,
                f"{job.due_at:%Y-%m-%d %H:%M:%S}",
            )
            for job in jobs
        ],
    )


@queue.command("show")
@config_options
@json_option
@click.argument("job_id", metavar="JOB")
def show_job(config_file: Path, overrides: tuple[str, ...], as_json: bool, job_id: str) -> None:
    """Show one job, its calls and its history."""
    job, attempts, trace = run_async(_read(load_config(config_file, overrides), job_id))
    if as_json:
        facts = _facts(job)
        facts["calls"] = [_attempt_facts(attempt) for attempt in attempts]
        facts["history"] = [
            {"at": row.at.isoformat(), "event": row.event, "state": str(row.state), "text": row.text}
            for row in trace
        ]
        show_json(facts)
        return
    for name, value in _facts(job).items():
        click.echo(f"{name + ':':<17}{'' if value is None else value}")
    for row in trace:
        click.echo(f"{row.at:%Y-%m-%d %H:%M:%S}  {row.event:<16} {row.state:<10} {row.text}")


@queue.command("hold")
@config_options
@_JOB_IDS
def hold(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...]) -> ExitCode:
    """Hold jobs: they wait until they are released."""
    return _change(load_config(config_file, overrides), job_ids, JobEvent.WAS_HELD, "held")


@queue.command("release")
@config_options
@_JOB_IDS
def release(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...]) -> ExitCode:
    """Release held jobs: they go on."""
    return _change(load_config(config_file, overrides), job_ids, JobEvent.WAS_RELEASED, "released")


@queue.command("retry")
@config_options
@_JOB_IDS
def retry(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...]) -> ExitCode:
    """Send failed jobs again, with all their attempts."""
    return _change(load_config(config_file, overrides), job_ids, JobEvent.WAS_RETRIED, "queued again")


@queue.command("cancel")
@config_options
@_JOB_IDS
def cancel(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...]) -> ExitCode:
    """Cancel jobs that are not in a call; their senders are told."""
    return _change(load_config(config_file, overrides), job_ids, JobEvent.WAS_CANCELLED, "cancelled")


def _change(config: "Config", job_ids: tuple[str, ...], event: JobEvent, done: str) -> ExitCode:
    return run_async(_change_each(config, job_ids, event, done))


async def _change_each(config: "Config", job_ids: tuple[str, ...], event: JobEvent, done: str) -> ExitCode:
    code = ExitCode.OK
    async with opened_store(config) as store:
        for job_id in job_ids:
            try:
                job = await _find(store.jobs, job_id)
                _check(job.state, event)
                await store.jobs.record(job, event, await _outcome(store.jobs, job, event))
                click.echo(f"{job_id}: {done}")
            except GatewayError as error:
                click.echo(f"{job_id}: {error}", err=True)
                code = ExitCode.FAILED
    return code


def _check(state: JobState, event: JobEvent) -> None:
    """Returns when a job in this state may have the event.

    Raises:
        GatewayError: it may not; the text says what may be done instead.
    """
    if state in OWNED:
        raise GatewayError(f"It is {state} just now. Try again when that is over.")
    if event in TRANSITIONS[state]:
        return
    others = " or ".join(name for other, name in _BY_HAND.items() if other in TRANSITIONS[state])
    instead = f"You may {others} it." if others else "Nothing can be done with it any more."
    raise GatewayError(f"It is {state}, so one cannot {_BY_HAND[event]} it. {instead}")


async def _outcome(jobs: "JobStore", job: "Job", event: JobEvent) -> "Outcome":
    from gateway.model.allowance import APPROVAL_NEEDED
    from gateway.model.job import Failure, Sender
    from gateway.ports.job_store import Outcome
    from gateway.stage import refusal

    if event is not JobEvent.WAS_CANCELLED:
        return Outcome(trace="By hand.")
    code, what = "cancelled-by-hand", "An administrator cancelled this fax."
    failure = Failure(code, what, "Ask your administrator why.")
    if job.state is JobState.HELD and job.failure is not None and job.failure.code != APPROVAL_NEEDED:
        failure = Failure(code, f"{what} {job.failure.reason}", job.failure.remedy)
    if job.sender is not None:
        return refusal(job, failure)
    # Nobody has looked who the sender is; whoever wrote the mail must hear of it all the same.
    sender = Sender((await jobs.submission(job.submission_id)).mail_from)
    return replace(refusal(replace(job, sender=sender), failure), sender=sender)


async def _list(config: "Config", states: tuple[JobState, ...], limit: int) -> "list[Job]":
    async with opened_store(config) as store:
        return await store.jobs.list(*states, limit=limit)


async def _read(config: "Config", job_id: str) -> "tuple[Job, list[Attempt], list[TraceRow]]":
    async with opened_store(config) as store:
        job = await _find(store.jobs, job_id)
        return job, await store.jobs.attempts(job.id), await store.jobs.trace(job.id)


async def _find(jobs: "JobStore", job_id: str) -> "Job":
    from gateway.model.ids import JobId

    try:
        return await jobs.get(JobId(job_id))
    except KeyError:
        raise GatewayError(f'There is no job "{job_id}". See faxgw queue list --all.') from None


def _facts(job: "Job") -> dict[str, object]:
    return {
        "id": job.id,
        "state": str(job.state),
        "submission": job.submission_id,
        "number": str(job.number),
        "address": job.address,
        "sender": job.sender.mail if job.sender else None,
        "pages": job.page_count,
        "pages_confirmed": job.pages_confirmed,
        "attempts": job.attempts,
        "created_at": job.created_at.isoformat(),
        "due_at": job.due_at.isoformat(),
        "code": job.failure.code if job.failure else None,
        "reason": job.failure.reason if job.failure else None,
        "remedy": job.failure.remedy if job.failure else None,
        "node": job.leased_by,
    }


def _attempt_facts(attempt: "Attempt") -> dict[str, object]:
    return {
        "number": attempt.number,
        "trunk": attempt.trunk,
        "node": attempt.node,
        "first_page": attempt.first_page,
        "pages_confirmed": attempt.pages_confirmed,
        "disposition": str(attempt.disposition) if attempt.disposition else None,
        "started_at": attempt.started_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "sip_status": attempt.sip_status,
        "medium": attempt.medium,
        "bit_rate": attempt.bit_rate,
        "ecm": attempt.ecm,
        "remote_id": attempt.remote_id,
        "detail": attempt.detail,
    }
