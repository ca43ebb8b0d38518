"""Builds the C files of this folder as a shared library beside them.

python -m renderers.native.build
"""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = HERE / "_pages.so"
_SOURCES = [HERE / "mmr.c", HERE / "rules.c", HERE / "survey.c"]
_FLAGS = ["-std=gnu11", "-O3", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wshadow", "-Wconversion",
          "-Wmissing-prototypes", "-Werror", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]  # fmt: skip


def build(target: Path = LIBRARY, *extra: str) -> None:
    """The library lies at `target`."""
    part = target.with_suffix(".part")
    subprocess.run(["cc", *_FLAGS, *extra, "-o", str(part), *map(str, _SOURCES)], check=True)
    part.replace(target)  # a running process keeps the old one


if __name__ == "__main__":
    build()
