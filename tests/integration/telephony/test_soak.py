"""Two hundred real calls in one process: what a call took it gives back."""

import asyncio
import os
from pathlib import Path

import pytest

from telephony import Disposition, T38Policy
from tests.fax_pages import Sheet, draw_fax
from tests.fix_sip import Line, a_line
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

WAVES = ((36, 4), (70, 10), (70, 10))  # calls at once, in T.38 and in G.711
MAY_GROW_BY = 8 << 20  # bytes, from one wave to the next of the same size: what 80 calls leave in buffers


def memory() -> int:
    """Bytes of this process that are in RAM and are no file."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def some_calls(line: Line, calls: int, fax: Path, folder: Path) -> list[Disposition]:
    """How so many calls at once ended, at both ends."""
    folder.mkdir()
    files = [folder / f"{number}.tif" for number in range(calls)]
    receiving = [asyncio.ensure_future(line.called.receives(file)) for file in files]
    await asyncio.sleep(0)
    sent = await asyncio.gather(*(line.caller.sends(fax) for _ in files))
    received = await asyncio.gather(*receiving)
    return [transmission.disposition for transmission in (*sent, *received)]


async def nothing_is_open(lines: list[Line]) -> None:
    """Every channel is closed: the media thread does that at its next tick."""
    engines = [station.engine for line in lines for station in (line.caller, line.called)]
    async with asyncio.timeout(PATIENCE):
        while any(engine.statistics()["channels"] for engine in engines):
            await asyncio.sleep(0.02)


async def test_two_hundred_calls_leave_no_memory_file_or_channel_behind(tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60, speckles=0)])
    audio = {"t38": T38Policy.NEVER}
    ended: list[Disposition] = []  # of the calls in T.38: a busy machine may break some in G.711
    used, files = [], []
    async with a_line() as image, a_line(audio, audio) as sound:
        for number, (images, sounds) in enumerate(WAVES):
            wave, _ = await asyncio.gather(
                some_calls(image, images, fax, tmp_path / f"{number}-t38"),
                some_calls(sound, sounds, fax, tmp_path / f"{number}-audio"),
            )
            ended += wave
            await nothing_is_open([image, sound])
            used.append(memory())
            files.append(open_files())

    assert ended == [Disposition.DELIVERED] * 2 * sum(images for images, _ in WAVES)
    assert files[2] <= files[1]
    assert used[2] - used[1] < MAY_GROW_BY, [size >> 20 for size in used]
