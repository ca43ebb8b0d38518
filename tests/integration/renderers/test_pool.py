"""The pool when things go wrong: documents that hang, crash or eat memory, and processes that are killed."""

import asyncio
import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from renderers import (
    ConverterCrashed,
    ConverterTimedOut,
    DocumentTooLarge,
    FaxPages,
    Limits,
    Profile,
    RenderPool,
    SourceDocument,
)
from renderers.native.build import WORKER
from tests.patience import PATIENCE
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = pytest.mark.needs("libreoffice")

FINE = Profile()
REPOSITORY = Path(__file__).parents[3]


def a_slow_document(folder: Path) -> SourceDocument:
    """HTML that keeps the layout busy for minutes."""
    path = folder / "slow"
    path.write_text("<html><body>" + "<table><tr><td>x" * 60 + "<p>words and words</p>" * 60_000)
    return SourceDocument("slow.html", path)


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return []


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def family_of(pid: int) -> list[int]:
    """The process and all its descendants."""
    return [pid] + [one for child in children_of(pid) for one in family_of(child)]


async def worker_of(pool: RenderPool) -> int:
    """The process id of the pool's only worker, once there is one."""
    async with asyncio.timeout(PATIENCE):
        while not (workers := workers_of(pool)):
            await asyncio.sleep(0)
    return workers[0]


def workers_of(pool: RenderPool) -> list[int]:
    """The pool's workers, but for those of PDFs, which cannot be told from the program that stays."""
    return [child for child in children_of(pool.pid) if _is_worker(child)]


def _is_worker(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return WORKER.name not in command_of(pid)
    return False


def ends_soon(pidfds: list[int]) -> bool:
    """Whether all these processes end."""
    for pidfd in pidfds:
        if not select.select([pidfd], [], [], PATIENCE)[0]:
            return False
        os.close(pidfd)
    return True


async def until_rendered(pool: RenderPool, document: SourceDocument, pages: Path) -> FaxPages:
    """The fax: a short limit also ends documents that a busy machine had no time for."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(ConverterTimedOut):
                return await pool.render([document], FINE, pages)


def forms_in_forms(path: Path) -> None:
    """A PDF of a few bytes that draws a line 10^11 times."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        form = pikepdf.Stream(pdf, b"0 0 m 9 9 l S")
        for _ in range(12):
            form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 595, 842]
            outer = pikepdf.Stream(pdf, b"/F Do " * 10)
            outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
            form = outer
        page.Contents, page.Resources = form, form.Resources
        pdf.save(path)


@pytest.fixture
def pages(tmp_path):
    return tmp_path / "fax.tif"


async def test_a_document_that_takes_too_long_is_ended_and_the_next_one_is_not(tmp_path, sample, pages):
    async with RenderPool(workers=1, limits=Limits(wall_seconds=1), office=False) as pool:
        with pytest.raises(ConverterTimedOut, match=r'"slow.html" took too long'):
            await pool.render([a_slow_document(tmp_path)], FINE, pages)

        assert not pages.exists()
        assert (await until_rendered(pool, sample("letter.pdf"), pages)).page_count == 1


async def test_a_document_that_uses_too_much_processor_time_is_ended(tmp_path, pages):
    async with RenderPool(workers=1, limits=Limits(cpu_seconds=1), office=False) as pool:
        with pytest.raises(ConverterTimedOut):
            await pool.render([a_slow_document(tmp_path)], FINE, pages)


@pytest.mark.parametrize("most", [200 << 20, 500 << 20], ids=["for its first page", "for its picture"])
async def test_a_document_that_needs_too_much_memory_is_told_so(most, tmp_path, pages):
    Image.new("1", (12_000, 12_000), 1).save(tmp_path / "large.tif")

    async with RenderPool(workers=1, limits=Limits(memory_bytes=most), office=False) as pool:
        with pytest.raises(DocumentTooLarge):
            await pool.render([SourceDocument("large.tif", tmp_path / "large.tif")], FINE, pages)


async def test_a_pdf_whose_drawing_fills_the_memory_is_called_too_large(tmp_path, pages):
    forms_in_forms(tmp_path / "forms.pdf")

    async with RenderPool(workers=1, limits=Limits(memory_bytes=600 << 20), office=False) as pool:
        with pytest.raises(DocumentTooLarge):
            await pool.render([SourceDocument("forms.pdf", tmp_path / "forms.pdf")], FINE, pages)


async def test_a_fax_that_fills_the_disk_is_an_error_and_leaves_nothing(tmp_path, sample, pages):
    async with RenderPool(workers=1, limits=Limits(file_bytes=4000), office=False) as pool:
        with pytest.raises(ConverterCrashed):
            await pool.render([sample("photo.jpg")], FINE, pages)

    assert list(tmp_path.iterdir()) == []


