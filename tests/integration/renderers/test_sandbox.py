"""What documents can do to the machine that renders them: nothing."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from renderers import ConverterError, DocumentError, Limits, Profile, RenderPool, SourceDocument, landlock
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


@pytest.fixture
def listener():
    """A server that a document may try to reach."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield listening


def was_called(listening: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        listening.accept()[0].close()
        return True
    return False


def in_a_process(folder: Path, code: str) -> str:
    """What Python says in a process that sees the folder only."""
    confined = (
        "from pathlib import Path\nfrom renderers import landlock\n"
        f"assert landlock.restrict([], [Path({str(folder)!r})])\n{code}"
    )
    told = subprocess.run([sys.executable, "-c", confined], capture_output=True, text=True, check=False)
    return told.stdout + told.stderr.rpartition("\n  ")[2].splitlines()[-1] if told.stderr else told.stdout


@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")
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


async def test_html_shows_no_file_of_this_machine(pool, secret, tmp_path):
    page = tmp_path / "page"
    page.write_text(
        f"<html><img src='{secret.as_uri()}'><iframe src='file:///etc/passwd'></iframe>"
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


async def test_documents_call_nobody(pool, listener, tmp_path):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.dotm"
    page = tmp_path / "page"
    page.write_text(f"<html><img src='{url}'><link rel=stylesheet href='{url}'>Text")
    documents = [
        a_docx(tmp_path / "a.docx", url),
        an_odt(tmp_path / "a.odt", [url]),
        SourceDocument("a.html", page),
    ]

    fax = await pool.render(documents, FINE, tmp_path / "fax.tif")

    assert fax.page_count == 3
    assert not was_called(listener)


async def test_libreoffice_has_a_limit_of_memory_and_comes_back(sample, tmp_path):
    limits = Limits(office_memory_bytes=900 << 20)
    big = tmp_path / "big.csv"
    big.write_bytes(b"a;b;c;d;e;f;g;h\n" * 1_000_000)

    async with RenderPool(workers=1, limits=limits) as pool:
        with pytest.raises((ConverterError, DocumentError)):
            await pool.render([SourceDocument("big.csv", big, "text/csv")], FINE, tmp_path / "fax.tif")

        assert (await pool.render([sample("letter.odt")], FINE, tmp_path / "b.tif")).page_count == 1


def pdf_loop() -> bytes:
    """A PDF whose cross-reference tables and pages lead to themselves."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
        b"trailer<</Root 1 0 R/Size 3/Prev 109>>\nstartxref\n109\n%%EOF"
    )


def tall_tiff() -> bytes:
    """A fax that says it has 2^31 rows."""
    entries = [
        (256, 4, 1728),
        (257, 4, 2**31 - 1),
        (258, 3, 1),
        (259, 3, 4),
        (273, 4, 200),
        (278, 4, 2**31 - 1),
        (279, 4, 4),
    ]
    out = b"II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little")
    for tag, kind, value in entries:
        out += (
            tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + b"\1\0\0\0" + value.to_bytes(4, "little")
        )
    return out.ljust(204, b"\0")


@pytest.mark.parametrize(
    ("name", "content"),
    [("loop.pdf", pdf_loop()), ("tall.tif", tall_tiff()), ("deep.html", b"<html>" + b"<div>" * 3_000)],
)
async def test_a_bomb_ends_soon_in_words(pool, tmp_path, name, content):
    (tmp_path / "bomb").write_bytes(content)

    async with asyncio.timeout(60):
        with pytest.raises((DocumentError, ConverterError)) as caught:
            await pool.render([SourceDocument(name, tmp_path / "bomb")], FINE, tmp_path / "fax.tif")

    assert name in caught.value.sentence
    assert not (tmp_path / "fax.tif").exists()
