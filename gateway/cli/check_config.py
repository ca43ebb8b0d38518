"""faxgw check-config."""

from pathlib import Path

import click

from gateway.cli.options import config_options, json_option, show_json, show_table


@click.command()
@config_options
@json_option
def check_config(config_file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check the configuration, and show every setting and where it comes from.

    What is no mistake, and may surprise, is said on the standard error output.
    """
    from gateway.config.load import describe, load
    from gateway.config.notes import notes
    from gateway.rendering.covers.checks import check_covers

    loaded = load(config_file, overrides=list(overrides))
    check_covers(loaded.config)
    for note in notes(loaded.config):
        click.echo(f"faxgw: {note}", err=True)
    settings = describe(loaded)
    if as_json:
        show_json([{"key": s.key, "value": s.value, "origin": s.origin} for s in settings])
    else:
        show_table(("SETTING", "VALUE", "FROM"), [(s.key, s.value, s.origin) for s in settings])
