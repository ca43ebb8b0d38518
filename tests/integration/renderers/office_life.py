"""Finds the LibreOffice of a pool, and what it has in memory."""

import asyncio
import contextlib
from pathlib import Path

from renderers import RenderPool
from tests.integration.renderers.test_pool import family_of
from tests.patience import PATIENCE

#: What LibreOffice needs for a text, a table and slides, and to write a PDF.
LOADED_WHEN_WARM = frozenset({"libswlo.so", "libsclo.so", "libsdlo.so", "libooxlo.so", "libpdffilterlo.so"})


async def the_libreoffice_of(pool: RenderPool, other_than: int = 0) -> int:
    """The process id of the pool's LibreOffice, once it runs and is another one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for pid in libreoffices_below(pool.pid):
                if pid != other_than:
                    return pid
            await asyncio.sleep(0.05)


def libreoffices_below(pid: int) -> list[int]:
    """Every LibreOffice among the descendants of a process."""
    found = []
    for one in family_of(pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{one}/comm").read_text().strip() == "soffice.bin":
                found.append(one)
    return found


def libraries_of(pid: int) -> set[str]:
    """The names of the libraries a process has loaded (proc_pid_maps(5))."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {line.rpartition("/")[2] for line in lines if ".so" in line}
