"""The words on a fax page and where they stand, read by Tesseract, so that a PDF of it can be searched."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from renderers.errors import ConverterMissing
from renderers.lines import gray_of
from renderers.profile import X_DPI, Resolution
from renderers.spec import Bits

TESSERACT = Path("/usr/bin/tesseract")
PACKAGES = "tesseract-ocr and a tesseract-ocr-LANGUAGE for each language but English"
_SCALE = 1.5  #: tesseract reads 306 dots an inch better than 204
_LEAST_CONFIDENCE = 30.0  #: of 100; below it is dust
_PAGE_SECONDS = 20.0


@dataclass(frozen=True)
class Word:
    """A word and its box, in inches from the left and the top of the page."""

    text: str
    left: float
    top: float
    width: float
    height: float


def words_on(bits: Bits, dots: int, resolution: Resolution, languages: str, until: float) -> list[Word]:
    """The words of a page `dots` wide; none when it is `until` (monotonic) or it cannot be read.

    Raises:
        ConverterMissing: Tesseract is not installed.
    """
    if not TESSERACT.exists():
        raise ConverterMissing.needs("Tesseract", PACKAGES)
    seconds = min(_PAGE_SECONDS, until - time.monotonic())
    if seconds <= 0:
        return []
    size = round(dots * _SCALE), round(len(bits) / resolution.y_dpi * X_DPI * _SCALE)
    page = Path("ocr.png").absolute()  # in the worker's own folder
    Image.fromarray(gray_of(bits, dots)).resize(size, Image.Resampling.BICUBIC).save(page, compress_level=1)
    command = [str(TESSERACT), str(page), "-", "-l", languages, "--dpi", str(round(X_DPI * _SCALE)), "tsv"]
    try:
        told = subprocess.run(
            command, capture_output=True, timeout=seconds, check=True, env={"OMP_THREAD_LIMIT": "1"}
        )
    except (subprocess.SubprocessError, OSError):
        return []
    finally:
        page.unlink(missing_ok=True)
    return parsed(told.stdout.decode("utf-8", "replace"))


def parsed(table: str) -> list[Word]:
    """The words in Tesseract's table: one a line, twelve columns, of which the last is the text."""
    found = []
    for line in table.splitlines()[1:]:
        columns = line.split("\t")
        try:
            if len(columns) == 12 and float(columns[10]) >= _LEAST_CONFIDENCE and columns[11].strip():
                box = [int(column) / (X_DPI * _SCALE) for column in columns[6:10]]
                found.append(Word(columns[11].strip(), *box))
        except ValueError:
            continue
    return found
