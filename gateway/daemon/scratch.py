"""A folder for what a role has in its hands and nobody misses when the role dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from gateway.errors import ConfigError


@contextmanager
def scratch_folder(data_dir: Path, role: str) -> Iterator[Path]:
    """An empty folder on the disk of the data, without what a dead predecessor left in it.

    Raises:
        ConfigError: data_dir cannot be written to.
    """
    folder = data_dir / "scratch" / role
    try:
        rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"node.data_dir: cannot write to {data_dir} ({error.strerror}). "
            "Make it a directory that the gateway's user owns."
        ) from error
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
