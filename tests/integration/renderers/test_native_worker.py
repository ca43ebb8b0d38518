"""PDFs and pictures made into faxes without Python: the same dots; what needs more is given back."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import weasyprint
from PIL import Image

from renderers import Limits, Profile, SourceDocument, rehearsal, seccomp
from renderers.native.build import HERE, WORKER
from renderers.native_worker import FOR_PYTHON, NativeWorker
from renderers.pipeline import render
from renderers.profile import Paper, Resolution
from renderers.work import document_to_wire, profile_to_wire
from tests.integration.renderers.test_pool import children_of, command_of
from tests.unit.renderers.pages import a_workshop

pytestmark = pytest.mark.needs("libreoffice")
SAMPLES = Path(__file__).parents[3] / "samples" / "documents"


@pytest.fixture
def worker(tmp_path):
    """The program, ready for jobs."""
    (tmp_path / "pool").mkdir()
    worker = NativeWorker(tmp_path / "pool", Limits())
    worker.start(rehearsal.a_pdf(tmp_path / "pool"))
    yield worker
    worker.stop()


def a_job(documents, out, profile):
    return {
        "verb": "render",
        "out": str(out),
        "documents": [document_to_wire(document) for document in documents],
        "profile": profile_to_wire(profile),
    }


def ended(worker, job, folder):
    """How the worker for this job ended."""
    folder.mkdir()
    _, status = os.waitpid(worker.fork(job, folder), 0)
    return os.waitstatus_to_exitcode(status)


def printed(folder, html, name="made.pdf"):
    weasyprint.HTML(string=html).write_pdf(folder / name)
    return SourceDocument(name, folder / name)


def a_pdf_with(folder, page=b"", catalog=b"", *objects):
    """A PDF of one page with these entries, and objects from number 4 on."""
    all_objects = (
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + page + b" >>",
        *objects,
    )
    body, places = b"%PDF-1.4\n", b""
    for number, one in enumerate(all_objects, 1):
        places += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    count = len(all_objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Root 1 0 R /Size %d >>\n" % (
        count,
        places,
        count,
    )
    (folder / "raw.pdf").write_bytes(body + table + b"startxref\n%d\n%%%%EOF\n" % len(body))
    return SourceDocument("raw.pdf", folder / "raw.pdf")


PAGES = """<style>@page { size: A4 } @page wide { size: A3 landscape } @page long { size: 210mm 500mm }
@page small { size: 90mm 50mm } .w { page: wide } .l { page: long } .s { page: small }
h1 { color: #999 } td { border: 0.3pt solid #bbb } .p { color: #c8c8c8 }</style>
<h1>Order 4711</h1><p>The pump in hall B is to be exchanged.</p><p class=p>Pale words</p>
<p style="background: #777; color: #222; font: 20pt serif">Dark text on a tint</p>
<table><tr><td>Pump<td>3<tr><td>Valve<td>12</table>
<h1 class=w>A wide page</h1><h1 class=l>A long page</h1><h1 class=s>A small one</h1>"""


@pytest.mark.parametrize(
    "profile",
    [
        Profile(),
        Profile(Resolution.STANDARD),
        Profile(Resolution.SUPERFINE, Paper.LETTER),
        Profile(paper=Paper.LEGAL, margin=12.0, description="kept in the file"),
    ],
)
def test_the_fax_is_the_one_that_python_makes(worker, sample, tmp_path, profile):
    documents = [sample("letter.pdf"), printed(tmp_path, PAGES), sample("invoice.pdf")]

    assert ended(worker, a_job(documents, tmp_path / "fax.tif", profile), tmp_path / "job") == 0

    pages = render(documents, tmp_path / "python.tif", a_workshop(tmp_path, profile))
    assert (tmp_path / "fax.tif").read_bytes() == (tmp_path / "python.tif").read_bytes()
    assert json.loads((tmp_path / "job" / "result.json").read_text())["result"] == {
        "rows": list(pages.rows),
        "resolutions": [profile.resolution.name] * pages.page_count,
        "widths": [1728] * pages.page_count,
        "dropped": 0,
    }


def a_photograph(folder):
    with Image.open(SAMPLES / "photo.jpg") as photo:
        photo.save(folder / "photo.pdf", resolution=150)
    return SourceDocument("photo.pdf", folder / "photo.pdf")


def pictures_in_a_form(folder):
    box = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Matrix [0.9 0 0 0.9 20 30]"
    shown = b"q 200 0 0 200 0 0 cm /I Do Q q 0 150 -200 0 350 300 cm /I Do Q"
    dots = bytes(range(256))
    return a_pdf_with(
        folder,
        b"/Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >>",
        b"",
        b"<< /Length 5 >>\nstream\n/F Do\nendstream",
        b"<< %s /Resources << /XObject << /I 6 0 R >> >> /Length %d >>\nstream\n%s\nendstream"
        % (box, len(shown), shown),
        b"<< /Type /XObject /Subtype /Image /Width 16 /Height 16 /BitsPerComponent 8 /ColorSpace /DeviceGray "
        b"/Length 256 >>\nstream\n%s\nendstream" % dots,
    )


def a_picture_that_is_lost(folder):
    return a_pdf_with(
        folder,
        b"/Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >>",
        b"",
        b"<< /Length 29 >>\nstream\n q 200 0 0 200 50 500 cm /I Do\nendstream",
        b"<< /Type /XObject /Subtype /Image /Width 400 /Height 400 /Filter /JPXDecode /Length 9 >>\n"
        b"stream\nno JPEG 2\nendstream",
    )


def words_about_a_logo(folder):
    logo = (SAMPLES / "logo.png").as_uri()
    return printed(folder, f"<img src='{logo}' width=300><h1>Order 4711</h1><p>as agreed", "logo.pdf")


def words_on_a_photograph(folder):
    photo = (SAMPLES / "photo.jpg").as_uri()
    below = f"<img src='{photo}' style='position: fixed; z-index: -1; top: 0; left: 0; width: 100%'>"
    return printed(folder, f"{below}<h1 style='color: white'>Order 4711</h1><p>as agreed", "flyer.pdf")


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize("name", ["photo.jpg", "logo.png"])
def test_pictures_are_the_pages_that_python_makes(worker, sample, tmp_path, name, resolution):
    documents, profile = [sample(name), sample("letter.pdf")], Profile(resolution, margin=10.0)

    assert ended(worker, a_job(documents, tmp_path / "fax.tif", profile), tmp_path / "job") == 0

    render(documents, tmp_path / "python.tif", a_workshop(tmp_path, profile))
    assert (tmp_path / "fax.tif").read_bytes() == (tmp_path / "python.tif").read_bytes()


@pytest.mark.parametrize("resolution", Resolution)
@pytest.mark.parametrize(
    "made", [a_photograph, pictures_in_a_form, words_about_a_logo, words_on_a_photograph]
)
def test_pages_with_pictures_are_the_ones_that_python_makes(worker, sample, tmp_path, made, resolution):
    documents, profile = [sample("scan.pdf"), made(tmp_path)], Profile(resolution)

    assert ended(worker, a_job(documents, tmp_path / "fax.tif", profile), tmp_path / "job") == 0

    render(documents, tmp_path / "python.tif", a_workshop(tmp_path, profile))
    assert (tmp_path / "fax.tif").read_bytes() == (tmp_path / "python.tif").read_bytes()


@pytest.mark.parametrize(("points", "resolution"), [(8, "FINE"), (14, "STANDARD")])
def test_the_resolution_by_content_is_the_one_that_python_finds(worker, sample, tmp_path, points, resolution):
    text = "<p>The pump in hall B is to be exchanged as soon as possible, by order of the board.</p>" * 20
    document = printed(tmp_path, f"<body style='font: {points}pt serif'><h1>Order 4711</h1>{text}")
    profile = Profile(by_content=True, margin=6.0)

    assert ended(worker, a_job([document], tmp_path / "fax.tif", profile), tmp_path / "job") == 0

    pages = render([document], tmp_path / "python.tif", a_workshop(tmp_path, profile))
    assert (tmp_path / "fax.tif").read_bytes() == (tmp_path / "python.tif").read_bytes()
    assert {one.name for one in pages.resolutions} == {resolution}
    found = json.loads((tmp_path / "job" / "result.json").read_text())["result"]
    assert set(found["resolutions"]) == {resolution}


def test_blank_pages_are_left_out_where_that_is_wanted(worker, tmp_path):
    document = printed(tmp_path, "<p>one<p style='break-before:page'><p style='break-before:page'>three")
    job = a_job([document], tmp_path / "fax.tif", Profile(drop_blank=True))

    assert ended(worker, job, tmp_path / "job") == 0

    result = json.loads((tmp_path / "job" / "result.json").read_text())["result"]
    assert (len(result["rows"]), result["dropped"]) == (2, 1)


def a_picture_in_inks(folder):
    Image.new("CMYK", (300, 300), (0, 0, 0, 200)).save(folder / "inks.jpg")
    return SourceDocument("inks.jpg", folder / "inks.jpg")


def half_a_picture(folder):
    whole = (SAMPLES / "logo.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    return SourceDocument("half.png", folder / "half.png")


GIVEN_BACK = {
    "a mark": lambda folder: a_pdf_with(
        folder, b"/Annots [<< /Type /Annot /Subtype /Square /Rect [50 50 200 200] /C [0 0 0] >>]"
    ),
    "a form to fill in": lambda folder: a_pdf_with(folder, b"", b"/AcroForm << /Fields [] >>"),
    "too many pages": lambda folder: printed(folder, "<p style='break-after: page'>x" * 11),
    "a picture in inks": a_picture_in_inks,
    "half a picture": half_a_picture,
    "a picture that is lost": a_picture_that_is_lost,
    "no pages": lambda folder: a_pdf_with(folder, b"", b"/Pages null"),
}


@pytest.mark.parametrize("what", GIVEN_BACK)
def test_what_asks_for_more_is_for_python(worker, tmp_path, what):
    job = a_job([GIVEN_BACK[what](tmp_path)], tmp_path / "fax.tif", Profile(page_limit=10))

    assert ended(worker, job, tmp_path / "job") == FOR_PYTHON

    assert not list(tmp_path.glob("fax*"))


@pytest.mark.parametrize("name", ["encrypted.pdf", "broken.pdf", "notes.txt", "missing.pdf"])
def test_what_cannot_be_drawn_is_for_python(worker, sample, tmp_path, name):
    job = a_job([sample("letter.pdf"), sample(name)], tmp_path / "fax.tif", Profile())

    assert ended(worker, job, tmp_path / "job") == FOR_PYTHON
    assert not list(tmp_path.glob("fax*"))


def test_a_link_shows_nothing_and_is_no_reason_to_give_back(worker, tmp_path):
    document = printed(tmp_path, "<a href='https://example.com/'>See there</a>")

    assert ended(worker, a_job([document], tmp_path / "fax.tif", Profile()), tmp_path / "job") == 0


def test_a_fax_that_cannot_be_written_is_for_python(sample, tmp_path):
    worker = NativeWorker(tmp_path, Limits(file_bytes=2000))
    worker.start(rehearsal.a_pdf(tmp_path))

    job = a_job([sample("letter.pdf")], tmp_path / "fax.tif", Profile())
    assert ended(worker, job, tmp_path / "job") == FOR_PYTHON

    worker.stop()
    assert not list(tmp_path.glob("fax*"))


def test_only_renderings_of_pdfs_and_usual_pictures_are_for_it(worker, sample, tmp_path):
    letter, notes, out = sample("letter.pdf"), sample("notes.txt"), tmp_path / "fax.tif"

    assert worker.takes(a_job([letter, letter], out, Profile()))
    assert worker.takes(a_job([sample("photo.jpg"), letter, sample("logo.png")], out, Profile()))
    assert not worker.takes(a_job([letter, notes], out, Profile()))
    assert not worker.takes(a_job([sample("missing.pdf")], out, Profile()))
    assert not worker.takes(a_job([], out, Profile()))
    assert worker.takes(a_job([letter], out, Profile(by_content=True)))
    assert not worker.takes({"verb": "stamp", "out": str(out), "tiff": str(out), "lines": []})


def test_without_its_program_there_is_no_worker(sample, tmp_path):
    worker = NativeWorker(tmp_path, Limits(), tmp_path / "missing")

    worker.start(rehearsal.a_pdf(tmp_path))

    job = a_job([sample("letter.pdf")], tmp_path / "fax.tif", Profile())
    assert not worker.takes(job)
    assert worker.fork(job, tmp_path) == 0


def programs_of(pool):
    """The program, while no worker of it runs."""
    return [child for child in children_of(pool.pid) if WORKER.name in command_of(child)]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_program_is_started_anew_when_it_was_killed(pool, sample, tmp_path):
    (program,) = programs_of(pool)
    assert "Seccomp:\t2" in Path(f"/proc/{program}/status").read_text()  # no network, for its workers neither
    before = (await pool.render([sample("letter.pdf")], Profile(), tmp_path / "before.tif")).rows
    os.kill(program, signal.SIGKILL)

    after = await pool.render([sample("letter.pdf")], Profile(), tmp_path / "after.tif")

    assert after.rows == before
    assert len(programs_of(pool)) == 1
    assert programs_of(pool) != [program]
    assert (tmp_path / "after.tif").read_bytes() == (tmp_path / "before.tif").read_bytes()


def test_a_confined_process_sees_its_files_only_and_starts_nothing(tmp_path):
    driver, source = tmp_path / "confined", Path(__file__).with_name("confined.c")
    subprocess.run(
        ["cc", "-std=gnu11", "-Wall", "-Werror", "-I", HERE, "-o", driver, HERE / "confine.c", source],
        check=True,
    )
    for folder in ("job", "outbox"):
        (tmp_path / folder).mkdir()
    for file in ("read me", "secret"):
        (tmp_path / file).write_text("x")
    (tmp_path / "filter").write_bytes(seccomp.prepare())

    subprocess.run(
        [driver, *(tmp_path / name for name in ("filter", "job", "outbox", "read me")), "/usr"], check=True
    )

    assert (tmp_path / "job" / "stderr").read_text().splitlines() == [
        "read read me: yes",
        "write job: yes",
        "write outbox: yes",
        "read system: yes",
        "write read me: no",
        "read secret: no",
        "read /etc/passwd: no",
        "write system: no",
        "fork: no",
        "program: no",
        "file of 2000 bytes: no",
        "processor seconds: 7",
    ]
