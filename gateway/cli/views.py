"""Pages as a file of the kind its name says."""

import shutil
from pathlib import Path

from gateway.errors import ConfigError
from renderers import FaxPages
from renderers.viewing import picture, to_pdf

_WIDTH = 1728  # dots: every dot of the fax


def check_view(out: Path) -> None:
    """The name is one `write_view` can do.

    Raises:
        ConfigError: it is not.
    """
    if out.suffix.lower() not in (".tif", ".tiff", ".pdf", ".png"):
        raise ConfigError(f"{out}: pages are written as .tif, .pdf or .png.")


def write_view(pages: FaxPages, out: Path) -> list[Path]:
    """The files that were written: one TIFF or PDF, or a PNG a page (`page.png`, or `page-1.png` and so on).

    Raises:
        ConfigError: the name has another ending.
    """
    check_view(out)
    if out.suffix.lower() == ".pdf":
        to_pdf(pages.path, out)
    elif out.suffix.lower() == ".png":
        names = [
            out if pages.page_count == 1 else out.with_stem(f"{out.stem}-{page}")
            for page in range(1, pages.page_count + 1)
        ]
        for page, name in enumerate(names, 1):
            picture(pages.path, name, page=page, width=_WIDTH)
        return names
    else:
        shutil.copyfile(pages.path, out)
    return [out]
