"""The command line: one file a command, loaded when it is called.

Every error is one line on stderr that says what to do next, never a traceback; the exit code is one of
`gateway.exit_code`.
"""

import sys
from importlib import import_module

import click

from gateway.errors import GatewayError
from gateway.exit_code import ExitCode, exit_code

#: Where each command is; what stands in one file stands in one group.
COMMANDS = {
    "serve": "gateway.cli.serve:serve",
    "check-config": "gateway.cli.check_config:check_config",
    "migrate": "gateway.cli.migrate:migrate",
    "send": "gateway.cli.send:send",
    "render": "gateway.cli.render:render",
    "cover": "gateway.cli.cover:cover",
    "queue": "gateway.cli.queue:queue",
    "received": "gateway.cli.received:received",
    "approve": "gateway.cli.approval:approve",
    "deny": "gateway.cli.approval:deny",
    "destination": "gateway.cli.destination:destination",
    "user": "gateway.cli.user:user",
    "address": "gateway.cli.address:address",
    "explain": "gateway.cli.explain:explain",
    "directory": "gateway.cli.directory:directory",
    "fax-machine": "gateway.cli.fax_machine:fax_machine",
    "demo": "gateway.cli.demo:demo",
    "role": "gateway.cli.role:role",
}


class _Commands(click.Group):
    """Commands that are imported when they are wanted."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order in which they are listed above."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        for line in import_module("gateway.cli.versions").lines():
            click.echo(line)
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Our version and those of what does the calls.",
)
def commands() -> None:
    """A fax server: mail in, fax out; fax in, mail out."""


def main() -> None:
    """Runs a command and ends the process with its exit code."""
    try:
        code = commands.main(prog_name="faxgw", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE if isinstance(error, click.UsageError) else error.exit_code
    except click.Abort:
        code = 130  # as a shell says it: ended by SIGINT
    except GatewayError as error:
        click.echo(f"faxgw: {error}", err=True)
        code = exit_code(error)
    except BrokenPipeError:
        code = ExitCode.FAILED
        sys.stderr.close()
    sys.exit(int(code or 0))
