"""Web pages saved with all that belongs to them (.mht), as Word and browsers write them."""

import pytest

from gateway.rendering.attachments import documents_in
from gateway.rendering.locations import with_ids
from tests.unit.rendering.test_containers import a_mail_with

PICTURE = b"\x89PNG\r\n\x1a\n"


def a_part(kind: str, location: str, content: bytes, more: str = "") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Location: {location}\r\n{more}\r\n".encode() + content + b"\r\n"


def a_page(*parts: bytes) -> bytes:
    head = b'From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n'
    return head + b"".join(b"--x\r\n" + part for part in parts) + b"--x--\r\n"


def test_a_page_that_word_saved_shows_its_pictures_and_nothing_else_of_it_is_faxed():
    page = a_page(
        a_part("text/html", "file:///C:/1/offer.htm", b'<p>Dear<img src="offer_files/image001.png">'),
        a_part("image/png", "file:///C:/1/offer_files/image001.png", PICTURE),
        a_part("text/xml", "file:///C:/1/offer_files/filelist.xml", b"<xml/>"),
        a_part("application/x-mso", "file:///C:/1/offer_files/oledata.mso", b"\0"),
    )

    found = documents_in(page)

    (body,) = found.parts
    assert body.content == b'<p>Dear<img src="cid:located-2">'
    assert body.related == {"located-2": ("image/png", PICTURE)}
    assert found.notes == tuple(
        f"left out {kind}: it belongs to a web page, which does not show it"
        for kind in ("text/xml", "application/x-mso")
    )


@pytest.mark.parametrize("name", ["manual.doc", "table.xls"])
def test_a_web_page_that_calls_itself_an_office_document_is_shown_as_one(name):
    page = b"Date: Fri, 27 Nov 2026 10:00:00 +0100\r\nSubject: Exported\r\n" + a_page(
        a_part("text/html", "file:///C:/exported.html", b"<h1>Manual</h1><img src='a.png'>"),
        a_part("image/png", "a.png", PICTURE),
    )

    (body,) = documents_in(a_mail_with(page, name, media_type="application/msword")).parts

    assert body.content == b'<h1>Manual</h1><img src="cid:located-3">'
    assert [content for _, content in body.related.values()] == [PICTURE]


def test_a_text_that_only_looks_like_a_web_page_stays_a_text():
    page = a_page(a_part("text/html", "a.html", b"<h1>Manual</h1>"))

    (text,) = documents_in(a_mail_with(page, "log.txt", media_type="text/plain")).parts

    assert b"MIME-Version" in text.content


def test_a_page_that_a_browser_saved_has_its_style():
    page = a_page(
        a_part(
            "text/html", "https://example.com/a", b'<link rel="stylesheet" href="cid:css-1@mhtml.blink">Dear'
        ),
        a_part("text/css", "cid:css-1@mhtml.blink", b"p{}"),
    )

    (body,) = documents_in(page).parts

    assert body.content == b'<link rel="stylesheet" href="cid:located-2">Dear'
    assert list(body.related) == ["located-2"]


@pytest.mark.parametrize(
    "more", ["Content-Disposition: attachment\r\n", 'Content-Disposition: inline; filename="a"\r\n']
)
def test_what_somebody_attached_to_a_page_is_faxed(more):
    page = a_page(
        a_part("text/html", "file:///a.htm", b"<p>Dear"), a_part("application/pdf", "x", b"%PDF-1.4", more)
    )

    assert [part.media_type for part in documents_in(page).parts][1:] == ["application/pdf"]


def test_a_document_with_a_location_in_an_ordinary_mail_is_faxed():
    mail = a_page(
        b"Content-Type: text/html\r\n\r\n<p>Dear\r\n", a_part("application/pdf", "offer.pdf", b"%PDF-1.4")
    )

    assert [part.media_type for part in documents_in(mail).parts][1:] == ["application/pdf"]


@pytest.mark.parametrize(
    "page", ['<img src="http://[">', "<img src=''>", '<a href="other.htm">', 'src="a.png"']
)
def test_links_to_elsewhere_stay(page):
    assert with_ids(page, "file:///C:/a.htm", {"file:///C:/b.png": "1"}) == page
