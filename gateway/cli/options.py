"""What several commands have in common: the configuration, the store, and how results are shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway.config.schema import Config

if TYPE_CHECKING:
    from gateway.store import Store

_DEFAULT_FILE = "/etc/faxgw/faxgw.toml"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_T = TypeVar("_T")


def config_options(command: _Command) -> _Command:
    """The command has -c FILE and -o KEY=VALUE."""
    file = click.option(
        "-c",
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        envvar="FAXGW_CONFIG",
        default=_DEFAULT_FILE,
        show_default=True,
        metavar="FILE",
        help="The configuration; $FAXGW_CONFIG if not given.",
    )
    overrides = click.option(
        "-o",
        "--override",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="A setting instead of the file's, for example sending.attempts=3. May be repeated.",
    )
    return file(overrides(command))


json_option = click.option(
    "--json", "as_json", is_flag=True, help="JSON for programs instead of text for people."
)


def load_config(config_file: Path, overrides: Sequence[str]) -> Config:
    """The configuration of a command.

    Raises:
        ConfigError: every mistake in it, one a line.
    """
    from gateway.config.load import load

    return load(config_file, overrides=list(overrides)).config


@asynccontextmanager
async def opened_store(config: Config) -> "AsyncIterator[Store]":
    """The queue, the outbox and the received faxes of this configuration."""
    from gateway.cluster.wakeups import open_wakeups
    from gateway.store import open_store

    async with (
        open_wakeups(config.queue, config.node) as wakeups,
        open_store(config.queue, config.node, wakeups) as store,
    ):
        yield store


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """The result of the work, which had an event loop of its own."""
    return asyncio.run(work)


def show_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, default=str))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as they need to be; a pipe gets the same as a terminal."""
    texts = [list(headings), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
