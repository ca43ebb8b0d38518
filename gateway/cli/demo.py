"""faxgw demo."""

import asyncio
import shutil
from pathlib import Path

import click

from gateway.exit_code import ExitCode

_FOLDER = Path("demo-output")


@click.command()
@click.option("--keep", is_flag=True, help="Leave everything running afterwards, until Ctrl-C.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=_FOLDER,
    show_default=True,
    help="Where everything goes; emptied first when an earlier demo left it.",
)
@click.option(
    "--samples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("samples"),
    show_default=True,
    help="The folder with mails/ and documents/.",
)
def demo(*, keep: bool, folder: Path, samples: Path) -> ExitCode:
    """Send the sample mails through a real gateway to a real fax machine, on this machine alone.

    Starts a fax machine (its own process, SIP on loopback), a mail sink and a gateway with SQLite; nothing
    leaves this machine. Ends with 0 when what should arrive arrived, page for page, and what should fail
    failed for the right reason.
    """
    marker = folder / ".faxgw-demo"
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} holds something else. Name another --folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    marker.touch()
    try:
        return asyncio.run(_demo(keep, folder.resolve(), samples.resolve()))
    except KeyboardInterrupt:
        return ExitCode.FAILED


async def _demo(keep: bool, folder: Path, samples: Path) -> ExitCode:
    from gateway.cli.demo_report import report
    from gateway.cli.demo_stage import Stage

    async with Stage(folder, samples) as stage:
        await stage.play()
        passed = await report(stage)
        if keep:
            click.echo(f"Still running; send mails to {stage.smtp_address}. Ctrl-C ends it.")
            await asyncio.Event().wait()
    return ExitCode.OK if passed else ExitCode.FAILED
