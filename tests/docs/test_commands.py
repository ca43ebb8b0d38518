"""docs/commands.md is what --help says. To write it anew: python -m tests.docs.test_commands"""

import os
from importlib import import_module
from pathlib import Path

import click

from gateway.cli import COMMANDS, commands
from gateway.exit_code import ExitCode

FILE = Path(__file__).parents[2] / "docs/commands.md"
INTRODUCTION = """\
# Commands

What `--help` says, copied here by `python -m tests.docs.test_commands`. Commands that read take `--json`.
Errors are one line on stderr that says what to do next.

"""
MEANINGS = {
    ExitCode.OK: "It worked.",
    ExitCode.FAILED: "What was asked for did not work; stderr says why.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.UNAVAILABLE: "Something the gateway needs is missing or taken: a library, a port.",
    ExitCode.TEMPORARY: "Not now; the same may work later.",
    ExitCode.CONFIG: "The configuration has mistakes.",
}


def reference() -> str:
    """The whole page."""
    sections = [_section(commands, "faxgw")]
    for name, target in COMMANDS.items():
        module, _, attribute = target.partition(":")
        command = getattr(import_module(module), attribute)
        sections.append(_section(command, f"faxgw {name}"))
        if isinstance(command, click.Group):
            sections += [_section(child, f"faxgw {name} {child.name}") for child in command.commands.values()]
    return INTRODUCTION + "\n".join(sections) + _exit_codes()


def _section(command: click.Command, name: str) -> str:
    context = click.Context(
        command,
        info_name=name,
        terminal_width=100,
        max_content_width=100,
        help_option_names=commands.context_settings["help_option_names"],
    )
    command._help_option = None  # click keeps the first one it made, whatever its names
    return f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"


def _exit_codes() -> str:
    rows = "".join(f"| {int(code)} | {MEANINGS[code]} |\n" for code in ExitCode)
    return f"\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n{rows}"


def test_every_command_is_documented_as_it_is(monkeypatch):
    monkeypatch.delenv("FAXGW_CONFIG", raising=False)

    assert FILE.read_text() == reference()


def test_every_exit_code_has_its_meaning():
    assert set(MEANINGS) == set(ExitCode)


if __name__ == "__main__":
    os.environ.pop("FAXGW_CONFIG", None)
    FILE.write_text(reference())
