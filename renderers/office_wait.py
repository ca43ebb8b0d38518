"""How long a job has waited for its turn at LibreOffice, which does not count as its own time.

The worker notes it in its folder, where the foreman looks before it ends a job that is late. A worker is
not trusted: what it notes is bounded, and read without following anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "office-wait"
_LONGEST = 100  # bytes


@contextmanager
def waiting(folder: Path) -> Iterator[None]:
    """Inside of it the job waits."""
    before, since = seconds_waited(folder, time.monotonic()), time.monotonic()
    _note(folder, f"{before} {since}")
    try:
        yield
    finally:
        _note(folder, f"{before + time.monotonic() - since}")


def seconds_waited(folder: Path, now: float) -> float:
    """How long the job has waited until `now`, on the monotonic clock; 0 if it has not, or notes nonsense."""
    try:
        before, *since = map(float, _noted(folder / _NAME).split()[:2])
    except (OSError, ValueError, TypeError):
        return 0.0
    waited = before + sum(now - start for start in since)
    return waited if 0.0 < waited < now else 0.0


def _noted(file: Path) -> bytes:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _LONGEST)
    finally:
        os.close(descriptor)


def _note(folder: Path, text: str) -> None:
    part = folder / f"{_NAME}.part"
    part.write_text(text)
    part.replace(folder / _NAME)
