"""Bare spandsp as a yardstick: the program bare.c, built and run."""

import asyncio
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bare:
    """What so many faxes between bare sessions came to."""

    faxes: int
    whole: int  #: faxes whose pages all arrived
    cpu_ms_per_s: float  #: of one session
    call_s: float
    lateness_us: tuple[int, int, int]  #: p50, p99, p99.9 of the clock; zeros in memory


def build(folder: Path) -> Path:
    """The program, compiled into `folder`."""
    program = folder / "bare"
    source = Path(__file__).with_name("bare.c")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "spandsp"], check=True, capture_output=True, text=True
    )
    command = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-o", str(program), str(source)]
    subprocess.run([*command, *flags.stdout.split(), "-ltiff"], check=True)
    return program


async def run(program: Path, medium: str, way: str, faxes: int, *, stagger_s: float, fax: Path) -> Bare:
    """The faxes were sent; `medium` is "t38" or "audio", `way` is "memory" or "udp"."""
    spool = Path(tempfile.mkdtemp(prefix="bare-", dir=program.parent))
    process = await asyncio.create_subprocess_exec(
        str(program), medium, way, str(faxes), str(stagger_s), str(fax), str(spool),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    facts = json.loads(said)
    return Bare(**(facts | {"lateness_us": tuple(facts["lateness_us"])}))
