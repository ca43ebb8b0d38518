import asyncio
from pathlib import Path

import pytest

from renderers import Profile, SourceDocument, render_now
from tests.e2e.harness import OURS
from tests.e2e.kills import TWO_PAGES
from tests.free_port import a_free_port

pytestmark = pytest.mark.slow


async def test_the_pages_of_a_fax_that_came_in_are_kept_when_the_line_is_killed(world, tmp_path):
    await world.start_gateway()
    pages = await two_pages(tmp_path)
    calling = await world.run(
        "fax-machine",
        *("--listen", f"127.0.0.1:{a_free_port()}", "--id", "+49 40 1"),
        *("--dial", f"sip:{OURS}@127.0.0.1:{world.sip}", str(pages)),
        output="calling.log",
    )

    await world.until(lambda: '"event": "page"' in (tmp_path / "calling.log").read_text())
    await world.kill("line")
    await world.until(lambda: len(world.answers()) == 1)

    (answer,) = world.answers()
    with world.database() as database:
        (fax,) = database.execute("SELECT state, called, page_count FROM received").fetchall()
    assert fax == ("partial", OURS, 1)
    assert (answer["Delivered-To"], answer["X-Fax-State"]) == ("reception@example.com", "partial")
    assert await calling.wait() != 0


async def two_pages(folder: Path) -> Path:
    """A fax of two pages."""
    (folder / "note.txt").write_text(TWO_PAGES)
    document = SourceDocument("note.txt", folder / "note.txt")
    await asyncio.to_thread(render_now, [document], Profile(), folder / "note.tif")
    return folder / "note.tif"
