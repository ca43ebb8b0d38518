"""LibreOffice when it hangs, dies or grows old: the document is told so, and the next one works."""

import asyncio
import os
import signal
from pathlib import Path

import openpyxl
import pytest

from renderers import ConverterTimedOut, Limits, Profile, RenderPool, SourceDocument
from tests.integration.renderers.office_life import LOADED_WHEN_WARM, libraries_of, the_libreoffice_of
from tests.integration.renderers.test_pool import children_of, command_of, ends_soon, until_rendered
from tests.patience import PATIENCE

pytestmark = pytest.mark.needs("libreoffice")

FINE = Profile()


@pytest.fixture
def pages(tmp_path):
    return tmp_path / "fax.tif"


async def test_a_libreoffice_that_hangs_is_ended_and_the_next_document_works(sample, pages):
    async with RenderPool(workers=1, limits=Limits(office_seconds=4)) as pool:
        await until_rendered(pool, sample("letter.odt"), pages)
        hanging = await the_libreoffice_of(pool)
        os.kill(hanging, signal.SIGSTOP)

        with pytest.raises(ConverterTimedOut) as caught:
            await pool.render([sample("report.docx")], FINE, pages)

        assert "report.docx" in caught.value.sentence
        assert await the_libreoffice_of(pool, other_than=hanging)
        assert (await until_rendered(pool, sample("report.docx"), pages)).page_count == 1


async def test_a_document_behind_one_that_hangs_has_its_own_time_when_its_turn_comes(sample, tmp_path):
    limits = Limits(wall_seconds=15, office_seconds=15)
    async with RenderPool(workers=2, limits=limits) as pool:
        await until_rendered(pool, sample("letter.odt"), tmp_path / "first.tif")
        os.kill(await the_libreoffice_of(pool), signal.SIGSTOP)

        hanging = asyncio.create_task(pool.render([sample("report.docx")], FINE, tmp_path / "a.tif"))
        await a_turn_has_begun(pool)
        behind = await pool.render([sample("report.docx")], FINE, tmp_path / "b.tif")

        assert behind.page_count == 1
        with pytest.raises(ConverterTimedOut, match="took too long"):
            await hanging


async def a_turn_has_begun(pool: RenderPool) -> None:
    """A worker does not wait any more."""
    async with asyncio.timeout(PATIENCE):
        while not any(len(note.read_text().split()) == 1 for note in notes_of(pool)):
            await asyncio.sleep(0.05)


def notes_of(pool: RenderPool) -> list[Path]:
    return list(pool._folder.glob("job-*/office-wait"))


async def test_a_document_whose_turn_never_comes_is_told_what_it_waited_for(sample, tmp_path):
    async with RenderPool(workers=2, limits=Limits(office_seconds=60, office_wait_seconds=1)) as pool:
        await until_rendered(pool, sample("letter.odt"), tmp_path / "first.tif")
        os.kill(await the_libreoffice_of(pool), signal.SIGSTOP)
        hanging = asyncio.create_task(pool.render([sample("report.docx")], FINE, tmp_path / "a.tif"))
        await a_turn_has_begun(pool)

        with pytest.raises(ConverterTimedOut) as told:
            await pool.render([sample("report.docx")], FINE, tmp_path / "b.tif")

        hanging.cancel()
        assert str(told.value) == (
            'The document "report.docx" waited too long for the converter, which was busy with others. '
            "Send it again later, or as a PDF."
        )


async def test_the_first_documents_find_everything_in_memory(sample, pages, tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    async with RenderPool(workers=1) as pool:
        assert await pool.office_is_warm(within=PATIENCE)
        office = await the_libreoffice_of(pool)
        loaded = libraries_of(office)

        for document in (sample("report.docx"), SourceDocument("a.xlsx", tmp_path / "a.xlsx")):
            await pool.render([document], FINE, pages)

        assert loaded >= LOADED_WHEN_WARM
        assert libraries_of(office) == loaded


async def test_an_old_libreoffice_goes_on_until_another_one_is_warm(sample, pages):
    async with RenderPool(workers=1, limits=Limits(office_documents=2)) as pool:
        await pool.office_is_warm(within=PATIENCE)
        old = await the_libreoffice_of(pool)
        ended = os.pidfd_open(old)

        for _ in range(3):  # the second makes it old, and the third does not wait
            assert (await pool.render([sample("report.docx")], FINE, pages)).page_count == 1
        assert await asyncio.to_thread(ends_soon, [ended])

        assert libraries_of(await the_libreoffice_of(pool, other_than=old)) >= LOADED_WHEN_WARM
        assert (await pool.render([sample("report.docx")], FINE, pages)).page_count == 1


async def test_a_libreoffice_that_ends_while_nobody_needs_it_costs_no_document(sample, pages):
    async with RenderPool(workers=1) as pool:
        await pool.office_is_warm(within=PATIENCE)
        first = await the_libreoffice_of(pool)

        os.kill(first, signal.SIGKILL)

        assert await the_libreoffice_of(pool, other_than=first)
        assert (await pool.render([sample("letter.odt")], FINE, pages)).page_count == 1


async def test_a_libreoffice_that_cannot_start_is_not_waited_for(sample, pages):
    async with RenderPool(workers=1, limits=Limits(office_memory_bytes=150 << 20)) as pool:
        assert not await pool.office_is_warm(within=600)

        assert (await pool.render([sample("letter.pdf")], FINE, pages)).page_count == 1


async def test_nobody_waits_for_a_libreoffice_that_is_not_wanted():
    async with RenderPool(workers=1, office=False) as pool:
        assert not await pool.office_is_warm(within=600)


async def test_a_killed_libreoffice_is_started_again(sample, pages):
    async with RenderPool(workers=1) as pool:
        await pool.render([sample("letter.odt")], FINE, pages)
        driver = next(pid for pid in children_of(pool.pid) if "office_driver" in command_of(pid))
        office = os.pidfd_open(children_of(driver)[0])

        os.kill(driver, signal.SIGKILL)

        assert await asyncio.to_thread(ends_soon, [office])
        assert (await pool.render([sample("letter.odt")], FINE, pages)).page_count == 1
