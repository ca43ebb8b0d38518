"""RenderPool: documents become fax pages in processes of their own, while the event loop goes on.

    async with RenderPool(workers=2) as pool:
        pages = await pool.render([SourceDocument("offer.pdf", path)], Profile(), out)

It promises: at most `workers` jobs at a time; each within its limits on time, memory and files, and
without network; a document that crashes or hangs fails alone; nothing keeps running when the owner is
gone, even by kill -9.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from renderers import work
from renderers.document import FaxPages, SourceDocument
from renderers.errors import ConverterCrashed, RenderError
from renderers.office_process import remove_sockets
from renderers.profile import Profile, Resolution
from renderers.sandbox import Limits

_LONGEST_LINE = 32 << 20
_GOODBYE_SECONDS = 10.0


class RenderPool:
    """Use it with `async with`, in one event loop; it starts one warm process, and LibreOffice below that."""

    def __init__(
        self, *, workers: int = 2, limits: Limits | None = None, office: bool = True, prewarm: bool = True
    ) -> None:
        """`prewarm` loads everything on entry, which pays when more than one document comes."""
        self._limits = limits or Limits()
        self._options = {"limits": dataclasses.asdict(self._limits), "office": office, "prewarm": prewarm}
        self._free = asyncio.Semaphore(workers)
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._office_is_warm: asyncio.Future[bool] | None = None
        self.cpu_seconds = 0.0  #: used by all jobs so far, LibreOffice not counted

    async def __aenter__(self) -> Self:
        await self._ensure_started()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def office_is_warm(self, within: float) -> bool:
        """Whether LibreOffice runs and has everything in memory; at most so many seconds are waited for it.

        False at once where it is not installed or not wanted, or cannot start; other documents go on.
        """
        if self._office_is_warm is None:
            return False
        done, _ = await asyncio.wait([self._office_is_warm], timeout=within)
        return bool(done) and self._office_is_warm.result()

    @property
    def pid(self) -> int | None:
        """The process id of the warm process; None when it does not run."""
        return self._process.pid if self._process else None

    async def render(self, documents: Sequence[SourceDocument], profile: Profile, out: Path) -> FaxPages:
        """All documents as one TIFF class F in `out`, in their order.

        Raises:
            RenderError: which document failed, why, and what its sender can do; `out` is not written then.
        """
        name = documents[0].name if len(documents) == 1 else ""
        answer = await self._ask(
            "render",
            name,
            out,
            documents=[work.document_to_wire(document) for document in documents],
            profile=work.profile_to_wire(profile),
        )
        return work.pages_from_wire(answer, out)

    async def to_pdf(self, tiff: Path, out: Path, *, ocr: str = "") -> None:
        """The fax as a PDF, each page at its true size; searchable with `ocr`, languages as "eng+deu".

        Raises:
            RenderError: the file is no fax TIFF, or damaged.
        """
        await self._ask("to_pdf", tiff.name, out, tiff=str(tiff.resolve()), ocr=ocr)

    async def picture(self, tiff: Path, out: Path, *, page: int = 1, width: int = 600) -> None:
        """One page (from 1) as a PNG in grey, `width` dots wide and as high as on paper.

        Raises:
            RenderError: the file is no fax TIFF, or has no such page.
        """
        await self._ask("picture", tiff.name, out, tiff=str(tiff.resolve()), page=page, width=width)

    async def stamp_header(self, tiff: Path, out: Path, lines: Sequence[str]) -> FaxPages:
        """The fax with one line of text at the top of each page, `lines[n]` on page n + 1.

        Raises:
            RenderError: the file is no fax TIFF, or there are fewer lines than pages.
        """
        answer = await self._ask("stamp", tiff.name, out, tiff=str(tiff.resolve()), lines=list(lines))
        return work.pages_from_wire(answer, out)

    async def coarsened(self, tiff: Path, out: Path, finest: Resolution) -> FaxPages:
        """The fax with no page finer than `finest`, for a far end that takes no more.

        Raises:
            RenderError: the file is no fax TIFF, or damaged.
        """
        job = {"tiff": str(tiff.resolve()), "finest": finest.name}
        answer = await self._ask("coarsened", tiff.name, out, **job)
        return work.pages_from_wire(answer, out)

    async def narrowed(self, tiff: Path, out: Path) -> FaxPages:
        """The fax with no page wider than A4, for a far end that does not know A3.

        Raises:
            RenderError: the file is no fax TIFF, or damaged.
        """
        answer = await self._ask("narrowed", tiff.name, out, tiff=str(tiff.resolve()))
        return work.pages_from_wire(answer, out)

    async def _ask(self, verb: str, name: str, out: Path, **job: Any) -> dict[str, Any]:
        async with self._free:
            writer = await self._ensure_started()
            number = next(self._numbers)
            future = self._pending[number] = asyncio.get_running_loop().create_future()
            job |= {"id": number, "verb": verb, "name": name, "out": str(out.resolve())}
            try:
                await _send(writer, job)
                answer = await future
            except asyncio.CancelledError:
                with contextlib.suppress(OSError, RuntimeError):
                    await _send(writer, {"cancel": number})
                raise
            except OSError as error:
                raise ConverterCrashed(name, detail=str(error)) from error
            finally:
                self._pending.pop(number, None)
        self.cpu_seconds += answer["cpu_seconds"]
        if "error" in answer:
            raise RenderError.from_wire(answer["error"])
        return dict(answer["result"])

    async def _ensure_started(self) -> asyncio.StreamWriter:
        async with self._starting:
            if self._writer is None or self._listening is None or self._listening.done():
                await self._stop()
                self._writer = await self._start()
            return self._writer

    async def _start(self) -> asyncio.StreamWriter:
        ours, theirs = socket.socketpair()
        self._folder = Path(tempfile.mkdtemp(prefix="faxgw-render-"))
        with theirs:
            self._process = _spawn(theirs.fileno(), self._folder, self._options)
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE)
        if not await reader.readline():
            writer.close()
            await asyncio.to_thread(_wait, self._process, self._folder)
            self._process = None
            raise ConverterCrashed(detail="the rendering process did not start; its messages are on stderr")
        self._office_is_warm = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen(reader, self._office_is_warm), name="render pool")
        return writer

    async def _listen(self, reader: asyncio.StreamReader, office_is_warm: asyncio.Future[bool]) -> None:
        """Hands answers to those who wait for them until the process is gone; then nobody waits."""
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                answer = json.loads(line)
                if "office_is_warm" in answer:
                    office_is_warm.set_result(answer["office_is_warm"])
                    continue
                future = self._pending.pop(answer["id"], None)
                if future is not None and not future.done():
                    future.set_result(answer)
        if not office_is_warm.done():
            office_is_warm.set_result(False)
        gone = ConverterCrashed(detail="the rendering process ended")
        for future in self._pending.values():
            if not future.done():
                future.set_result({"error": gone.to_wire(), "cpu_seconds": 0.0})

    async def _stop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        if self._listening is not None:
            await self._listening
        if self._process is not None:
            await asyncio.to_thread(_wait, self._process, self._folder)
        self._writer = self._listening = self._process = None


async def _send(writer: asyncio.StreamWriter, line: dict[str, Any]) -> None:
    writer.write(json.dumps(line).encode() + b"\n")
    await writer.drain()


def _spawn(control: int, folder: Path, options: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The warm process, with nothing of our environment: it will read strangers' files."""
    home = folder / "home"
    home.mkdir()
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf")),
        "OPENBLAS_NUM_THREADS": "1",  # threads do not survive the fork
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # big pictures in huge pages: a fifth less time
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "renderers.foreman", str(control), str(folder), json.dumps(options)],
        pass_fds=[control],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Returns when the process has ended and nothing of it is left, whether it tidied up or was killed."""
    try:
        process.wait(_GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    remove_sockets(folder)
    shutil.rmtree(folder, ignore_errors=True)


def render_now(
    documents: Sequence[SourceDocument],
    profile: Profile,
    out: Path,
    *,
    limits: Limits | None = None,
) -> FaxPages:
    """All documents as one TIFF class F in `out`, with a pool of its own for this one time; blocks meanwhile.

    Raises:
        RenderError: as `RenderPool.render`.
    """

    async def once() -> FaxPages:
        async with RenderPool(workers=1, limits=limits, prewarm=False) as pool:
            return await pool.render(documents, profile, out)

    return asyncio.run(once())
