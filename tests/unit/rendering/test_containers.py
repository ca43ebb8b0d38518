"""Mails and archives that are attachments: what is in them is faxed like everything else."""

import io
import struct
import time
import tracemalloc
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config.schema import RenderingSection
from gateway.rendering import msg, rtf, tnef
from gateway.rendering.attachments import documents_in
from gateway.rendering.mail_documents import MailDocuments
from renderers import compound_file
from tests.unit.rendering import outlook_files as outlook

PDF = b"%PDF-1.7 document"
RTF = rb"{\rtf1\ansi Dear Ms M\'fcller}"
HTML_ID, RTF_ID, TEXT_ID, SUBJECT_ID, NAME_ID, CID_ID = 0x1013, 0x1009, 0x1000, 0x37, 0x3707, 0x3712
SAMPLES = Path(__file__).parents[3] / "samples" / "documents"


def a_mail_with(
    content: bytes, name: str, text: str = "", media_type: str = "application/octet-stream"
) -> bytes:
    mail = EmailMessage()
    mail["From"] = "anna@example.com"
    mail.set_content(text)
    maintype, _, subtype = media_type.partition("/")
    mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def told(found: MailDocuments) -> list[tuple[str, bytes]]:
    return [(part.name, part.content) for part in found.parts]


def a_winmail() -> bytes:
    return outlook.winmail(
        outlook.message(
            {SUBJECT_ID: outlook.text16("Offer"), RTF_ID: (outlook.BINARY, outlook.packed_rtf(RTF))}
        ),
        outlook.attachment(PDF, {NAME_ID: outlook.text16("Angebot für Sie.pdf")}),
    )


def test_winmail_dat_is_its_text_and_its_attachments():
    found = documents_in(a_mail_with(a_winmail(), "winmail.dat"))

    assert told(found) == [("mail.rtf", RTF), ("Angebot für Sie.pdf", PDF)]
    assert "opened winmail.dat" in found.notes


def test_winmail_dat_is_known_by_its_bytes():
    assert told(documents_in(a_mail_with(a_winmail(), "part1", media_type="text/plain")))[1][1] == PDF


def test_a_text_that_the_mail_has_twice_is_faxed_once():
    found = documents_in(a_mail_with(a_winmail(), "winmail.dat", text="Dear Ms Müller"))

    assert [name for name, _ in told(found)] == ["mail.txt", "Angebot für Sie.pdf"]
    assert "left out the text in winmail.dat: the mail has it twice" in found.notes


def test_html_in_winmail_dat_comes_with_its_pictures():
    page = "<p>ü<img src='cid:a@b'>".encode("cp1252")
    data = outlook.winmail(
        outlook.message({HTML_ID: (outlook.BINARY, page), 0x3FDE: (outlook.NUMBER, struct.pack("<I", 1252))}),
        outlook.attachment(b"png", {NAME_ID: outlook.text16("a.png"), CID_ID: outlook.text16("a@b")}),
    )

    (body,) = documents_in(a_mail_with(data, "winmail.dat", text="plain")).parts

    assert body.content == "<p>ü<img src='cid:a@b'>".encode()
    assert list(body.related) == ["a@b"]


def test_a_mail_inside_winmail_dat_is_opened_too():
    inner = outlook.winmail(outlook.message({TEXT_ID: outlook.text16("inner")}))
    data = outlook.winmail(
        outlook.attachment(
            b"", {0x3705: (3, struct.pack("<I", 5)), 0x3701: (outlook.OBJECT, bytes(16) + inner)}
        )
    )

    assert told(documents_in(a_mail_with(data, "winmail.dat"))) == [("mail.txt", b"inner")]


def test_a_saved_outlook_mail_is_its_text_and_its_attachments():
    data = outlook.msg(
        {
            TEXT_ID: outlook.text16("Dear Ms Müller"),
            SUBJECT_ID: outlook.text16("Offer"),
            0x0C1A: outlook.text16("Anna Example"),
            0x5D01: outlook.text16("anna@example.com"),
            0x0E04: outlook.text16("Sales"),
            0x0039: (0x40, struct.pack("<Q", 134_087_616_000_000_000)),
        },
        (PDF * 100, {NAME_ID: outlook.text16("offer.pdf"), 0x370E: outlook.text16("application/pdf")}),
        {TEXT_ID: outlook.text16("inner")},
    )

    assert told(documents_in(a_mail_with(data, "offer.msg", text="see there"))) == [
        ("mail.txt", b"see there\n"),
        (
            "mail.txt",
            b'From: "Anna Example" <anna@example.com>\nTo: Sales\nDate: Fri, 28 Nov 2025 00:00:00 +0000\n'
            + "Subject: Offer\n\nDear Ms Müller".encode(),
        ),
        ("mail.txt", b"inner"),
        ("offer.pdf", PDF * 100),
    ]


