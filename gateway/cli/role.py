"""faxgw role: one role without a supervisor, as faxgw serve starts it."""

import asyncio
from pathlib import Path

import click

from gateway.cli.options import config_options, load_config


@click.command()
@click.argument("name", metavar="ROLE")
@config_options
def role(name: str, config_file: Path, overrides: tuple[str, ...]) -> None:
    """Run one role in this process; faxgw serve does this for every role."""
    from gateway.cli.logs import log_to_stderr
    from gateway.daemon import run_role

    config = load_config(config_file, overrides)
    log_to_stderr(name, config)
    asyncio.run(run_role(name, config))
