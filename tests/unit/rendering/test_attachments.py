"""What is faxed of a mail."""

import time
import tracemalloc
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rendering.attachments import documents_in, safe_name
from gateway.rendering.mail_documents import DocumentPart, MessageFacts

PNG = b"\x89PNG\r\n\x1a\n picture"
PDF = b"%PDF-1.7 document"


def a_mail(text: str = "", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "Offer"
    mail["From"] = "Anna Example <anna@example.com>"
    mail["To"] = "+49301234567@fax.example.com"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def names(mail: EmailMessage | bytes) -> list[str]:
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    return [part.name for part in documents_in(raw).parts]


def test_a_text_mail_is_one_document():
    found = documents_in(a_mail("Dear Ms Müller\n").as_bytes())

    assert found.parts == (
        DocumentPart("mail.txt", "Dear Ms Müller\n".encode(), "text/plain; charset=utf-8"),
    )
    assert found.defects == ()


def test_of_text_and_html_the_html_is_faxed():
    assert names(a_mail("text", "<p>html</p>")) == ["mail.html"]


@pytest.mark.parametrize("html", ["<html><head><title>x</title></head><body> &nbsp;</body></html>", "<br>"])
def test_html_that_shows_nothing_gives_way_to_the_text(html):
    assert names(a_mail("text", html)) == ["mail.txt"]


def test_html_that_is_only_a_picture_shows_something():
    assert names(a_mail("text", '<img src="cid:x">')) == ["mail.html"]


def test_an_empty_body_is_no_document():
    mail = a_mail("\n \n")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="offer.pdf")

    assert names(mail) == ["offer.pdf"]


def test_an_empty_attachment_stays_so_that_its_sender_hears_of_it():
    mail = a_mail("text")
    mail.add_attachment(b"", maintype="application", subtype="pdf", filename="offer.pdf")

    assert documents_in(mail.as_bytes()).parts[1] == DocumentPart("offer.pdf", b"", "application/pdf")


def test_attachments_follow_the_body_in_order():
    mail = a_mail("text")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="b.pdf")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="a.png")

    assert names(mail) == ["mail.txt", "b.pdf", "a.png"]


def test_a_picture_the_html_shows_goes_with_the_html():
    mail = a_mail("text", '<p><img src="cid:logo@example.com">')
    mail.get_payload()[1].add_related(PNG, maintype="image", subtype="png", cid="<logo@example.com>")

    (body,) = documents_in(mail.as_bytes()).parts

    assert body.related == {"logo@example.com": ("image/png", PNG)}


def test_a_picture_beside_the_html_goes_with_it_too():
    mail = a_mail("text", '<p><IMG SRC="CID:logo%40example.com">')
    mail.add_attachment(PNG, maintype="image", subtype="png", cid="<logo@example.com>", disposition="inline")

    (body,) = documents_in(mail.as_bytes()).parts

    assert list(body.related) == ["logo@example.com"]


def test_a_picture_the_html_does_not_show_is_an_attachment():
    mail = a_mail("text", "<p>html")
    mail.get_payload()[1].add_related(
        PNG, maintype="image", subtype="png", cid="<logo@example.com>", filename="plan.png"
    )

    assert names(mail) == ["mail.html", "plan.png"]