def test_a_word_document_of_the_old_kind_is_no_mail():
    word = (SAMPLES / "protected.doc").read_bytes()

    assert not msg.is_msg(word)
    assert "WordDocument" in compound_file.opened(word).streams


def test_a_saved_mail_is_opened_whatever_its_declared_type():
    inner = a_mail_with(PDF, "offer.pdf", text="inner")

    for mark in (b"", b"\xef\xbb\xbf"):
        found = documents_in(a_mail_with(mark + inner, "a.eml"))
        assert [name for name, _ in told(found)] == ["mail.txt", "offer.pdf"]


def a_zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_the_files_of_an_archive_are_attachments():
    data = a_zip(
        {"2026/offer.pdf": PDF, "note.txt": b"hello", "__MACOSX/x": b"x", "inner.zip": a_zip({"c.pdf": PDF})}
    )

    assert told(documents_in(a_mail_with(data, "all.zip"))) == [
        ("offer.pdf", PDF),
        ("note.txt", b"hello"),
        ("c.pdf", PDF),
    ]


def test_an_office_document_is_no_archive():
    data = (SAMPLES / "report.docx").read_bytes()

    assert told(documents_in(a_mail_with(data, "report.docx"))) == [("report.docx", data)]


def fault_of(data: bytes, section: RenderingSection | None = None) -> tuple[str, str]:
    (part,) = documents_in(a_mail_with(data, "all.zip"), section or RenderingSection()).parts
    return part.fault.code, part.fault.sentence


def an_encrypted_zip() -> bytes:
    data = bytearray(a_zip({"a.txt": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def a_nested_zip(depth: int) -> bytes:
    data = a_zip({"a.txt": b"x"})
    for _ in range(depth):
        data = a_zip({"a.zip": data})
    return data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (a_zip({f"{n}.txt": b"x" for n in range(51)}), "document-too-large"),
        (a_zip({"zeros": bytes(101 << 20)}), "document-too-large"),
        (a_nested_zip(10), "document-too-large"),
        (an_encrypted_zip(), "document-protected"),
        (a_zip({"a.txt": b"x" * 1000})[:-30], "document-damaged"),
        (b"PK\x03\x04 nothing", "document-damaged"),
    ],
    ids=["files", "bomb", "depth", "encrypted", "cut off", "rubbish"],
)
def test_an_archive_that_cannot_be_faxed_is_refused_in_words(data, code):
    found, sentence = fault_of(data)

    assert found == code
    assert sentence.endswith(".")


def test_archives_can_be_switched_off():
    _, sentence = fault_of(a_zip({"a.txt": b"x"}), RenderingSection(archive_files=0))

    assert sentence == 'The document "all.zip" is an archive, and archives are not faxed here.'


def test_all_archives_of_a_mail_share_one_budget():
    data = a_zip({"a.zip": a_zip({"1": bytes(600_000)}), "b.zip": a_zip({"2": bytes(600_000)})})

    parts = documents_in(a_mail_with(data, "all.zip"), RenderingSection(archive_size=1_000_000)).parts

    assert [part.fault is None for part in parts] == [True, False]


def test_compressed_rtf_is_what_the_specification_says():
    example = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )

    assert rtf.decompressed(example) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize("opened", [tnef.part_of, msg.part_of])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_outlook_file_is_read_as_far_as_it_goes_or_refused(opened, data):
    good = a_winmail() if opened is tnef.part_of else outlook.msg({TEXT_ID: outlook.text16("x")}, (PDF, {}))
    bad = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 8)) if bad else 0):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    try:
        opened(bytes(bad), [])
    except ValueError:
        pass  # "damaged", which its sender is told


@given(st.binary(max_size=300))
def test_any_bytes_are_compressed_rtf_or_not(data):
    packed = struct.pack("<IIII", 0, 2**32 - 1, 0x75465A4C, 0) + data

    assert len(rtf.decompressed(packed)) <= 17 * len(data)


def a_loop() -> bytes:
    """A compound file whose chains lead to themselves."""
    data = bytearray(outlook.msg({TEXT_ID: (outlook.BINARY, bytes(200_000))}))
    table = struct.unpack_from("<I", data, 76)[0]
    struct.pack_into("<I", data, (table + 1) * 512 + 4 * 3, 2)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        a_loop(),
        outlook.winmail(*[outlook.attachment(b"x", {})] * 20_000),
        outlook.winmail(
            outlook.attribute(1, 0x00069003, struct.pack("<IHHII", 2**31, 0x101F, 0x1000, 2**31, 0))
        ),
        outlook.winmail(outlook.attribute(1, 0x00069003, struct.pack("<IHHI", 1, 0x1001, 5, 2**32 - 1))),
    ],
    ids=["loop", "attachments", "properties", "values"],
)
def test_a_hostile_outlook_file_costs_bounded_time_and_memory(data):
    began = time.process_time()
    tracemalloc.start()

    documents_in(a_mail_with(data, "winmail.dat"))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 5
    assert peak < 50_000_000 + 10 * len(data)
