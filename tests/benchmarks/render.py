"""Documents to fax pages: this product's ways against Ghostscript, poppler and MuPDF, in turns, as a table.

    python tests/benchmarks/render.py [ROUNDS]

Each round runs every way once on every document, one after another, so that all see the same load of the
machine; the figures are medians of the rounds. CPU is user and system time of everything that ran, start-up
included:

- pool: the warm pool as the gateway uses it, a fork for each document
- in process: the same pipeline in this process, no fork and no limits
- Ghostscript: `gs -sDEVICE=tiffg4 -r204x196`, as fax servers commonly call it
- poppler: `pdftoppm -mono -r 204`, which ends with bitmaps
- MuPDF: `mutool draw -F pbm -r 204`, likewise
- poppler to TIFF, MuPDF to TIFF: the same, and libtiff makes T.6 of the bitmaps (by Pillow, in this process)

The two ratios compare with the fastest tool whatever it makes, and with the fastest that makes a fax.

Line time is bits at 14,400 bit/s, without handshakes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: names in it are names of the standard library too

import openpyxl  # noqa: E402
import pypdfium2  # noqa: E402
import weasyprint  # noqa: E402
from PIL import Image  # noqa: E402

from renderers import Profile, RenderPool, SourceDocument  # noqa: E402
from renderers.native.build import WORKER  # noqa: E402
from renderers.pipeline import render  # noqa: E402
from renderers.spec import Workshop  # noqa: E402
from renderers.tiff_tags import read_fax_pages  # noqa: E402

SAMPLES = ROOT / "samples" / "documents"
LICENCE = Path("/usr/share/common-licenses/GPL-3")
TOOLS = ("Ghostscript", "poppler", "MuPDF")
TO_TIFF = {"poppler": "poppler to TIFF", "MuPDF": "MuPDF to TIFF"}
MAKE_FAXES = ("Ghostscript", *TO_TIFF.values())
LINE = 14_400
ALWAYS = (
    "letter.pdf",
    "invoice.pdf",
    "text30.pdf",
    "scan.pdf",
    "photo.pdf",
    "photo.jpg",
    "photo.heic",
    "logo.png",
    "notes.txt",
    "news.html",
    "plan.svg",
    "visit.ics",
    "fax.tif",
    "report.docx",
    "letter.odt",
    "prices.xlsx",
)
OFFICE = (".docx", ".odt", ".xlsx")
#: What MuPDF reads beside PDF and draws as it looks; its pages of HTML and SVG have other fonts, no borders.
MUPDF_TOO = (".jpg", ".png", ".tif")


@dataclass
class Measured:
    """One way on one document: wall and CPU seconds of each round, and the bytes it made."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    size: int = 0
    pages: int = 0


def text30(folder: Path) -> Path:
    """Thirty pages of a licence's text as a PDF."""
    text = LICENCE.read_text()
    pages = "".join(
        f"<pre style='break-after:page'>{text[n * 950 : n * 950 + 3000]}</pre>" for n in range(29)
    )
    style = "<style>@page{size:A4;margin:15mm}pre{font:9pt 'DejaVu Sans Mono';white-space:pre-wrap}</style>"
    path = folder / "text30.pdf"
    weasyprint.HTML(string=f"{style}{pages}<pre>{text[-3000:]}</pre>").write_pdf(path)
    return path


def photo_pdf(folder: Path) -> Path:
    """The sample photograph as a page of a PDF."""
    with Image.open(SAMPLES / "photo.jpg") as photo:
        photo.save(folder / "photo.pdf", resolution=150)
    return folder / "photo.pdf"


def news_html(folder: Path) -> Path:
    """A page with headings, a table and paragraphs."""
    row = "<tr><td>Pump</td><td>3</td><td style='text-align:right'>1,200.00</td></tr>"
    text = f"<h1>News</h1><p>{LICENCE.read_text()[:1500]}</p><table border=1>{row * 12}</table>"
    path = folder / "news.html"
    path.write_text(f"<html><body style='font-family:sans-serif'>{text}</body></html>")
    return path


def prices_xlsx(folder: Path) -> Path:
    """A page of a price list."""
    workbook = openpyxl.Workbook()
    for number in range(40):
        workbook.active.append([f"Pump {number}", number, 100 * number])
    workbook.save(folder / "prices.xlsx")
    return folder / "prices.xlsx"


async def first_docx(folder: Path) -> list[float]:
    """How long the first three Word documents of a pool take that has just said that it is warm."""
    document, taken = SourceDocument("report.docx", SAMPLES / "report.docx"), []
    async with RenderPool(workers=1) as pool:
        assert await pool.office_is_warm(within=60)
        for _ in range(3):
            start = time.perf_counter()
            await pool.render([document], Profile(), folder / "first.tif")
            taken.append(time.perf_counter() - start)
    return taken


def children_of(pid: int) -> list[int]:
    """The processes that all threads of this one have started and that run."""
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def name_of(pid: int) -> str:
    """The first letters of its program's name."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process, its children that have ended, and its descendants that run (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = children_of(pid)
    except OSError:
        return 0.0
    own = sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(cpu_of_tree, children))


def cpu_of(pid: int) -> float:
    """CPU seconds of one process, its children not counted."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def with_tool(command: list[str | Path]) -> tuple[float, float]:
    """Wall and CPU seconds of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return end - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def encoded(bitmaps: list[Path], out: Path) -> float:
    """CPU seconds of libtiff for one TIFF in T.6 of these bitmaps, which are gone then."""
    cpu = time.process_time()
    first, *rest = [Image.open(path) for path in bitmaps]
    first.save(out, compression="group4", save_all=True, append_images=rest)
    used = time.process_time() - cpu
    for path in bitmaps:
        path.unlink()
    return used


def in_process(document: SourceDocument, out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the pipeline here; not for what needs LibreOffice."""
    start, cpu = time.perf_counter(), time.process_time()
    render([document], out, Workshop(Profile(), out.parent))
    return time.perf_counter() - start, time.process_time() - cpu


