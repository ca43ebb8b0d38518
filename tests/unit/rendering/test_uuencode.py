"""Files that a script wrote into the text of a mail are attachments."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rendering.attachments import documents_in

PDF = b"%PDF-1.7 " + bytes(range(256))


def uu(content: bytes, name: str = "offer.pdf", end: str = "\n") -> str:
    lines = [binascii.b2a_uu(content[at : at + 45], backtick=True) for at in range(0, len(content), 45)]
    return f"begin 644 {name}\n{b''.join(lines).decode()}`\nend\n".replace("\n", end)


def told(text: str, above: str = "") -> list[tuple[str, bytes]]:
    return [(part.name, part.content) for part in documents_in(f"{above}\n{text}".encode()).parts]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_in_the_text_is_an_attachment(end: str):
    text = f"Dear Ann{end}{uu(PDF, end=end)}Regards{end}"

    assert told(text) == [("mail.txt", f"Dear Ann{end}Regards{end}".encode()), ("offer.pdf", PDF)]


def test_there_may_be_several_and_no_text():
    text = uu(PDF) + uu(b"x", "a b.txt")

    assert told(text) == [("offer.pdf", PDF), ("a b.txt", b"x")]


def test_spaces_at_the_ends_of_lines_may_be_lost():
    text = uu(bytes(90)).replace("`", " ")
    bare = "\n".join(line.rstrip() or " " for line in text.split("\n"))

    assert told(bare) == [("offer.pdf", bytes(90))]


@pytest.mark.parametrize("text", ["begin 644 it\nas I said\nend\n", "begin here\nend\n", uu(PDF)[:-5]])
def test_other_texts_stay_as_they_are(text: str):
    assert told(text) == [("mail.txt", text.encode())]


def test_a_damaged_one_is_told_as_empty():
    assert told("begin 644 a.pdf\n!!!!!!!!!!!!\n`\nend\n") == [("a.pdf", b"")]


@given(st.text(alphabet="begin 64\n`M!end", max_size=200))
def test_any_text_is_read(text: str):
    told(f"begin 644 a\n{text}")
