"""Blobs: content by its SHA-256.

Small content is rows, written in the same transaction as what refers to it: one fsync for as many mails as
come at the same time. Large content comes first, in a step of its own: with SQLite as files beside the
database (write, fsync, rename, fsync of the folder), with PostgreSQL as rows, so that any node can read it. A
blob without anything that refers to it does no harm.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.model.ids import BlobRef
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.failure import translated
from gateway.store.statements import insert_new

SMALL = 256 * 1024  #: bytes; measured by tests/benchmarks/smtp.py: up to here a row costs less than a file
_PART = 1024 * 1024  # bytes in one row

_blob = tables.blob
_PARTS = sa.select(_blob.c.content).where(_blob.c.ref == sa.bindparam("ref")).order_by(_blob.c.part)
_ONE_PART = sa.select(_blob.c.content).where(
    _blob.c.ref == sa.bindparam("ref"), _blob.c.part == sa.bindparam("part")
)


@dataclass(frozen=True, slots=True)
class Staged:
    """Content that has a name, and is durable once `rows`, and what refers to it, are committed."""

    ref: BlobRef
    rows: list[dict[str, Any]] = field(default_factory=list)


class SqlBlobs:
    """Blobs in rows, and in the files of `folder` where the database has only this machine."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._durable: set[Path] = set()  # folders whose names are on disk, as far as this process knows

    async def put(self, content: bytes | Path) -> BlobRef:
        """Durable when it returns."""
        staged = await self.stage(content, take_over=False, alone=True)
        if staged.rows:
            await self._database.insert({_blob: staged.rows})
        return staged.ref

    async def stage(self, content: bytes | Path, *, take_over: bool, alone: bool = False) -> Staged:
        """The content by name. A file that is taken over may get a second name.

        Only what is staged `alone` is durable before anything that refers to it is.
        """
        if isinstance(content, bytes) and len(content) <= SMALL:
            return _small(content)
        try:
            if isinstance(content, Path) and content.stat().st_size <= SMALL:
                return _small(await asyncio.to_thread(content.read_bytes))
            if self._database.is_sqlite:
                return Staged(await asyncio.to_thread(self._keep_file, content, take_over))
        except OSError as error:
            raise translated(error) from error
        return Staged(await self._keep_rows(content, durable=alone))

    async def get(self, ref: BlobRef) -> bytes:
        """Rows first, then files."""
        parts = await self._database.read(
            lambda connection: connection.execute(_PARTS, {"ref": ref}).scalars().all()
        )
        if parts:
            return b"".join(parts)
        try:
            return await asyncio.to_thread(self._path(ref).read_bytes)
        except FileNotFoundError:
            raise KeyError(ref) from None

    @asynccontextmanager
    async def file(self, ref: BlobRef) -> AsyncIterator[Path]:
        """The file itself, or a copy that lives as long as the context."""
        path = self._path(ref)
        if await asyncio.to_thread(path.exists):
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="faxgw-blob-") as folder:
            copy = Path(folder) / ref
            await self._copy_rows(ref, copy)
            yield copy

    async def _copy_rows(self, ref: BlobRef, copy: Path) -> None:
        with copy.open("wb") as target:
            part = 0
            while (content := await self._part(ref, part)) is not None:
                await asyncio.to_thread(target.write, content)
                part += 1
        if part == 0:
            raise KeyError(ref)

    async def _part(self, ref: BlobRef, part: int) -> bytes | None:
        given = {"ref": ref, "part": part}
        content: bytes | None = await self._database.read(
            lambda connection: connection.execute(_ONE_PART, given).scalar()
        )
        return content

    async def _keep_rows(self, content: bytes | Path, *, durable: bool) -> BlobRef:
        ref = await asyncio.to_thread(_name_of, content)
        await self._database.write(_inserting(ref, content, durable=durable))
        return ref

    def _keep_file(self, content: bytes | Path, take_over: bool) -> BlobRef:
        ref = _name_of(content)
        path = self._path(ref)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            part = path.with_name(f"{ref}.{os.getpid()}.{os.urandom(6).hex()}.part")
            try:
                _fill(part, content, take_over=take_over)
                _sync(part)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        _sync(path.parent)
        if path.parent not in self._durable:
            _sync(self._folder)
            _sync(self._folder.parent)
            self._durable.add(path.parent)
        return ref

    def _path(self, ref: BlobRef) -> Path:
        return self._folder / ref[:2] / ref


def _small(content: bytes) -> Staged:
    ref = BlobRef(hashlib.sha256(content).hexdigest())
    return Staged(ref, [{"ref": ref, "part": 0, "content": content}])


def _name_of(content: bytes | Path) -> BlobRef:
    if isinstance(content, bytes):
        return BlobRef(hashlib.sha256(content).hexdigest())
    with content.open("rb") as source:
        return BlobRef(hashlib.file_digest(source, "sha256").hexdigest())


def _fill(part: Path, content: bytes | Path, *, take_over: bool) -> None:
    """`part` has the content; a file that is ours now is linked where the file system can do that."""
    if isinstance(content, bytes):
        part.write_bytes(content)
        return
    if take_over:
        try:
            os.link(content, part)
            return
        except OSError:
            pass  # another file system, or one without links: copied
    shutil.copyfile(content, part)


def _sync(path: Path) -> None:
    """File or folder are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _inserting(ref: BlobRef, content: bytes | Path, *, durable: bool) -> Callable[[Connection], None]:
    """The work that writes the parts of large content to PostgreSQL, holding one of them at a time.

    What need not be durable by itself is so with the next transaction that is: the log is written in order.
    """

    def work(connection: Connection) -> None:
        if not durable:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        statement = insert_new(_blob, connection.dialect.name)
        for number, part in enumerate(_parts(content)):
            connection.execute(statement, {"ref": ref, "part": number, "content": part})

    return work


def _parts(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield from (content[at : at + _PART] for at in range(0, len(content), _PART))
        return
    with content.open("rb") as source:
        while part := source.read(_PART):
            yield part
