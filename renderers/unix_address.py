"""Unix socket addresses for paths of any length: the kernel takes 107 bytes of them (unix(7))."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 107  # bytes


@contextmanager
def unix_address(path: Path) -> Iterator[str]:
    """An address of the socket `path`, for `bind` or `connect` inside the context."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