async def test_a_worker_that_crashes_takes_nothing_with_it(tmp_path, sample, pages):
    async with RenderPool(workers=1, office=False) as pool:
        slow = asyncio.create_task(pool.render([a_slow_document(tmp_path)], FINE, pages))
        os.kill(await worker_of(pool), signal.SIGSEGV)

        with pytest.raises(ConverterCrashed) as caught:
            await slow

        assert "SIGSEGV" in caught.value.detail
        assert (await pool.render([sample("letter.pdf")], FINE, pages)).page_count == 1


async def test_a_cancelled_render_is_ended(tmp_path, pages):
    async with RenderPool(workers=1, office=False) as pool:
        slow = asyncio.create_task(pool.render([a_slow_document(tmp_path)], FINE, pages))
        worker = os.pidfd_open(await worker_of(pool))

        slow.cancel()

        with pytest.raises(asyncio.CancelledError):
            await slow
        assert await asyncio.to_thread(ends_soon, [worker])


async def test_the_loop_goes_on_while_documents_are_rendered(tmp_path, sample):
    async with RenderPool(workers=2, office=False) as pool:
        jobs = [pool.render([sample("letter.pdf")], FINE, tmp_path / f"{n}.tif") for n in range(6)]

        pages = await asyncio.gather(*jobs)

    assert [one.page_count for one in pages] == [1] * 6


async def test_no_more_than_so_many_documents_are_rendered_at_once(tmp_path):
    async with RenderPool(workers=1, office=False) as pool:
        slow = a_slow_document(tmp_path)
        jobs = [asyncio.create_task(pool.render([slow], FINE, tmp_path / f"{n}.tif")) for n in "ab"]
        await worker_of(pool)

        assert len(workers_of(pool)) == 1
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)


async def test_a_killed_rendering_process_is_started_again(tmp_path, sample, pages):
    async with RenderPool(workers=1, office=False) as pool:
        slow = asyncio.create_task(pool.render([a_slow_document(tmp_path)], FINE, pages))
        worker = os.pidfd_open(await worker_of(pool))

        os.kill(pool.pid, signal.SIGKILL)

        with pytest.raises(ConverterCrashed):
            await slow
        assert await asyncio.to_thread(ends_soon, [worker])
        assert (await pool.render([sample("letter.pdf")], FINE, pages)).page_count == 1


OWNER = """
import asyncio, sys
from pathlib import Path
from renderers import Profile, RenderPool, SourceDocument

async def main():
    async with RenderPool(workers=1) as pool:
        await pool.render([SourceDocument("a", Path(sys.argv[1]))], Profile(), Path(sys.argv[2]))
        slow = SourceDocument("b", Path(sys.argv[3]))
        job = asyncio.create_task(pool.render([slow], Profile(), Path(sys.argv[2])))
        while "foreman" not in Path(f"/proc/{pool.pid}/cmdline").read_text() or job.done():
            await asyncio.sleep(0)
        print(pool.pid, flush=True)
        await job

asyncio.run(main())
"""


def test_nothing_is_left_running_when_the_owner_is_killed(tmp_path, sample, pages):
    slow = a_slow_document(tmp_path)
    (tmp_path / "tmp").mkdir()
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, sample("letter.odt").path, pages, slow.path],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path / "tmp")},
    )
    foreman = int(owner.stdout.readline())
    family = family_of(foreman)
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in family]
    pidfds = [os.pidfd_open(pid) for pid in family]

    owner.kill()

    assert "soffice.bin" in names
    assert len(family) >= 3
    assert ends_soon(pidfds)
    assert list((tmp_path / "tmp").iterdir()) == []
    owner.wait()
    owner.stdout.close()


def test_nothing_is_left_running_when_the_rendering_process_is_killed(tmp_path, sample, pages):
    slow = a_slow_document(tmp_path)
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, sample("letter.odt").path, pages, slow.path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)},
    )
    foreman = int(owner.stdout.readline())
    pidfds = [os.pidfd_open(pid) for pid in family_of(foreman)]

    os.kill(foreman, signal.SIGKILL)

    assert ends_soon(pidfds)
    owner.wait(PATIENCE)
    owner.stdout.close()


def test_a_rendering_process_whose_owner_is_gone_before_it_is_ready_ends_without_a_word(tmp_path):
    ours, theirs = socket.socketpair()
    ours.close()
    folder = tmp_path / "folder"
    folder.mkdir()
    options = {"limits": dataclasses.asdict(Limits()), "office": False, "prewarm": False}
    command = ["-m", "renderers.foreman", str(theirs.fileno()), str(folder), json.dumps(options)]

    ended = subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=REPOSITORY,
        pass_fds=[theirs.fileno()],
        capture_output=True,
        timeout=PATIENCE,
    )

    theirs.close()
    assert (ended.returncode, ended.stderr.decode()) == (0, "")
    assert not folder.exists()


def test_two_gateways_on_one_machine_do_not_meet(sample, tmp_path):
    async def one(name: str) -> int:
        async with RenderPool(workers=1) as pool:
            return (await pool.render([sample("letter.odt")], FINE, tmp_path / name)).page_count

    async def both() -> list[int]:
        return await asyncio.gather(one("a.tif"), one("b.tif"))

    assert asyncio.run(both()) == [1, 1]


