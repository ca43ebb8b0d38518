"""faxgw render."""

from pathlib import Path

import click

from gateway.errors import DocumentRejected


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT.tif")
@click.option(
    "--resolution", type=click.Choice(["standard", "fine", "superfine"]), default="fine", show_default=True
)
def render(files: tuple[Path, ...], output: Path, resolution: str) -> None:
    """Turn documents into fax pages (TIFF class F), as a mail with these attachments would be."""
    from mimetypes import guess_type

    from renderers import Profile, RenderError, Resolution, SourceDocument, render_now

    documents = [SourceDocument(file.name, file, guess_type(file.name)[0]) for file in files]
    try:
        pages = render_now(documents, Profile(resolution=Resolution[resolution.upper()]), output)
    except RenderError as error:
        detail = f" ({error.detail})" if error.detail else ""
        raise DocumentRejected(f"{error.sentence} {error.remedy}{detail}") from error
    click.echo(f"{output}: {pages.page_count} page{'s' * (pages.page_count != 1)}")
