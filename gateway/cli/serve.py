"""faxgw serve."""

from pathlib import Path

import click

from gateway.cli.options import config_options, load_config
from gateway.exit_code import ExitCode

_ALL = "intake,work,line"


@click.command()
@config_options
@click.option(
    "--roles",
    default=_ALL,
    show_default=True,
    metavar="ROLE,...",
    help="What this machine does: intake takes mails, work renders and answers, line makes and takes calls.",
)
def serve(config_file: Path, overrides: tuple[str, ...], roles: str) -> ExitCode:
    """Run the gateway until SIGTERM; calls under way are finished first."""
    import asyncio

    from gateway.cli.logs import log_to_stderr
    from gateway.daemon.process import check_role, intake_processes
    from gateway.supervisor import role_commands, supervise

    wanted = [role.strip() for role in roles.split(",") if role.strip()]
    for role in wanted:
        check_role(role)
    if not wanted:
        raise click.UsageError("--roles names no role.")
    config = load_config(config_file, overrides)
    log_to_stderr("supervisor", config)
    arguments = ["-c", str(config_file), *(word for text in overrides for word in ("-o", text))]
    return asyncio.run(supervise(role_commands(wanted, arguments, intakes=intake_processes(config))))
