"""The words on a fax page and where they stand, read by Tesseract, so that a PDF of it can be searched."""

from __future__ import annotations

import subprocess
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
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
#: Tesseract's ways to look for text (--psm): from the top down, or after finding out how the page lies.
_UPRIGHT, _ANY_WAY = "3", "1"
_LEAST_SURE = 70.0  #: of 100, on average, is a page that lies as it is read
_LEAST_SHAPED = 3  #: letters that are wider than high together


@dataclass(frozen=True)
class Word:
    """A word and its box, in inches from the left and the top of the page."""

    text: str
    left: float
    top: float
    width: float
    height: float
    turned: int = 0  #: degrees clockwise: 90 reads downwards, 180 is upside down


def words_on(bits: Bits, dots: int, resolution: Resolution, languages: str, until: float) -> list[Word]:
    """The words of a page `dots` wide; none when it is `until` (monotonic) or it cannot be read.

    Raises:
        ConverterMissing: Tesseract is not installed.
    """
    if not TESSERACT.exists():
        raise ConverterMissing.needs("Tesseract", PACKAGES)
    if until <= time.monotonic():
        return []
    size = round(dots * _SCALE), round(len(bits) / resolution.y_dpi * X_DPI * _SCALE)
    page = Path("ocr.png").absolute()  # in the worker's own folder
    Image.fromarray(gray_of(bits, dots)).resize(size, Image.Resampling.BICUBIC).save(page, compress_level=1)
    try:
        table = _read(page, languages, _UPRIGHT, until)
        if 0 < confidence(table) < _LEAST_SURE:  # what is upside down looks like poor print
            table = max(table, _read(page, languages, _ANY_WAY, until), key=confidence)
    finally:
        page.unlink(missing_ok=True)
    return parsed(table)


def _read(page: Path, languages: str, segmentation: str, until: float) -> str:
    """Tesseract's table of the page; "" when it has none in time."""
    command = [str(TESSERACT), str(page), "-", "-l", languages, "--psm", segmentation]
    command += ["--dpi", str(round(X_DPI * _SCALE)), "tsv"]
    seconds = min(_PAGE_SECONDS, until - time.monotonic())
    try:
        told = subprocess.run(
            command,
            capture_output=True,
            timeout=max(0.0, seconds),
            check=True,
            env={"OMP_THREAD_LIMIT": "1"},
        )
    except (subprocess.SubprocessError, OSError):
        return ""
    return told.stdout.decode("utf-8", "replace")


def parsed(table: str) -> list[Word]:
    """The words in Tesseract's table, each turned as its line runs."""
    words: list[Word] = []
    for _, line in groupby(_words_in(table), key=lambda found: found[0]):
        in_line = [word for _, _, word in line]
        turned = _direction(in_line)
        words += [replace(word, turned=turned) for word in in_line]
    return words


def confidence(table: str) -> float:
    """How sure Tesseract is of the words in its table, of 100; 0 when there are none."""
    found = [sure for _, sure, _ in _words_in(table, least=0.0)]
    return sum(found) / len(found) if found else 0.0


def _words_in(table: str, least: float = _LEAST_CONFIDENCE) -> Iterator[tuple[tuple[str, ...], float, Word]]:
    """The line of each word, how sure it is, and the word. A row has twelve columns, the last is the text."""
    for row in table.splitlines()[1:]:
        columns = row.split("\t")
        try:
            if len(columns) == 12 and float(columns[10]) >= least and columns[11].strip():
                left, top, width, height = (int(column) / (X_DPI * _SCALE) for column in columns[6:10])
                word = Word(columns[11].strip(), left, top, width, height)
                yield tuple(columns[1:5]), float(columns[10]), word
        except ValueError:
            continue


def _direction(line: Sequence[Word]) -> int:
    """How a line is turned: by where its last word lies from the first, or by the shape of its only one."""
    first, last = line[0], line[-1]
    if len(line) == 1:
        return 90 if first.height > first.width and len(first.text) >= _LEAST_SHAPED else 0
    across = (last.left + last.width / 2) - (first.left + first.width / 2)
    down = (last.top + last.height / 2) - (first.top + first.height / 2)
    if 2 * sum(reads_leftwards(word.text) for word in line) > len(line):
        across, down = -across, -down
    if abs(down) > abs(across):
        return 90 if down > 0 else 270
    return 0 if across >= 0 else 180


def reads_leftwards(text: str) -> bool:
    """Whether it is written from right to left."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
