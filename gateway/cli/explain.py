"""faxgw explain: what would become of a mail, decided by the code that decides for mails. Nothing is sent."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import config_options, json_option, load_config, run_async, show_json
from gateway.exit_code import ExitCode

if TYPE_CHECKING:
    from gateway.cli.explaining import Explained


@click.command()
@config_options
@json_option
@click.option(
    "--to", "recipients", multiple=True, metavar="ADDRESS", help="Instead of To and Cc. May be repeated."
)
@click.option("--sender", metavar="MAIL", help="The envelope sender; otherwise Return-Path or From.")
@click.option(
    "--client", default="127.0.0.1", show_default=True, metavar="IP", help="Where the mail would come from."
)
@click.option("--login", default="", metavar="NAME", help="Who has logged in or shown a certificate there.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.eml")
def explain(
    *,
    config_file: Path,
    overrides: tuple[str, ...],
    as_json: bool,
    recipients: tuple[str, ...],
    sender: str | None,
    client: str,
    login: str,
    file: Path,
) -> ExitCode:
    """Say what would become of the mail in FILE.eml, and why.

    Its pages are really rendered; nothing is sent.
    """
    from gateway.cli.explaining import explained
    from gateway.intake.collecting.folder import unmarked

    config = load_config(config_file, overrides)
    with TemporaryDirectory(prefix="faxgw-explain-") as folder:
        message = unmarked(file, Path(folder))
        found = run_async(
            explained(config, message, recipients=recipients, mail_from=sender, client=client, login=login)
        )
    if as_json:
        show_json(asdict(found))
    else:
        _show(found)
    return ExitCode.OK if found.is_faxed else ExitCode.FAILED


def _show(found: "Explained") -> None:
    for name in ("sender", "client", "person", "permission", "options", "not_done"):
        _line(name, getattr(found, name))
    for reason in found.reasons:
        _line("because", reason)
    _line("refused", found.refused)
    for document in found.documents:
        _line("document", document)
    for name in ("pages", "call", "notes", "rendering_failed"):
        _line(name, getattr(found, name))
    for recipient in found.recipients:
        click.echo()
        for name, value in asdict(recipient).items():
            for one in value if name == "reasons" else [value]:
                _line("because" if name == "reasons" else name, one)


def _line(name: str, value: Any) -> None:
    if value in (None, "", (), [], {}, 0):
        return
    if isinstance(value, dict):
        value = ", ".join(f"{key}={said}" for key, said in value.items())
    elif isinstance(value, list | tuple):
        value = "; ".join(str(one) for one in value)
    click.echo(f"{name.replace('_', ' ') + ':':<18} {value}")
