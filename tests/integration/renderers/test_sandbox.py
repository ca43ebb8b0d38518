"""What documents can do to the machine that renders them: nothing."""

import contextlib
import socket
import socketserver
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
import weasyprint
from PIL import Image

from renderers import ConverterError, DocumentError, Limits, Profile, RenderPool, SourceDocument, seccomp
from tests.integration.renderers.office_life import the_libreoffice_of
from tests.integration.renderers.test_pool import an_odt, trusting_office
from tests.unit.renderers.pages import bits_of, black_dots

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.needs("libreoffice")]

FINE = Profile()
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@pytest.fixture
def secret(tmp_path):
    """A picture on this machine that is no business of any document: all black."""
    Image.new("L", (800, 800), 0).save(tmp_path / "secret.png")
    return tmp_path / "secret.png"


class Listener(socketserver.TCPServer):
    """A server that a document may try to reach; it counts, and hangs up."""

    calls = 0

    def verify_request(self, request, client_address):
        self.calls += 1
        return False

    @property
    def port(self) -> int:
        return self.server_address[1]

    def was_called(self) -> bool:
        """Whether anybody called since the last question."""
        with contextlib.suppress(ConnectionError), socket.create_connection(self.server_address) as own:
            own.recv(1)  # all who called before have been counted then
        others, self.calls = self.calls - 1, 0
        return others > 0


@pytest.fixture
def listener():
    with Listener(("127.0.0.1", 0), socketserver.BaseRequestHandler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def in_a_process(folder: Path, code: str) -> str:
    """What Python says in a process that sees the folder only."""
    confined = (
        "from pathlib import Path\nfrom renderers import landlock\n"
        f"assert landlock.restrict([], [Path({str(folder)!r})])\n{code}"
    )
    told = subprocess.run([sys.executable, "-c", confined], capture_output=True, text=True, check=False)
    return told.stdout + told.stderr.rpartition("\n  ")[2].splitlines()[-1] if told.stderr else told.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print(open('/etc/passwd').read())", "PermissionError"),
        ("print(Path('/root').exists() and list(Path('/root').iterdir()))", "PermissionError"),
        ("open('/tmp/faxgw-should-not-be-there', 'w')", "PermissionError"),
        ("import os; os.kill(os.getppid(), 0)", "PermissionError"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("Path(FOLDER, 'a').write_text('x'); print(Path(FOLDER, 'a').read_text())", "x"),
        ("import decimal; print(decimal.Decimal(1))", "1"),
    ],
)
async def test_a_confined_process_sees_its_folder_and_the_system_only(tmp_path, code, said):
    folder = tmp_path / "own"
    folder.mkdir()

    assert said in in_a_process(folder, code.replace("FOLDER", repr(str(folder))))