def test_signatures_are_left_out():
    mail = a_mail("text")
    mail.add_attachment(b"x", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")

    assert names(mail) == ["mail.txt"]


def test_an_invitation_beside_the_text_is_left_out():
    mail = a_mail("text", "<p>html")
    mail.add_alternative(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar")

    assert names(mail) == ["mail.html"]


def test_calendar_entries_and_cards_that_someone_attached_are_faxed():
    mail = a_mail("text")
    mail.add_attachment(b"x", maintype="text", subtype="calendar", filename="invite.ics")
    mail.add_attachment(b"x", maintype="text", subtype="vcard", filename="anna.vcf")

    assert names(mail) == ["mail.txt", "invite.ics", "anna.vcf"]


def test_a_forwarded_mail_is_its_body_and_attachments():
    inner = a_mail("inner text")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="inner.pdf")
    mail = a_mail("outer text")
    mail.add_attachment(inner)

    assert [part.content for part in documents_in(mail.as_bytes()).parts] == [
        b"outer text\n",
        b"From: Anna Example <anna@example.com>\nTo: +49301234567@fax.example.com\nSubject: Offer\n\n"
        b"inner text\n",
        PDF,
    ]


def test_a_forwarded_html_mail_says_above_its_text_who_wrote_it():
    inner = a_mail("plain text")
    inner.replace_header("Subject", "Prices & <terms>")
    inner.add_alternative("<html><body class=a><p>inner text</p></body></html>", subtype="html")
    mail = a_mail("outer text")
    mail.add_attachment(inner)

    _, html = (part.content.decode() for part in documents_in(mail.as_bytes()).parts)

    assert html.startswith("<html><body class=a><p>From: Anna Example &lt;anna@example.com&gt;<br>")
    assert "Subject: Prices &amp; &lt;terms&gt;</p><hr><p>inner text" in html


def test_text_between_attachments_is_text_of_the_mail():
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\none\r\n--b\r\n'
        b'Content-Type: application/pdf; name="x.pdf"\r\n\r\n%PDF\r\n--b\r\n\r\ntwo\r\n--b--\r\n'
    )

    assert [(part.name, part.content) for part in documents_in(raw).parts] == [
        ("mail.txt", b"one\n\ntwo\n"),
        ("x.pdf", b"%PDF"),
    ]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"attachment; filename*=utf-8''%C3%9Cbersicht%20%E2%82%AC.pdf", "Übersicht €.pdf"),
        (b"attachment; filename*0*=utf-8''%C3%9C; filename*1=ber.pdf", "Über.pdf"),
        (b'attachment; filename="=?utf-8?Q?=C3=9Cber.pdf?="', "Über.pdf"),
        (b'attachment; filename="=?iso-8859-1?B?3GJlci5wZGY=?="', "Über.pdf"),
        ('attachment; filename="Über.pdf"'.encode(), "Über.pdf"),
        (b'attachment; filename="C:\\\\temp\\\\..\\\\offer.pdf"', "offer.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b"attachment; filename*=nonsense''%FF.pdf", "attachment-1.pdf"),
        (b"attachment", "attachment-1.pdf"),
    ],
)
def test_names_are_decoded_and_safe(header, name):
    raw = b"Content-Type: application/pdf\r\nContent-Disposition: " + header + b"\r\n\r\n%PDF"

    assert names(raw) == [name]


@given(st.text())
def test_a_safe_name_is_safe(text):
    name = safe_name(text)

    assert "/" not in name
    assert "\\" not in name
    assert len(name) <= 120
    assert name not in {".", ".."}
    assert all(ord(c) >= 32 for c in name)
    name.encode()


def test_a_long_name_keeps_its_ending():
    assert safe_name("x" * 300 + ".pdf").endswith("x.pdf")


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("iso-8859-1", b"M\xfcller"),
        ("utf-8", b"M\xfcller"),
        ("no-such", b"M\xc3\xbcller"),
        ("", b"M\xfcller"),
    ],
)
def test_text_is_read_in_its_charset_or_the_likeliest(charset, content):
    raw = b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + content

    assert documents_in(raw).parts[0].content == "Müller".encode()


def test_the_facts_of_a_mail():
    raw = (
        b"Subject: =?utf-8?Q?Angebot_f=C3=BCr?=\r\n =?utf-8?Q?_Sie?=\r\n"
        b"From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.com>\r\nDate: Mon, 02 Mar 2026 10:30:00 +0100\r\n\r\nx"
    )

    assert documents_in(raw).facts == MessageFacts(
        "Angebot für Sie", "Jörg", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    )


def test_a_file_is_read(tmp_path):
    (tmp_path / "mail.eml").write_bytes(a_mail("text").as_bytes())

    assert len(documents_in(tmp_path / "mail.eml").parts) == 1


def test_a_truncated_mail_gives_what_arrived():
    mail = a_mail("text")
    mail.add_attachment(PDF * 100, maintype="application", subtype="pdf", filename="offer.pdf")
    raw = mail.as_bytes()

    found = documents_in(raw[: len(raw) - 300])

    assert [part.name for part in found.parts] == ["mail.txt", "offer.pdf"]
    assert found.parts[1].content.startswith(PDF)
    assert "a multipart does not end" in found.defects


def test_a_multipart_without_a_boundary_is_text():
    found = documents_in(b"Content-Type: multipart/mixed\r\n\r\nHello")

    assert [part.content for part in found.parts] == [b"Hello"]
    assert found.defects == ("a multipart has no boundary",)


def test_uuencoded_parts_are_decoded():
    raw = (
        b'Content-Type: application/pdf; name="x.pdf"\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n'
        b"begin 644 x.pdf\r\n$)5!$1@  \r\n`\r\nend\r\n"
    )

    assert documents_in(raw).parts[0].content == b"%PDF"


def a_nest(depth: int) -> bytes:
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(depth)
    )


