"""faxgw migrate."""

from pathlib import Path

import click

from gateway.cli.options import config_options, load_config


@click.command()
@config_options
def migrate(config_file: Path, overrides: tuple[str, ...]) -> None:
    """Bring the database to the schema of this version; harmless when it has it already."""
    from gateway import store

    config = load_config(config_file, overrides)
    click.echo(f"The database has schema {store.migrate(config.queue, config.node)}.")
