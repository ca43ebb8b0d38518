"""faxgw approve and faxgw deny: the word that a fax waits for."""

from getpass import getuser
from pathlib import Path

import click

from gateway.cli.options import config_options, load_config, opened_store, run_async
from gateway.errors import GatewayError
from gateway.exit_code import ExitCode
from gateway.model.ids import JobId

_JOB_IDS = click.argument("job_ids", metavar="JOB...", nargs=-1, required=True)


@click.command()
@config_options
@_JOB_IDS
def approve(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...]) -> ExitCode:
    """Approve faxes that wait for it: they go on."""
    return run_async(_decide(config_file, overrides, job_ids, approve=True))


@click.command()
@config_options
@click.option("--reason", default="", metavar="TEXT", help="Why; the sender is told.")
@_JOB_IDS
def deny(config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...], reason: str) -> ExitCode:
    """Deny faxes that wait for an approval: they are cancelled, and their senders told."""
    return run_async(_decide(config_file, overrides, job_ids, approve=False, why=reason))


async def _decide(
    config_file: Path, overrides: tuple[str, ...], job_ids: tuple[str, ...], *, approve: bool, why: str = ""
) -> ExitCode:
    from gateway.notifying.approval import decide

    code = ExitCode.OK
    async with opened_store(load_config(config_file, overrides)) as store:
        for job_id in job_ids:
            try:
                await decide(store.jobs, JobId(job_id), approve=approve, by=getuser(), why=why)
                click.echo(f"{job_id}: {'approved' if approve else 'denied'}")
            except GatewayError as error:
                click.echo(f"{job_id}: {error} {error.remedy}", err=True)
                code = ExitCode.FAILED
    return code
