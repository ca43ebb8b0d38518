"""A listener with its store, as a process, on both databases."""

import asyncio
import os
import re
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Listener:
    """A process that takes mails."""

    pid: int
    port: int

    def memory(self, name: str) -> int:
        """VmRSS now, or VmHWM at most, in bytes (proc(5))."""
        found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) * 1024

    def processor_seconds(self) -> float:
        """What it has taken of the processor so far (proc_pid_stat(5))."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def limit_files(self, size: int) -> None:
        """No file of it grows beyond `size` bytes, as on a full disk; -1 ends that."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, -1))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@asynccontextmanager
async def a_listener(folder: Path, url: str) -> AsyncIterator[Listener]:
    """A process that takes mails until the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.intake.listener", str(folder), url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    yield Listener(process.pid, int(await process.stdout.readline()))
    process.stdin.close()
    assert await process.wait() == 0


@pytest.fixture
async def listener(tmp_path, url) -> AsyncIterator[Listener]:
    async with a_listener(tmp_path, url) as listener:
        yield listener
