"""The header of a message, whatever stands in it."""

import pytest

from gateway.model.mail_header import header_of


@pytest.mark.parametrize(
    "header",
    [
        b"\xef\xbb\xbfFrom: a@example.com\r\nSubject: Offer\r\n",
        b"Received: x\r\n\xef\xbb\xbfFrom: a@example.com\r\nSubject: Offer\r\n",
        b"From a@example.com Mon Nov  2 10:00:00 2026\nFrom: a@example.com\nSubject: Offer\n",
        b"Received: x\r\nFrom a@example.com Mon Nov  2 10:00:00 2026\r\n"
        b"From: a@example.com\r\nSubject: Offer\r\n",
        b"Received: x\r\n>From a@example.com Mon Nov  2 10:00:00 2026\r\n"
        b"From: a@example.com\r\nSubject: Offer\r\n",
        b"From: a@example.com\r\nnot a field\r\nSubject: Offer\r\n",
        b"From: a@example.com\r\n: no name\r\nSubject:\r\n Offer\r\n",
        b"From: a@example.com\r\nSubject : Offer\r\n",
    ],
)
def test_a_line_that_is_no_field_hides_none(header: bytes):
    found = header_of(header + b"\r\nHello: you\r\n")

    assert (found["From"], found["Subject"].strip()) == ("a@example.com", "Offer")
    assert "Hello" not in found


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_letters_that_nobody_encoded_are_read(charset: str):
    name, subject = "M\u00fcller <a@example.com>", "Gr\u00f6\u00dfe \u201e5\u201c"

    found = header_of(f"From: {name}\r\nSubject: {subject}\r\n".encode(charset))

    assert (found["From"], found["Subject"]) == (name, subject)
