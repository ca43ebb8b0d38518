"""A machine that stands still for seconds, as virtual machines do: a call goes on where it stood."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fix_sip import a_fax_machine, free_address

pytestmark = pytest.mark.slow
STANDSTILL = 9.0  # seconds; longer than any timer of T.30 that runs while pages are sent (T2 is 6 s ± 1 s)


@contextlib.asynccontextmanager
async def standing_still(*pids: int) -> AsyncIterator[None]:
    """These processes do nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


async def a_fax_that_is_interrupted(folder: Path, fax: Path, *options: str) -> tuple[int, Any, Path]:
    """How its sender and its receiver end, and what came; both stood still between two pages."""
    with a_fax_machine(folder, *options) as machine:
        calling = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "fax-machine", "--listen", free_address()),
            *("--dial", f"sip:+49301@{machine.address}", str(fax)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        await machine.says("page")
        async with standing_still(machine.process.pid, calling.pid):
            await asyncio.sleep(STANDSTILL)
        received = await machine.says("received")
        return await calling.wait(), received, machine.spool / received["file"]


async def test_a_fax_survives_that_both_machines_stand_still(tmp_path: Path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=200)])

    ends = await asyncio.gather(
        a_fax_that_is_interrupted(tmp_path / "t38", fax),
        a_fax_that_is_interrupted(tmp_path / "audio", fax, "--no-t38"),
    )

    assert [(code, received["disposition"]) for code, received, _ in ends] == [(0, "delivered")] * 2
    assert [received["medium"] for _, received, _ in ends] == ["t38", "audio"]
    assert [pictures(file) for _, _, file in ends] == [pictures(fax)] * 2
