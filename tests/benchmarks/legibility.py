"""Can it be read? Documents of many kinds as a fax, by Tesseract, beside Ghostscript and poppler.

    python tests/benchmarks/legibility.py [FOLDER]

What OCR reads on the fax is compared with the words of the document: the share of the words that were found,
wherever on the page, and at fine resolution the share of wrong characters. Faxes stay in FOLDER as PNG, if
one is named. OCR is no eye: it reads no word that is screened, though a person may.

- faxgw: the pipeline as the gateway uses it
- gs: `gs -sDEVICE=tiffg4 -r204x196`, as fax servers commonly call it
- poppler: `pdftoppm -mono -rx 204 -ry 196`
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: names in it are names of the standard library too

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from renderers import Profile, Resolution, SourceDocument  # noqa: E402
from renderers.pipeline import render  # noqa: E402
from renderers.profile import X_DPI  # noqa: E402
from renderers.spec import Workshop  # noqa: E402
from tests.benchmarks.legibility_corpus import Page, corpus  # noqa: E402

WAYS = ("faxgw", "gs", "poppler")
RESOLUTIONS = (Resolution.FINE, Resolution.STANDARD)


@dataclass(frozen=True)
class Score:
    """How much of a page can be read: share of its words found, and of its characters wrong."""

    recall: float
    wrong: float
    size: int  #: bytes as a fax; 0 where the way makes no fax


def by_faxgw(pdf: Path, resolution: Resolution, out: Path) -> None:
    """The page through our pipeline."""
    render([SourceDocument(pdf.name, pdf)], out, Workshop(Profile(resolution), out.parent))


def by_gs(pdf: Path, resolution: Resolution, out: Path) -> None:
    """The page through Ghostscript's fax device."""
    command = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiffg4", "-o", out]
    subprocess.run([*command, f"-r{X_DPI}x{resolution.y_dpi}", pdf], check=True, capture_output=True)


def by_poppler(pdf: Path, resolution: Resolution, out: Path) -> None:
    """The page through poppler's black and white."""
    command = ["pdftoppm", "-mono", "-singlefile", "-rx", str(X_DPI), "-ry", str(resolution.y_dpi), pdf]
    subprocess.run([*command, out.with_suffix("")], check=True, capture_output=True)
    out.with_suffix(".pbm").rename(out)


_RENDERS: dict[str, Callable[[Path, Resolution, Path], None]] = {
    "faxgw": by_faxgw,
    "gs": by_gs,
    "poppler": by_poppler,
}


def judge(page: Page, way: str, resolution: Resolution, folder: Path) -> Score:
    """The page rendered one way, and read."""
    out = folder / f"{page.pdf.stem}-{way}-{resolution.name.lower()}.tif"
    _RENDERS[way](page.pdf, resolution, out)
    size = out.stat().st_size if way != "poppler" else 0
    read = read_by_ocr(out, resolution)
    return Score(recall(page.words, read), wrong_characters(page.words, read), size)


def read_by_ocr(fax: Path, resolution: Resolution) -> str:
    """What Tesseract reads on the fax, made 1.5 times as large and as high as on paper."""
    picture = fax.with_suffix(".png")
    with Image.open(fax) as image:
        size = (image.width * 3 // 2, round(image.height * 1.5 * X_DPI / resolution.y_dpi))
        image.convert("L").resize(size, Image.Resampling.BICUBIC).save(picture, dpi=(306, 306))
    command = ["tesseract", picture, "-", "--psm", "4"]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def words_of(text: str) -> Counter[str]:
    """The words of two letters and more, whatever stands around them."""
    return Counter(word for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 1)


def recall(truth: str, read: str) -> float:
    """The share of the words that were found."""
    wanted = words_of(truth)
    return (wanted & words_of(read)).total() / max(1, wanted.total())


def wrong_characters(truth: str, read: str) -> float:
    """The fewest changes of a character from the truth to what was read, per character; 1 at most."""
    a, b = (np.array(list(" ".join(text.split()))) for text in (truth, read))
    places = np.arange(len(b) + 1)
    row = places.copy()
    for number, letter in enumerate(a, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (b != letter))
        row = np.minimum.accumulate(np.concatenate(([number], best)) - places) + places
    return min(1.0, int(row[-1]) / max(1, len(a)))


def lines_of(page: Page, scores: dict[tuple[str, Resolution], Score]) -> str:
    """The page's row of the table."""
    cells = [page.kind]
    for resolution in RESOLUTIONS:
        cells += [f"{scores[way, resolution].recall:.3f}" for way in WAYS]
        if resolution is Resolution.FINE:
            cells += [f"{scores[way, resolution].wrong:.3f}" for way in WAYS]
            cells += [f"{scores[way, resolution].size / 1000:.0f}" for way in WAYS[:2]]
    return "| " + " | ".join(cells) + " |"


def rows(folder: Path) -> Iterator[str]:
    """The table, row by row."""
    recalls, wrongs = ([f"{way} {what}" for way in WAYS] for what in ("words", "wrong"))
    head = ["page", *recalls, *wrongs, "faxgw KB", "gs KB", *(f"{name}, standard" for name in recalls)]
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "---:|" * (len(head) - 1)
    ways = [(way, resolution) for resolution in RESOLUTIONS for way in WAYS]
    with ThreadPoolExecutor(2) as pool:
        for page in corpus(folder):
            found = pool.map(partial(_judge, page, folder), ways)
            yield lines_of(page, dict(zip(ways, found, strict=True)))


def _judge(page: Page, folder: Path, way: tuple[str, Resolution]) -> Score:
    return judge(page, *way, folder)


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory(prefix="bench-legibility-") as name:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else name).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for row in rows(folder):
            print(row, flush=True)


if __name__ == "__main__":
    main()
