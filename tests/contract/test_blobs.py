"""Content is kept by its hash, whatever its size and wherever it comes from."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from gateway.model.ids import BlobRef
from gateway.store import Store
from gateway.store.blobs import SMALL
from tests.contract.conftest import Site

SIZES = [0, 1, SMALL, SMALL + 1, 2 * 1024 * 1024 + 5]


@pytest.mark.parametrize("size", SIZES)
async def test_content_comes_back_by_its_hash(store: Store, size: int):
    content = os.urandom(size)

    ref = await store.blobs.put(content)

    assert ref == hashlib.sha256(content).hexdigest()
    assert await store.blobs.get(ref) == content


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_copied_and_stays(store: Store, tmp_path: Path, size: int):
    source = tmp_path / "pages.tif"
    source.write_bytes(os.urandom(size))

    ref = await store.blobs.put(source)

    content = await store.blobs.get(ref)
    assert source.read_bytes() == content
    source.write_bytes(b"something else")
    assert await store.blobs.get(ref) == content


@pytest.mark.parametrize("size", SIZES)
async def test_content_can_be_had_as_a_file(store: Store, other: Store, size: int):
    content = os.urandom(size)
    ref = await store.blobs.put(content)

    async with other.blobs.file(ref) as path:
        found = path.read_bytes()

    assert found == content


async def test_the_same_content_is_kept_once(store: Store, other: Store):
    content = os.urandom(SMALL + 1)

    refs = await asyncio.gather(*(s.blobs.put(content) for s in (store, other) for _ in range(5)))

    assert set(refs) == {hashlib.sha256(content).hexdigest()}
    assert await other.blobs.get(refs[0]) == content


async def test_what_is_not_there_is_a_key_error(store: Store):
    missing = BlobRef("00" * 32)

    with pytest.raises(KeyError):
        await store.blobs.get(missing)
    with pytest.raises(KeyError):
        async with store.blobs.file(missing):
            pass


async def test_no_half_written_file_is_left(site: Site, store: Store):
    await store.blobs.put(os.urandom(SMALL + 1))

    assert list(site.folder.rglob("*.part")) == []
