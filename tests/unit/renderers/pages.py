"""Small pages and faxes to test with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from renderers.document import SourceDocument
from renderers.profile import PAGE_WIDTH, Profile, Resolution
from renderers.spec import Bits, Workshop
from renderers.tiff import decode_pages
from renderers.tiff_writer import FaxWriter

ROW_BYTES = PAGE_WIDTH // 8


def white(rows: int = 200) -> Bits:
    return np.zeros((rows, ROW_BYTES), np.uint8)


def striped(rows: int = 200, every: int = 10) -> Bits:
    """A page with a black line at its top and after every so many rows."""
    bits = white(rows)
    bits[::every] = 0xFF
    return bits


def a_fax(path: Path, *pages: Bits, resolution: Resolution = Resolution.FINE) -> Path:
    with FaxWriter(path) as tiff:
        for page in pages or (striped(),):
            tiff.add(page, resolution)
    return path


def bits_of(path: Path) -> list[Bits]:
    return [bits for bits, _ in decode_pages(path)]


def black_dots(bits: Bits) -> int:
    return int(np.unpackbits(bits).sum())


def a_workshop(folder: Path, profile: Profile | None = None) -> Workshop:
    return Workshop(profile or Profile(), folder)


def a_document(
    folder: Path, content: bytes, media_type: str | None = None, name: str = "letter"
) -> SourceDocument:
    path = folder / "blob"
    path.write_bytes(content)
    return SourceDocument(name, path, media_type)