async def in_pool(pool: RenderPool, document: SourceDocument, out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the pool, its warm process with it.

    LibreOffice counts too, in steps of the kernel's clock tick.
    """
    pid = pool.pid
    assert pid is not None
    programs = [child for child in children_of(pid) if name_of(child) == WORKER.name]

    def used() -> float:
        if document.path.suffix in OFFICE:
            return cpu_of_tree(pid)
        return pool.cpu_seconds + cpu_of(pid) + sum(map(cpu_of, programs))

    before, start = used(), time.perf_counter()
    await pool.render([document], Profile(), out)
    end = time.perf_counter()
    return end - start, used() - before


def commands(document: SourceDocument, folder: Path) -> dict[str, Callable[[], tuple[float, float]]]:
    """The foreign tools that read this document."""
    mutool = ["mutool", "draw", "-q", "-F", "pbm", "-r", "204"]
    mupdf = {"MuPDF": lambda: with_tool([*mutool, "-o", f"{folder}/MuPDF%d.pbm", document.path])}
    if document.path.suffix != ".pdf":
        return mupdf if document.path.suffix in MUPDF_TOO else {}
    gs = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiffg4", "-r204x196"]
    return mupdf | {
        "Ghostscript": lambda: with_tool([*gs, f"-sOutputFile={folder}/Ghostscript.tif", document.path]),
        "poppler": lambda: with_tool(["pdftoppm", "-mono", "-r", "204", document.path, folder / "poppler"]),
    }


async def measure(
    documents: list[SourceDocument], rounds: int, folder: Path
) -> dict[tuple[str, str], Measured]:
    """Every way on every document, in turns."""
    found: dict[tuple[str, str], Measured] = {}
    async with RenderPool(workers=1) as pool:
        for number in range(rounds + 1):  # the first round warms everything and does not count
            for document in documents:
                times = {"pool": await in_pool(pool, document, folder / "pool.tif")}
                if document.path.suffix not in OFFICE:
                    times["in process"] = in_process(document, folder / "in process.tif")
                for way, run in commands(document, folder).items():
                    wall, cpu = times[way] = run()
                    if way in TO_TIFF:
                        made = sorted(folder.glob(f"{way}*.p[bp]m"))
                        seconds = encoded(made, folder / f"{TO_TIFF[way]}.tif")
                        times[TO_TIFF[way]] = (wall + seconds, cpu + seconds)
                for way, (wall, cpu) in times.items():
                    one = found.setdefault((document.name, way), Measured())
                    made = folder / f"{way}.tif"
                    one.size = made.stat().st_size if made.exists() else 0
                    one.pages = read_fax_pages(folder / "pool.tif").page_count
                    if number:
                        one.wall.append(wall)
                        one.cpu.append(cpu)
    return found


def ratio(found: dict[tuple[str, str], Measured], name: str, one: Measured, tools: tuple[str, ...]) -> str:
    """How much more CPU than this the fastest of the tools needs."""
    theirs = [statistics.median(found[name, tool].cpu) for tool in tools if (name, tool) in found]
    return f"{min(theirs) / statistics.median(one.cpu):.2f}" if theirs else "-"


def table(found: dict[tuple[str, str], Measured]) -> str:
    """The figures as Markdown; a ratio above 1 says that every other tool needs more processor time."""
    lines = [
        "| document | way | pages/s | CPU ms/page | fastest tool / this | fastest fax / this "
        "| KB/page | s/page on the line |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (name, way), one in found.items():
        count = one.pages
        ratios = " | ".join(ratio(found, name, one, tools) for tools in (TOOLS, MAKE_FAXES))
        size = f"{one.size / count / 1000:.1f} | {one.size / count * 8 / LINE:.1f}" if one.size else "- | -"
        lines.append(
            f"| {name} ({count} p) | {way} | {count / statistics.median(one.wall):.1f} "
            f"| {statistics.median(one.cpu) / count * 1000:.1f} | {ratios} | {size} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory(prefix="bench-render-") as name:
        folder = Path(name)
        made = {
            path.name: path
            for path in (text30(folder), photo_pdf(folder), news_html(folder), prices_xlsx(folder))
        }
        paths = [made.get(sample, SAMPLES / sample) for sample in ALWAYS]
        documents = [SourceDocument(path.name, path) for path in paths]
        start = time.perf_counter()
        found = asyncio.run(measure(documents, rounds, folder))
        versions = subprocess.run(
            ["gs", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(
            f"Medians of {rounds} interleaved rounds, {os.cpu_count()} CPUs, Ghostscript {versions}, ", end=""
        )
        print(f"pypdfium2 {pypdfium2.PYPDFIUM_INFO}, {time.perf_counter() - start:.0f} s in all.\n")
        print(table(found))
        taken = ", ".join(f"{seconds:.2f}" for seconds in asyncio.run(first_docx(folder)))
        print(f"\nThe first three DOCX after the pool is warm take {taken} s.")


if __name__ == "__main__":
    main()
