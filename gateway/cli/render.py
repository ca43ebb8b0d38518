"""faxgw render."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.errors import ConfigError, DocumentRejected

if TYPE_CHECKING:
    from gateway.rendering.unpack import Unpacked

_FAX = (".tif", ".tiff")


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT.tif|.pdf|.png")
@click.option(
    "--resolution",
    type=click.Choice(["standard", "fine", "superfine", "auto"]),
    default="fine",
    show_default=True,
)
@click.option(
    "--profile-s",
    is_flag=True,
    help="Write the TIFF in profile S of RFC 3949 (MH), for programs that read nothing else.",
)
def render(files: tuple[Path, ...], output: Path, resolution: str, profile_s: bool) -> None:
    """Turn documents into fax pages, as a mail with these attachments would be.

    Saved mails (.eml, .msg), winmail.dat and archives are opened. OUT is a TIFF class F, a PDF, or a PNG; of
    several pages there are several PNGs.
    """
    from tempfile import TemporaryDirectory

    from gateway.cli.views import check_view, write_view
    from gateway.model.tariff import call_time
    from renderers import Profile, RenderError, render_now
    from renderers.profile_s import to_profile_s

    check_view(output)
    if profile_s and output.suffix.lower() not in _FAX:
        raise ConfigError(f"{output}: only a .tif can have profile S.")
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            mail = _unpacked(files, folder)
            profile = Profile.of(resolution)
            pages = render_now(mail.documents, profile, folder / "pages.tif")
            size = pages.path.stat().st_size
            if profile_s:
                to_profile_s(pages.path, output)
                written = [output]
            else:
                written = write_view(pages, output)
        except RenderError as error:
            detail = f" ({error.detail})" if error.detail else ""
            raise DocumentRejected(f"{error.sentence} {error.remedy}{detail}") from error
    for note in mail.notes:
        click.echo(note)
    took = call_time(size, pages.page_count).total_seconds()
    count = f"{pages.page_count} page{'s' * (pages.page_count != 1)}"
    names = " to ".join(str(name) for name in dict.fromkeys((written[0], written[-1])))
    in_all = sum(file.stat().st_size for file in written)
    is_fax = output.suffix.lower() in _FAX
    click.echo(
        f"{names}: {count}, {in_all} bytes; "
        f"{'' if is_fax else f'as a fax {size} bytes, and '}the call would take about {took:.0f} s"
    )


def _unpacked(files: tuple[Path, ...], folder: Path) -> "Unpacked":
    """The documents in a mail with these attachments.

    Raises:
        RenderError: what is wrong with the first one that cannot be opened.
    """
    from email.message import EmailMessage
    from mimetypes import guess_type

    from gateway.config.schema import RenderingSection
    from gateway.rendering.unpack import unpack
    from renderers import DocumentEmpty

    mail = EmailMessage()
    for file in files:
        kind = guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith(("message/", "multipart/")):
            kind = "application/octet-stream"  # opened by what is in it
        main, _, sub = kind.partition("/")
        mail.add_attachment(file.read_bytes(), main, sub, filename=file.name)
    (folder / "mail").write_bytes(bytes(mail))
    unpacked = unpack(folder / "mail", folder, RenderingSection(signature_pictures=True))
    for fault in unpacked.faults.values():
        raise fault
    if not unpacked.documents:
        raise DocumentEmpty(files[0].name)
    return unpacked