async def test_nothing_remote_is_fetched_and_no_file_of_the_server_is_shown(tmp_path, pages):
    Image.new("L", (600, 600), 0).save(tmp_path / "secret.png")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        remote = f"http://127.0.0.1:{server.getsockname()[1]}/pixel.png"
        links = [remote, (tmp_path / "secret.png").as_uri()]
        body = "".join(f'<img src="{link}" width=300>' for link in links)
        (tmp_path / "body").write_text(
            f"<html><link rel=stylesheet href='{remote}'><body>{body}</body></html>"
        )
        odt = an_odt(tmp_path / "a.odt", links)

        async with RenderPool(workers=1) as pool:
            fax = await pool.render([SourceDocument("m", tmp_path / "body", "text/html"), odt], FINE, pages)

        with pytest.raises(BlockingIOError):
            server.accept()
    assert [black_dots(bits) < 5_000 for bits in bits_of(fax.path)] == [True, True]


def a_macro(mark: Path) -> str:
    """A macro that writes a file."""
    return f'Sub Main\nOpen "{mark}" For Output As #1\nPrint #1, "x"\nClose #1\nEnd Sub'


def trusting_office(folder: Path, document: Path, *how: str) -> None:
    """LibreOffice as its trusting user has it, with the document opened once: what would happen elsewhere."""
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Common/Security/Scripting">'
        '<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item></oor:items>'
    )
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--norestore", *how, document]
    environment = os.environ | {"HOME": str(folder)}
    subprocess.run(command, env=environment, check=False, timeout=100, capture_output=True, cwd=folder)


async def test_macros_never_run(tmp_path, pages):
    mark, elsewhere = tmp_path / "the macro ran", tmp_path / "it ran elsewhere"
    macro = a_macro(mark)
    and_ends = a_macro(elsewhere).replace("End Sub", "StarDesktop.terminate\nEnd Sub")
    trusting_office(tmp_path, an_odt(tmp_path / "b.odt", [], and_ends).path)

    async with RenderPool(workers=1) as pool:
        await pool.render([an_odt(tmp_path / "a.odt", [], macro)], FINE, pages)

    assert elsewhere.exists()
    assert not mark.exists()


_URN = "urn:oasis:names:tc:opendocument:xmlns"
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
_CONTENT = f"""<office:document-content xmlns:office="{_URN}:office:1.0" xmlns:text="{_URN}:text:1.0"
 xmlns:draw="{_URN}:drawing:1.0" xmlns:script="{_URN}:script:1.0" xmlns:svg="{_URN}:svg-compatible:1.0"
 xmlns:dom="http://www.w3.org/2001/xml-events" xmlns:ooo="http://openoffice.org/2004/office" {_XLINK}>
%s<office:body><office:text><text:p>Text %s</text:p></office:text></office:body></office:document-content>"""
_LISTENER = """<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script"
 script:event-name="dom:load" xlink:type="simple"
 xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/>
 </office:event-listeners></office:scripts>"""
_FRAME = """<draw:frame text:anchor-type="as-char" svg:width="8cm" svg:height="8cm">
<draw:image xlink:type="simple" xlink:href="%s"/></draw:frame>"""
_TEXT = "application/vnd.oasis.opendocument.text"
_ENTRY = '<manifest:file-entry manifest:full-path="%s" manifest:media-type="%s"/>'
_MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{_URN}:manifest:1.0">{_ENTRY % ("/", _TEXT)}%s</manifest:manifest>'
)
_LIBRARY = 'xmlns:library="http://openoffice.org/2000/library" library:name="Standard"'
_BASIC = {
    "Basic/script-lc.xml": f"<library:libraries {_LIBRARY}>"
    "<library:library library:name='Standard' library:link='false'/></library:libraries>",
    "Basic/Standard/script-lb.xml": f"<library:library {_LIBRARY}><library:element library:name='Module1'/>"
    "</library:library>",
    "Basic/Standard/Module1.xml": '<script:module xmlns:script="http://openoffice.org/2000/script" '
    'script:name="Module1" script:language="StarBasic">%s</script:module>',
}


def an_odt(path: Path, links: list[str], macro: str = "") -> SourceDocument:
    """A text document with linked pictures, and a Basic macro that shall run when it is opened."""
    frames = "".join(_FRAME % link for link in links)
    entries = {"content.xml": _CONTENT % (_LISTENER if macro else "", frames)}
    if macro:
        entries |= {name: content.replace("%s", macro) for name, content in _BASIC.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", _TEXT)
        archive.writestr(
            "META-INF/manifest.xml", _MANIFEST % "".join(_ENTRY % (name, "text/xml") for name in entries)
        )
        for name, content in entries.items():
            archive.writestr(name, content)
    return SourceDocument("a.odt", path)
