"""Mails that are signed in one piece are faxed like others; encrypted ones are refused in words."""

from base64 import encodebytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rendering import smime
from gateway.rendering.attachments import documents_in
from gateway.rendering.contents import attachments_in, texts_in
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering import smime_files as files

PDF = b"%PDF-1.7 document"
ABOVE = "From: Ann <ann@example.com>\r\nSubject: Offer\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n"


def an_entity(text: str = "Dear all\n") -> bytes:
    """What a mail program signs: a text and a file, with their own fields."""
    mail = EmailMessage()
    mail.set_content(text)
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="offer.pdf")
    return mail.as_bytes()


def told(raw: bytes) -> list[tuple[str, bytes]]:
    return [(part.name, part.content) for part in documents_in(raw).parts]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda entity: files.mail(files.signed(entity), above=ABOVE),
        lambda entity: files.mail(files.signed_in_pieces(entity), above=ABOVE),
        lambda entity: files.mail(files.compressed(entity), "compressed-data", "smime.p7z", ABOVE),
        lambda entity: files.mail(files.signed(files.mail(files.signed(entity))), above=ABOVE),
        lambda entity: files.mail(files.compressed(files.mail(files.signed(entity))), above=ABOVE),
        lambda entity: files.mail(files.signed(entity), above=ABOVE).replace(b"/pkcs7", b"/x-pkcs7"),
        lambda entity: files.mail(files.signed(entity), above=ABOVE).replace(
            b"application/pkcs7-mime", b"application/octet-stream"
        ),
    ],
    ids=["DER", "BER", "compressed", "signed twice", "compressed and signed", "x-pkcs7", "octet-stream"],
)
def test_a_mail_that_is_signed_in_one_piece_is_its_text_and_its_attachments(wrapped):
    found = documents_in(wrapped(an_entity()))

    assert [(part.name, part.content) for part in found.parts] == [
        ("mail.txt", b"Dear all\n"),
        ("offer.pdf", PDF),
    ]
    assert (found.facts.subject, found.facts.sender_name) == ("Offer", "Ann")
    assert found.defects == ()


def test_a_signed_mail_that_was_forwarded_begins_with_who_wrote_it():
    inner = files.mail(files.signed(an_entity()), above=ABOVE)
    mail = b"Content-Type: message/rfc822\r\n\r\n" + inner

    assert told(mail)[0][1].startswith(b"From: Ann <ann@example.com>\nDate: Mon, 2 Nov 2026")


def test_a_document_that_was_signed_is_faxed_under_its_own_name():
    mail = EmailMessage()
    mail.set_content("see there\n")
    for name, content in (
        ("fattura.pdf.p7m", files.signed(PDF)),
        ("again.pdf.p7m", encodebytes(files.signed(PDF))),
        (
            "more.pdf.p7m",
            b"-----BEGIN PKCS7-----\n" + encodebytes(files.signed(PDF)) + b"-----END PKCS7-----\n",
        ),
    ):
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)

    assert told(mail.as_bytes())[1:] == [("fattura.pdf", PDF), ("again.pdf", PDF), ("more.pdf", PDF)]


@pytest.mark.parametrize("cms", [files.certificates_only(), files.signed_in_pieces(b"0", receipt=True)])
def test_certificates_and_receipts_are_left_out(cms: bytes):
    mail = EmailMessage()
    mail.set_content("Dear Ann\n")
    mail.add_attachment(cms, maintype="application", subtype="pkcs7-mime", filename="smime.p7c")

    assert told(mail.as_bytes()) == [("mail.txt", b"Dear Ann\n")]


def test_what_is_encrypted_is_refused_in_words():
    (part,) = documents_in(files.mail(files.encrypted(an_entity()), "enveloped-data", above=ABOVE)).parts

    assert part.fault.code == "document-protected"
    assert str(part.fault) == (
        "The mail is encrypted (S/MIME), and the fax server has no key to read it."
        " Send it again without encryption."
    )


def test_a_file_for_pgp_is_refused_in_words():
    mail = EmailMessage()
    mail.set_content("see there\n")
    for name in ("encrypted.asc", "offer.pdf.asc"):
        mail.add_attachment("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", filename=name)

    faults = [part.fault.sentence for part in documents_in(mail.as_bytes()).parts[1:]]

    assert faults == [
        "The mail is encrypted (PGP), and the fax server has no key to read it.",
        'The document "offer.pdf.asc" is encrypted (PGP), and the fax server has no key to read it.',
    ]


@pytest.mark.parametrize("content", [b"0", b"0\x80", b"0\x82\xff\xff", b"MIIB" * 9, files.signed(b"")[:9]])
def test_a_damaged_one_is_refused_in_words(content: bytes):
    (part,) = documents_in(files.mail(content, above=ABOVE)).parts

    assert part.fault.code == "document-damaged"


def test_outlook_keeps_a_signed_mail_as_it_came():
    entity = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + an_entity() + b"\r\n--b--\r\n"
    name = {0x3707: outlook.text16("smime.p7m"), 0x370E: outlook.text16("multipart/signed")}
    mail = EmailMessage()
    mail.add_attachment(
        outlook.msg({0x37: outlook.text16("Offer")}, (entity, name)),
        maintype="application",
        subtype="vnd.ms-outlook",
        filename="offer.msg",
    )

    assert told(mail.as_bytes()) == [("mail.txt", b"Subject: Offer\n\nDear all\n"), ("offer.pdf", PDF)]


def test_the_files_and_texts_in_a_signed_mail_are_found_also_when_its_end_is_missing():
    raw = files.mail(files.signed_in_pieces(an_entity("<NOCOVER>Dear all\n"), 100))

    assert [(file.name, file.content()) for file in attachments_in(raw)] == [("offer.pdf", PDF)]
    assert texts_in(raw[:600])[0].text == "<NOCOVER>Dear all\n"


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_one_is_read_as_far_as_it_goes_or_refused(data):
    good = data.draw(st.sampled_from([files.signed_in_pieces(an_entity()), files.compressed(an_entity())]))
    bad = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 8)) if bad else 0):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    try:
        smime.part_of(bytes(bad), "smime.p7m", [])
    except ValueError:
        pass  # "damaged", which its sender is told


@pytest.mark.parametrize(
    "pieces", [b"\x04\0" * 2_000_000, b"\x24\x80" * 2_000_000, b"\x24\x80\x04\x01a\0\0" * 500_000]
)
def test_a_hostile_one_is_given_up_after_so_many_elements(pieces: bytes):
    start = files.signed_in_pieces(b"")
    data = start[: start.index(b"\x24\x80") + 2] + pieces

    with pytest.raises(ValueError, match=r"too (many|deep)"):
        smime.part_of(data, "smime.p7m", [])


def test_a_compressed_bomb_is_refused():
    bomb = files.compressed(bytes(110_000_000))

    assert len(bomb) < 200_000
    with pytest.raises(ValueError, match="too large"):
        smime.part_of(bomb, "smime.p7z", [])
