"""Mails made to keep the gateway busy: it takes them apart itself, so each has to be done soon."""

import io
import struct
import time
import tracemalloc
import zipfile

import pytest

from gateway.config.schema import RenderingSection
from gateway.rendering.attachments import documents_in
from renderers import compound_file
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering.test_containers import a_mail_with

CUT = RenderingSection(quoted_mail="cut")


def a_long_file() -> bytes:
    """A compound file of 3000 streams of a byte, each in a chain of 5 MB."""
    names = [f"stream {n:04}" for n in range(3000)]
    streams = {"__properties_version1.0": bytes(32), "long": bytes(5_000_000)}
    data = bytearray(outlook.compound(streams | dict.fromkeys(names, b"x")))
    at, first = (data.rindex(name.encode("utf-16-le") + bytes(2)) for name in ("long", names[0]))
    for entry in range(first, first + 128 * len(names), 128):
        data[entry + 116 : entry + 120] = data[at + 116 : at + 120]
    return bytes(data)


def a_long_table() -> bytes:
    """A compound file of 12 MB whose table of sectors names one sector again and again."""
    data = bytearray(outlook.compound({"__properties_version1.0": bytes(32)}) + bytes(12_000_000))
    last = len(data) // 512 - 2
    for sector in range(4, last):
        data[(sector + 1) * 512 : (sector + 2) * 512] = struct.pack("<128I", *[last] * 127, sector + 1)
    data[(last + 1) * 512 : (last + 2) * 512] = b"\xff" * 512
    struct.pack_into("<II", data, 68, 4, last - 4)
    return bytes(data)


def a_zip(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def an_endless_list() -> bytes:
    """A small archive in which another one lists 300,000 files."""
    data = a_zip("a", b"")
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    listed = data[at:end] * 300_000
    return a_zip(
        "inner.zip", data[:at] + listed + data[end : end + 12] + struct.pack("<IIH", len(listed), at, 0)
    )


def many(header: bytes) -> bytes:
    """A mail of 100 parts with this header."""
    part = b"--b\r\n" + header + b"\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    return b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * 100


HTML = b"Content-Type: text/html\r\n\r\nx"
BOMBS = {
    "hidden elements": lambda: HTML + b"<style>" * 100_000,
    "quotes without an end": lambda: HTML + b"<blockquote type=cite>" + b"<blockquote" * 200_000,
    "one paragraph of 300 000 lines": lambda: (
        b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a line of a paragraph \n" * 300_000
    ),
    "a million parameters": lambda: many(b"Content-Type: application/x-a" + b";" * 9000),
    "a charset for names of hosts": lambda: (
        b"Content-Type: text/plain; charset=punycode\r\n\r\na-" + b"a" * 400_000
    ),
    "words in one for names of hosts": lambda: many(
        b"Content-Location: =?punycode?q?a-" + b"a" * 9900 + b"?="
    ),
    "20 MB in 19 messages": lambda: (
        b"Content-Type: message/rfc822\r\n\r\n" * 19 + b"Content-Type: a/b\r\n\r\n" + bytes(20_000_000)
    ),
    "long chains": lambda: a_mail_with(a_long_file(), "a.msg"),
    "a long table": lambda: a_mail_with(a_long_table(), "a.msg"),
    "an archive that lists 300 000 files": lambda: a_mail_with(an_endless_list(), "all.zip"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_mail_bomb_costs_bounded_time_and_memory(name):
    raw = BOMBS[name]()
    tracemalloc.start()
    began = time.process_time()

    documents_in(raw, CUT)

    took = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < 4
    assert peak < 50_000_000 + 8 * len(raw)


def test_an_archive_with_a_list_that_nobody_reads_is_refused_in_words():
    (part,) = documents_in(a_mail_with(an_endless_list(), "all.zip")).parts

    assert part.fault is not None
    assert part.fault.sentence == 'The archive "inner.zip" has too many files.'
    assert part.fault.code == "document-too-large"


def test_an_archive_that_was_packed_by_lzma_and_is_damaged_is_refused_in_words():
    data = a_zip("a.txt", b"hello" * 10_000, zipfile.ZIP_LZMA)
    data = data[:55] + b"\xff" * 20 + data[75:]

    (part,) = documents_in(a_mail_with(data, "a.zip")).parts

    assert part.fault is not None
    assert part.fault.code == "document-damaged"


def test_a_stream_is_as_long_as_it_says_though_its_chain_is_longer():
    root = compound_file.opened(a_long_file())

    assert len(root.streams) == 3002
    assert {len(content) for name, content in root.streams.items() if name.startswith("stream")} == {1}


@pytest.mark.parametrize("number", ["9" * 5000, "0" * 5000])
def test_a_letter_of_a_number_that_python_does_not_read_is_some_letter(number):
    page = f"<p>&#{number};<img src='cid:&#{number};'>Dear Ms Miller"

    found = documents_in(b"Content-Type: text/html\r\n\r\n" + page.encode())

    assert [part.name for part in found.parts] == ["mail.html"]


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>x</title><meta charset=utf-8><body>Dear Ms Miller</body></html>",
        "<head><style>p { color: red }</style><p>Dear Ms Miller",
        "<html><head><script>document.write('<body>')</script></head>Dear Ms Miller",
    ],
)
def test_html_whose_head_has_no_end_is_shown(page):
    found = documents_in(b"Content-Type: text/html\r\n\r\n" + page.encode())

    assert [part.name for part in found.parts] == ["mail.html"]


def test_an_answer_below_a_quote_is_seen_also_behind_the_last_tag():
    page = "Hello<blockquote type=cite>Earlier</blockquote>and this is the answer"

    found = documents_in(b"Content-Type: text/html\r\n\r\n" + page.encode(), CUT)

    assert b"and this is the answer" in found.parts[0].content


def test_a_text_with_many_parameters_keeps_its_charset():
    head = "; ".join(["Content-Type: text/plain", *(f"a{n}=x" for n in range(150)), "charset=koi8-r"])

    found = documents_in(head.encode() + "\r\n\r\nПривет".encode("koi8-r"))

    assert found.parts[0].content.decode() == "Привет"
