"""Documents to fax pages: this product's ways against Ghostscript, poppler and MuPDF, in turns, as a table.

    python tests/benchmarks/render.py [ROUNDS]

Each round runs every way once on every document, one after another, so that all see the same load of the
machine; the figures are medians of the rounds. CPU is user and system time of everything that ran, start-up
included:

- pool: the warm pool as the gateway uses it, a fork for each document
- in process: the same pipeline in this process, no fork and no limits
- Ghostscript: `gs -sDEVICE=tiffg4 -r204x196`, as fax servers commonly call it
- poppler: `pdftoppm -mono -r 204`, without the TIFF that would still have to be made
- MuPDF: `mutool draw -F pbm -r 204`, likewise

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

import pypdfium2  # noqa: E402
import weasyprint  # noqa: E402
from PIL import Image  # noqa: E402

from renderers import Profile, RenderPool, SourceDocument  # noqa: E402
from renderers.pipeline import render  # noqa: E402
from renderers.spec import Workshop  # noqa: E402

SAMPLES = ROOT / "samples" / "documents"
LICENCE = Path("/usr/share/common-licenses/GPL-3")
TOOLS = ("Ghostscript", "poppler", "MuPDF")
LINE = 14_400
ALWAYS = (
    "letter.pdf",
    "invoice.pdf",
    "text30.pdf",
    "scan.pdf",
    "photo.pdf",
    "photo.jpg",
    "notes.txt",
    "fax.tif",
    "report.docx",
)


@dataclass
class Measured:
    """One way on one document: wall and CPU seconds of each round, and the bytes it made."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    size: int = 0


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


async def first_docx(folder: Path, pause: float) -> list[float]:
    """How long the first three Word documents of a pool take that began `pause` seconds ago."""
    document, taken = SourceDocument("report.docx", SAMPLES / "report.docx"), []
    async with RenderPool(workers=1) as pool:
        await asyncio.sleep(pause)
        for _ in range(3):
            start = time.perf_counter()
            await pool.render([document], Profile(), folder / "first.tif")
            taken.append(time.perf_counter() - start)
    return taken


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process, its children that have ended, and its descendants that run (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_of_tree(int(child)) for child in children)


def with_tool(command: list[str | Path]) -> tuple[float, float]:
    """Wall and CPU seconds of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    return end - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_process(document: SourceDocument, out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the pipeline here."""
    start, cpu = time.perf_counter(), time.process_time()
    render([document], out, Workshop(Profile(), out.parent))
    return time.perf_counter() - start, time.process_time() - cpu


async def in_pool(pool: RenderPool, document: SourceDocument, out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of the pool; LibreOffice counts, in steps of the kernel's clock tick."""
    assert pool.pid is not None
    office = document.path.suffix == ".docx"
    before, start = (cpu_of_tree(pool.pid) if office else pool.cpu_seconds), time.perf_counter()
    await pool.render([document], Profile(), out)
    end = time.perf_counter()
    return end - start, (cpu_of_tree(pool.pid) if office else pool.cpu_seconds) - before


def commands(document: SourceDocument, folder: Path) -> dict[str, Callable[[], tuple[float, float]]]:
    """The foreign tools that read this document."""
    if document.path.suffix != ".pdf":
        return {}
    gs = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=tiffg4", "-r204x196"]
    mutool = ["mutool", "draw", "-q", "-F", "pbm", "-r", "204"]
    return {
        "Ghostscript": lambda: with_tool([*gs, f"-sOutputFile={folder}/Ghostscript.tif", document.path]),
        "poppler": lambda: with_tool(["pdftoppm", "-mono", "-r", "204", document.path, folder / "poppler"]),
        "MuPDF": lambda: with_tool([*mutool, "-o", f"{folder}/mupdf%d.pbm", document.path]),
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
                if document.path.suffix != ".docx":
                    times["in process"] = in_process(document, folder / "in process.tif")
                times |= {way: run() for way, run in commands(document, folder).items()}
                for way, (wall, cpu) in times.items():
                    one = found.setdefault((document.name, way), Measured())
                    made = folder / f"{way}.tif"
                    one.size = made.stat().st_size if made.exists() else 0
                    if number:
                        one.wall.append(wall)
                        one.cpu.append(cpu)
    return found


def table(found: dict[tuple[str, str], Measured], pages: dict[str, int]) -> str:
    """The figures as Markdown; a ratio above 1 says that every other tool needs more processor time."""
    lines = [
        "| document | way | pages/s | CPU ms/page | fastest tool / this | KB/page | s/page on the line |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for (name, way), one in found.items():
        count = pages[name]
        tools = [statistics.median(found[name, tool].cpu) for tool in TOOLS if (name, tool) in found]
        ratio = f"{min(tools) / statistics.median(one.cpu):.2f}" if tools else "-"
        size = f"{one.size / count / 1000:.1f} | {one.size / count * 8 / LINE:.1f}" if one.size else "- | -"
        lines.append(
            f"| {name} ({count} p) | {way} | {count / statistics.median(one.wall):.1f} "
            f"| {statistics.median(one.cpu) / count * 1000:.1f} | {ratio} | {size} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory(prefix="bench-render-") as name:
        folder = Path(name)
        made = {path.name: path for path in (text30(folder), photo_pdf(folder))}
        paths = [made.get(sample, SAMPLES / sample) for sample in ALWAYS]
        documents = [SourceDocument(path.name, path) for path in paths]
        pages = {"photo.jpg": 1, "notes.txt": 2, "fax.tif": 1, "report.docx": 1}
        for path in paths:
            if path.suffix == ".pdf":
                with pypdfium2.PdfDocument(path) as pdf:
                    pages[path.name] = len(pdf)
        start = time.perf_counter()
        found = asyncio.run(measure(documents, rounds, folder))
        versions = subprocess.run(
            ["gs", "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        print(
            f"Medians of {rounds} interleaved rounds, {os.cpu_count()} CPUs, Ghostscript {versions}, ", end=""
        )
        print(f"pypdfium2 {pypdfium2.PYPDFIUM_INFO}, {time.perf_counter() - start:.0f} s in all.\n")
        print(table(found, pages))
        for pause in (0, 5):
            taken = ", ".join(f"{seconds:.2f}" for seconds in asyncio.run(first_docx(folder, pause)))
            print(f"\nThe first three DOCX {pause} s after the pool is ready take {taken} s.")


if __name__ == "__main__":
    main()
