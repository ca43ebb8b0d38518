"""What is faxed of mails as programs really write them: Exchange, Apple Mail, PGP, and older ones."""

import pytest

from gateway.rendering.attachments import documents_in
from tests.unit.rendering.test_attachments import a_mail, names


@pytest.mark.parametrize("above", [b"", b"Received: x\r\n"])
def test_a_mark_before_the_first_field_hides_nothing(above: bytes):
    raw = above + b"\xef\xbb\xbfSubject: Offer\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n"

    found = documents_in(raw)

    assert found.facts.subject == "Offer"
    assert [part.name for part in found.parts] == ["mail.html"]


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"SGVsbG8g\r\nV29ybGQ=\r\n", b"Hello World"),
        (b"SGVsbG8gV29ybGQ", b"Hello World"),
        (b"SGVsbG8gVw==\r\nb3JsZA==\r\n", b"Hello World"),  # in pieces, each encoded by itself
        (b"SGVsbG8gV29ybGQ=\r\n\r\n-- \r\nScanned by the relay\r\n", b"Hello World"),
        (b"SGVsbG8gV29ybGQh\r\n\r\nDisclaimer: secret\r\n", b"Hello World!"),
        (b"\r\n\r\nSGVsbG8g\r\n\r\nV29ybGQ=", b"Hello World"),
        (b"SGVs bG8g,V29ybGQ=", b"Hello World"),
    ],
)
def test_base64_is_read_as_mail_programs_write_it(encoded: bytes, text: bytes):
    raw = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded

    assert [part.content for part in documents_in(raw).parts] == [text]


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("Content-Transfer-Encoding: base64;", b"SGVsbG8="),
        ('Content-Transfer-Encoding: "base64"', b"SGVsbG8="),
        ("Content-Transfer-Encoding: Base64 (MIME)", b"SGVsbG8="),
        ("Content-Transfer-Encoding: quoted-printable; x=y", b"He=6C=6C=6F"),
        ("Content-Transfer-Encoding: 8-bit", b"Hello"),
    ],
)
def test_fields_are_read_as_mail_programs_write_them(field: str, content: bytes):
    raw = f"Content-Type: application/pdf name=a.pdf\r\n{field}\r\n\r\n".encode() + content

    (part,) = documents_in(raw).parts

    assert (part.media_type, part.content) == ("application/pdf", b"Hello")


def test_what_apples_programs_put_beside_a_document_is_left_out():
    mail = b"""\
Content-Type: multipart/appledouble; boundary=a

--a
Content-Type: application/applefile; name=offer.pdf

x
--a
Content-Type: application/pdf; name=offer.pdf

%PDF
--a--
"""

    assert [(part.name, part.media_type) for part in documents_in(mail).parts] == [
        ("offer.pdf", "application/pdf")
    ]


@pytest.mark.parametrize(
    ("name", "content", "is_faxed"),
    [
        ("ATT00001.txt", "\r\n", False),
        ("ATT00002.htm", "<html><body><br></body></html>", False),
        ("ATT00001.txt", "Regards, Ann\r\n", True),
        ("notes.txt", "\r\n", True),
    ],
)
def test_the_empty_texts_that_exchange_makes_files_of_are_left_out(name, content, is_faxed):
    mail = a_mail("text")
    mail.add_attachment(content, subtype="html" if name.endswith("htm") else "plain", filename=name)

    assert names(mail) == ["mail.txt", *([name] if is_faxed else [])]


@pytest.mark.parametrize(
    ("part", "faxed"),
    [
        ("Content-Type: application/pdf; name=offer.pdf\n\n%PDF", ["mail.html", "offer.pdf"]),
        (
            "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nx",
            ["mail.html", "a.txt"],
        ),
        ("Content-Type: text/calendar; name=invite.ics\n\nBEGIN:VCALENDAR", ["mail.html"]),
        ("Content-Type: text/x-amp-html\n\n<p>", ["mail.html"]),
        ("Content-Type: application/pdf\n\n%PDF", ["mail.html"]),
    ],
)
def test_a_file_among_alternatives_is_none_of_them(part: str, faxed: list[str]):
    raw = f"""\
Content-Type: multipart/alternative; boundary=a

--a

text
--a
Content-Type: text/html

<p>html
--a
{part}
--a--
"""

    assert [part.name for part in documents_in(raw.encode()).parts] == faxed


def test_a_forwarded_mail_may_have_letters_in_its_header():
    raw = "Content-Type: message/global\n\nFrom: J\u00f6rg <j\u00f6rg@example.com>\n\nHello\n".encode()

    assert documents_in(raw).parts[0].content == "From: J\u00f6rg <j\u00f6rg@example.com>\n\nHello\n".encode()


def test_a_text_that_pgp_signed_where_it_stands_is_faxed_alone():
    signed = """\
Before
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Dear Ann,
- - one
- -----
-----BEGIN PGP SIGNATURE-----

iQEzBAEB
-----END PGP SIGNATURE-----
After
"""

    (body,) = documents_in(f"Content-Type: text/plain\n\n{signed}".encode()).parts

    assert body.content == b"Before\nDear Ann,\n- one\n-----\nAfter\n"
