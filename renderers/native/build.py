"""Builds the C files of this folder: a shared library for Python, and the program that makes faxes of PDFs.

python -m renderers.native.build
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE / "_pages.so"
PDF_WORKER = HERE / "_pdf_worker"
SOURCES = [
    HERE / f"{name}.c"
    for name in (
        *(
            "fax_code",
            "jpeg",
            "letters",
            "page",
            "pdf_pictures",
            "pdf_scan",
            "pdfium",
            "pictures",
            "place",
            "rescue",
            "resize",
        ),
        *("rules", "scan", "screen", "strokes", "survey", "texts", "tiff_writer", "tints"),
    )
]
LIBRARIES = ["-ljpeg", "-lm", "-ldl"]
PDF_SOURCES = [*SOURCES, *(HERE / f"{name}.c" for name in ("confine", "pdf_fax", "pdf_worker"))]
_FLAGS = ["-std=gnu11", "-O3", "-g", "-Wall", "-Wextra", "-Wshadow", "-Wconversion",
          "-Wmissing-prototypes", "-Werror", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]  # fmt: skip


def build(target: Path = LIBRARY, *extra: str) -> None:
    """The library lies at `target`."""
    _compile(target, SOURCES, "-fPIC", "-shared", *extra)


def build_pdf_worker(target: Path = PDF_WORKER, *extra: str) -> None:
    """The program lies at `target`."""
    _compile(target, PDF_SOURCES, "-fPIE", "-pie", *extra)


def _compile(target: Path, sources: Sequence[Path], *flags: str) -> None:
    part = target.with_suffix(".part")
    subprocess.run(["cc", *_FLAGS, *flags, "-o", str(part), *map(str, sources), *LIBRARIES], check=True)
    part.replace(target)  # a running process keeps the old one


if __name__ == "__main__":
    build()
    build_pdf_worker()
