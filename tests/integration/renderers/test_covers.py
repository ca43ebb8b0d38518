"""Cover pages as they are faxed: through WeasyPrint and LibreOffice, in front of a document, read by OCR."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from gateway.config.schema import CoverSection
from gateway.rendering.covers.continuation import ContinuationMaker
from gateway.rendering.covers.fields import EXAMPLE
from gateway.rendering.covers.maker import CoverMaker
from gateway.rendering.covers.templates import Templates, fill
from renderers import Paper, Profile, Resolution
from tests.fakes.clock import FakeClock
from tests.integration.renderers.test_documents import words_on
from tests.stages import a_rendered_job, a_store
from tests.unit.renderers.pages import a_fax, bits_of, striped

pytestmark = pytest.mark.asyncio(loop_scope="session")
COVERS = Path(__file__).parents[3] / "samples" / "covers"
TEMPLATES = Templates(COVERS)


@pytest_asyncio.fixture(loop_scope="session")
async def store(tmp_path):
    async with a_store(tmp_path) as (store, _):
        yield store


@pytest.mark.parametrize(
    ("template", "language", "words"),
    [
        ("standard", "en", {"From", "Ann", "Smith", "+61299998888", "Confidential:", "Subject"}),
        ("standard", "de", {"TELEFAX", "Von", "Betreff", "Seiten", "4711-0815"}),
        ("letter", "fr", {"Jane", "Doe", "Objet", "Pages", "+61299998888"}),
    ],
)
async def test_every_word_of_a_cover_page_can_be_read(pool, tmp_path, template, language, words):
    found = TEMPLATES.find(template, language)
    document = fill(found, replace(EXAMPLE, language=language), tmp_path)

    fax = await pool.render([document], Profile(), tmp_path / "cover.tif")

    assert fax.page_count == 1
    assert words <= words_on(fax.path, tmp_path)


async def test_the_pages_behind_a_cover_page_are_not_touched(pool, store, tmp_path):
    body = a_fax(tmp_path / "body.tif", striped(every=7), striped(every=9), resolution=Resolution.STANDARD)
    job = await a_rendered_job(store, tmp_path)
    (tmp_path / "mail").write_bytes(b"Subject: Offer\r\nContent-Language: de\r\n\r\n")
    maker = CoverMaker(section=CoverSection(template="standard"), renderer=pool, clock=FakeClock())

    covered = await maker.put_before(body, job, tmp_path / "mail", tmp_path)

    assert covered.pages.resolutions == (Resolution.STANDARD,) * 3
    for found, wanted in zip(bits_of(covered.pages.path)[1:], bits_of(body), strict=True):
        assert np.array_equal(found, wanted)
    assert "cover page standard.html" in covered.note


async def test_the_rest_of_a_broken_fax_says_how_many_pages_follow(pool, store, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    pages = await store.blobs.put(a_fax(tmp_path / "three.tif", *[striped(every=n) for n in (5, 7, 9)]))
    maker = ContinuationMaker(
        section=CoverSection(), renderer=pool, blobs=store.blobs, clock=FakeClock(), scratch=tmp_path
    )

    ref, count = await maker(replace(job, pages=pages, page_count=3), 2)

    assert count == 4
    async with store.blobs.file(ref) as file:
        first, second, explained, rest = bits_of(file)
    assert [np.array_equal(page, striped(every=n)) for page, n in ((first, 5), (second, 7), (rest, 9))]
    words = words_on(a_fax(tmp_path / "explained.tif", explained), tmp_path)
    assert {"CONTINUED", "interrupted", "2", "1"} <= words


async def test_the_page_before_the_rest_of_a_fax_is_as_long_and_narrow_as_its_pages(pool, store, tmp_path):
    job = await a_rendered_job(store, tmp_path)
    pages = await store.blobs.put(a_fax(tmp_path / "two.tif", striped(every=5), striped(every=7)))
    maker = ContinuationMaker(
        section=CoverSection(),
        renderer=pool,
        blobs=store.blobs,
        clock=FakeClock(),
        scratch=tmp_path,
        profile=Profile(paper=Paper.LETTER, margin=20),
    )

    ref, _ = await maker(replace(job, pages=pages, page_count=2), 1)

    async with store.blobs.file(ref) as file:
        _, explained, _ = bits_of(file)
    assert len(explained) <= Paper.LETTER.rows(Resolution.FINE)
    dots = np.unpackbits(explained, axis=1)
    assert dots.any()
    assert not dots[:, :160].any()