def calls(port: int, rule: str) -> str:
    """What a process says under a rule of seccomp alone that calls this port."""
    code = (
        f"import socket, subprocess\nfrom renderers import seccomp\n{rule}\n"
        "print(subprocess.run(['echo', 'started'], check=False))\n"
        f"socket.create_connection(('127.0.0.1', {port}))\nprint('connected')"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return told.stdout + told.stderr


async def test_without_namespace_and_landlock_seccomp_refuses_the_network(listener):
    port = listener.port

    freely = calls(port, "")
    assert "connected" in freely
    assert listener.was_called()

    refused = calls(port, "assert seccomp.forbid_network()")
    assert "started" in refused
    assert "PermissionError" in refused
    assert not listener.was_called()


async def test_a_process_without_the_right_to_programs_starts_none(listener):
    refused = calls(listener.port, "assert seccomp.forbid_programs()")

    assert "started" not in refused
    assert "PermissionError" in refused


async def test_libreoffice_may_have_threads_and_no_other_process():
    code = (
        "import subprocess, threading\n"
        "thread = threading.Thread(target=print, args=['thread'])\nthread.start()\nthread.join()\n"
        "print(subprocess.run(['echo', 'started'], check=False))"
    )
    program = [sys.executable, "-c", code]

    freely = subprocess.run(program, capture_output=True, text=True, check=True)
    alone = subprocess.run(
        [sys.executable, "-I", seccomp.__file__, *program], capture_output=True, text=True, check=False
    )

    assert "started" in freely.stdout
    assert alone.stdout == "thread\n"
    assert "PermissionError" in alone.stderr


async def test_every_process_of_the_pool_is_filtered(tmp_path):
    async with RenderPool(workers=1) as pool:
        office = await the_libreoffice_of(pool)

        for pid in (pool.pid, office):
            status = Path(f"/proc/{pid}/status").read_text()
            assert "Seccomp:\t2" in status
            assert "NoNewPrivs:\t1" in status
        assert filters_of(office) == filters_of(pool.pid) + 1  # it starts no process, the pool has to
        assert Path(f"/proc/{pool.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()


def filters_of(pid: int) -> int:
    """How many filters of system calls a process has (proc_pid_status(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("Seccomp_filters:")[2].split()[0])


async def test_html_shows_no_file_of_this_machine(pool, secret, tmp_path):
    page = tmp_path / "page"
    page.write_text(
        f"<html>.<img src='{secret.as_uri()}'><iframe src='file:///etc/passwd'></iframe>"
        f"<object data='{secret.as_uri()}'></object><link rel=attachment href='file:///etc/passwd'>"
        f"<div style='background:url({secret.as_uri()});height:20cm'></div>"
    )

    fax = await pool.render([SourceDocument("a.html", page)], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) < 2_000


async def test_a_drawing_shows_no_file_of_this_machine(pool, secret, tmp_path):
    drawing = tmp_path / "drawing"
    drawing.write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='500'>"
        f"<image xlink:href='{secret.as_uri()}' width='400' height='400'/>"
        f"<use xlink:href='{secret.as_uri()}#a'/></svg>"
    )

    fax = await pool.render([SourceDocument("a.svg", drawing)], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(fax.path)[0]) < 2_000


async def test_a_text_document_shows_no_file_of_this_machine_though_it_would_elsewhere(
    pool, secret, tmp_path
):
    document = an_odt(tmp_path / "a.odt", [secret.as_uri()])
    trusting_office(tmp_path, document.path, "--convert-to", "pdf")

    elsewhere = await pool.render([SourceDocument("a.pdf", tmp_path / "a.pdf")], FINE, tmp_path / "b.tif")
    fax = await pool.render([document], FINE, tmp_path / "fax.tif")

    assert black_dots(bits_of(elsewhere.path)[0]) > 100_000
    assert black_dots(bits_of(fax.path)[0]) < 20_000


def a_docx(path: Path, template: str) -> SourceDocument:
    """A Word document whose template and whose picture are elsewhere."""
    relation = f'<Relationship Id="r1" Type="{_REL}/%s" Target="{template}" TargetMode="External"/>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships">%s</Relationships>'
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    main = f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="word/document.xml"/>'
    settings = f'<Relationship Id="r2" Type="{_REL}/settings" Target="settings.xml"/>'
    entries = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.document.main+xml"/>'
        f'<Override PartName="/word/settings.xml" ContentType="{kind}.settings+xml"/></Types>',
        "_rels/.rels": relations % main,
        "word/document.xml": f"<w:document {w}><w:body><w:p/></w:body></w:document>",
        "word/_rels/document.xml.rels": relations % (settings + relation % "image"),
        "word/settings.xml": f'<w:settings {w} xmlns:r="{_REL}"><w:attachedTemplate r:id="r1"/></w:settings>',
        "word/_rels/settings.xml.rels": relations % (relation % "attachedTemplate"),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return SourceDocument("a.docx", path)


async def test_documents_that_call_somebody_elsewhere_call_nobody_here(pool, listener, tmp_path):
    url = f"http://127.0.0.1:{listener.port}/x.dotm"
    page = tmp_path / "page"
    page.write_text(f"<html><img src='{url}'><link rel=stylesheet href='{url}'>Text")
    drawing = tmp_path / "drawing"
    drawing.write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{url}' width='9' height='9'/></svg>"
    )
    documents = [
        a_docx(tmp_path / "a.docx", url),
        an_odt(tmp_path / "a.odt", [url]),
        SourceDocument("a.html", page),
        SourceDocument("a.svg", drawing),
    ]
    trusting_office(tmp_path, documents[1].path, "--convert-to", "pdf")
    assert listener.was_called()
    weasyprint.HTML(filename=page).render()
    assert listener.was_called()

    fax = await pool.render(documents, FINE, tmp_path / "fax.tif")

    assert fax.page_count == 4
    assert not listener.was_called()


async def test_libreoffice_has_a_limit_of_memory_and_comes_back(sample, tmp_path):
    limits = Limits(office_memory_bytes=900 << 20)
    big = tmp_path / "big.csv"
    big.write_bytes(b"a;b;c;d;e;f;g;h\n" * 1_000_000)

    async with RenderPool(workers=1, limits=limits) as pool:
        with pytest.raises((ConverterError, DocumentError)):
            await pool.render([SourceDocument("big.csv", big, "text/csv")], FINE, tmp_path / "fax.tif")

        assert (await pool.render([sample("letter.odt")], FINE, tmp_path / "b.tif")).page_count == 1
