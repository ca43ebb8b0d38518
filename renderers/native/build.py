"""Builds the C files of this folder: a shared library for Python, and the program that makes faxes of PDFs.

python -m renderers.native.build
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE / "_pages.so"
WORKER = HERE / "_native_worker"
SOURCES = [
    HERE / f"{name}.c"
    for name in (
        *(
            "beside",
            "blank",
            "bytes",
            "enlarge",
            "exif",
            "fax_code",
            "fineness",
            "image_page",
            "jpeg",
            "letters",
            "page",
            "pdf_pictures",
            "pdf_scan",
        ),
        *(
            "pdfium",
            "pictures",
            "place",
            "png_image",
            "rescue",
            "resize",
            "rules",
            "scan",
            "screen",
            "strokes",
        ),
        *("areas", "counting", "grow", "kinds", "masks", "paint", "parts"),
        *("survey", "texts", "tiff_writer", "tints", "turn"),
    )
]
LIBRARIES = ["-ljpeg", "-lpng", "-lm", "-ldl"]
WORKER_SOURCES = [*SOURCES, *(HERE / f"{name}.c" for name in ("confine", "fax", "worker"))]
_FLAGS = ["-std=gnu11", "-O3", "-g", "-Wall", "-Wextra", "-Wshadow", "-Wconversion",
          "-Wmissing-prototypes", "-Werror", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]  # fmt: skip


def build(target: Path = LIBRARY, *extra: str) -> None:
    """The library lies at `target`."""
    _compile(target, SOURCES, "-fPIC", "-shared", *extra)


def build_worker(target: Path = WORKER, *extra: str) -> None:
    """The program lies at `target`."""
    _compile(target, WORKER_SOURCES, "-fPIE", "-pie", *extra)


def _compile(target: Path, sources: Sequence[Path], *flags: str) -> None:
    part = target.with_suffix(".part")
    subprocess.run(["cc", *_FLAGS, *flags, "-o", str(part), *map(str, sources), *LIBRARIES], check=True)
    part.replace(target)  # a running process keeps the old one


if __name__ == "__main__":
    build()
    build_worker()