@pytest.mark.parametrize(
    "raw",
    [
        a_nest(1000) + b"\r\ntext",
        b"Content-Type: message/rfc822\r\n\r\n" * 1000,
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 100_000,
        b"X-Header: 1\r\n" * 100_000 + b"\r\nx",
        b"Subject: " + b"=?utf-8?Q?x?= " * 50_000 + b"\r\n\r\nx",
        b"Content-Type: text/plain; " + b'a="b"; ' * 50_000 + b"\r\n\r\nx",
        b"Content-Type: text/html\r\n\r\n" + b"<" * 150_000,
        b"Content-Type: text/html\r\n\r\n" + b"<style " * 50_000,
        b"From: " + b"(" * 100_000 + b"\r\n\r\nx",
        b"From: " + b'"' * 100_001 + b"\r\n\r\nx",
        a_nest(30) + b"x\r\n" * 1_000_000,
    ],
    ids=[
        "nest",
        "messages",
        "parts",
        "headers",
        "words",
        "parameters",
        "angles",
        "styles",
        "comments",
        "quotes",
        "large nest",
    ],
)
def test_a_hostile_mail_costs_bounded_time_and_memory(raw):
    began = time.process_time()
    tracemalloc.start()

    documents_in(raw)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 3
    assert peak < 50_000_000 + 8 * len(raw)


SNIPPETS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/alternative; boundary=c\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"--c\r\n",
        b"--c--\n",
        b"\r\n",
        b"\n",
        b"Content-Type: text/html\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"QUJD\r\n",
        b"=?utf-8?B?//?=",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"begin 644 x\n",
        b"Content-ID: <x>\r\n",
        b"cid:x ",
        b"<img ",
        b"Content-Disposition: attachment; filename*0*=utf-8''%FF; filename*1=x\r\n",
        b"Date: x\r\n",
        b"Subject: ",
        b"From: =?x?Q?",
        b"\x00",
        b"\xff\xfe",
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b'Content-Type: multipart/signed; boundary="b"\r\n',
        b"Content-Type: text/plain; charset=hex\r\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(SNIPPETS | st.binary(max_size=8)).map(b"".join)))
def test_no_mail_raises(raw):
    found = documents_in(raw)

    assert all(part.name for part in found.parts)
    found.facts.subject.encode()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        # Not what begins as a container does: what is in it would be faxed in its place.
        st.tuples(
            st.sampled_from(["base64", "quoted-printable"]), st.binary(max_size=200).map(b"%PDF".__add__)
        ),
        max_size=5,
    )
)
def test_what_the_standard_library_wrote_is_read_back(attachments):
    mail = a_mail("text")
    for number, (encoding, content) in enumerate(attachments):
        mail.add_attachment(
            content, maintype="application", subtype="pdf", filename=f"{number}.pdf", cte=encoding
        )

    found = documents_in(mail.as_bytes())

    assert [part.content for part in found.parts[1:]] == [content for _, content in attachments]
    assert found.defects == ()


SAMPLES = Path(__file__).parents[3] / "samples" / "mails"


@pytest.mark.parametrize(
    ("sample", "documents"),
    [
        ("01-letter-text", ["mail.txt"]),
        ("02-html-with-image", ["mail.html"]),
        ("03-pdf-and-docx", ["mail.txt", "invoice.pdf", "Report pump 7 – March.docx"]),
        ("04-busy-number", ["mail.html"]),
        ("05-wrong-address", ["mail.txt"]),
    ],
)
def test_the_samples_are_taken_apart(sample, documents):
    found = documents_in(SAMPLES / f"{sample}.eml")

    assert [part.name for part in found.parts] == documents
    assert found.defects == ()
    assert found.facts.subject
    assert found.facts.date


def test_the_logo_of_a_sample_goes_with_its_html():
    (body,) = documents_in(SAMPLES / "02-html-with-image.eml").parts

    assert [(kind, content[:4]) for kind, content in body.related.values()] == [("image/png", b"\x89PNG")]


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        ("text/calendar; method=REQUEST", ""),
        ("text/vcard", ""),
        ("text/calendar", "--x\r\nContent-Type: text/plain\r\n\r\n\r\n"),
    ],
)
def test_a_calendar_entry_that_is_all_there_is_gets_its_page(kind, before):
    head = 'From: a@b.example\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n'
    mail = f"{head}{before}--x\r\nContent-Type: {kind}\r\n\r\nBEGIN:VCALENDAR\r\n--x--\r\n"

    found = documents_in(mail.encode())

    assert [part.content for part in found.parts] == [b"BEGIN:VCALENDAR"]
    assert "it says what the text says" not in " ".join(found.notes)
