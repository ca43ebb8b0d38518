"""What Outlook saves as .msg in the codings of many countries, and who its mails say that they are from."""

import pytest

from gateway.rendering import rtf
from gateway.rendering.attachments import documents_in
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering.test_containers import HTML_ID, RTF_ID, SUBJECT_ID, TEXT_ID, a_mail_with, told

SENDER_NAME, SENDER_MAIL, SENDER_ADDRESS = 0x0C1A, 0x5D01, 0x0C1F
CODE_PAGE, CODE_PAGE_OF_INTERNET = 0x3FFD, 0x3FDE


def text8(text: str, codec: str) -> tuple[int, bytes]:
    return outlook.TEXT8, text.encode(codec) + b"\0"


def text_of(values: outlook.Values) -> str:
    _, content = told(documents_in(a_mail_with(outlook.msg(values), "a.msg", text="see there")))[1]
    return content.decode()


@pytest.mark.parametrize("name", ["Jürgen Müller", "Свиридов Дмитрий", "張紹仁", "Zoë 😀"])
def test_a_saved_mail_may_be_from_anybody(name):
    found = text_of({TEXT_ID: outlook.text16("Hello"), SENDER_NAME: outlook.text16(name)})

    assert found == f"From: {name}\n\nHello"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ({SENDER_MAIL: outlook.text16("anna@example.com")}, '"Anna" <anna@example.com>'),
        ({SENDER_ADDRESS: outlook.text16("anna@example.com")}, '"Anna" <anna@example.com>'),
        ({SENDER_ADDRESS: outlook.text16("/O=EXAMPLE/OU=FIRST/CN=ANNA")}, "Anna"),
        ({SENDER_ADDRESS: outlook.text16("/O=EXAMPLE/CN=ANNA@BEN")}, "Anna"),
        ({}, "Anna"),
    ],
)
def test_the_address_of_a_sender_is_shown_when_people_can_use_it(address, shown):
    found = text_of({TEXT_ID: outlook.text16("Hello"), SENDER_NAME: outlook.text16("Anna")} | address)

    assert found == f"From: {shown}\n\nHello"


@pytest.mark.parametrize(
    ("codec", "pages"),
    [
        ("cp950", {CODE_PAGE_OF_INTERNET: outlook.number(950)}),
        ("cp1251", {CODE_PAGE: outlook.number(1251), CODE_PAGE_OF_INTERNET: outlook.number(65001)}),
    ],
)
def test_text_of_eight_bits_is_read_as_the_file_says(codec, pages):
    subject = {"cp950": "格式測試", "cp1251": "Автоматический ответ"}[codec]

    found = text_of({TEXT_ID: text8("x", codec), SUBJECT_ID: text8(subject, codec)} | pages)

    assert found == f"Subject: {subject}\n\nx"


@pytest.mark.parametrize("page", [20127, 28591, 1252])
def test_the_euro_of_html_is_there_whatever_western_coding_outlook_names(page):
    html = (outlook.BINARY, "<p>5 € für Sie</p>".encode("cp1252"))

    assert text_of({HTML_ID: html, CODE_PAGE_OF_INTERNET: outlook.number(page)}) == "<p>5 € für Sie</p>"


def test_text_that_outlook_wrapped_in_rtf_is_text_again():
    packed = outlook.packed_rtf(rb"{\rtf1\ansi\fromtext \deff0{\fonttbl{\f0 Arial;}}\pard\plain Hello\par}")

    assert text_of({TEXT_ID: outlook.text16("Hello"), RTF_ID: (outlook.BINARY, packed)}) == "Hello"


def test_a_saved_mail_in_rtf_says_who_wrote_it():
    packed = outlook.packed_rtf(rb"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\uc1\pard\plain Hello\par}")

    found = text_of({SENDER_NAME: outlook.text16("Müller {1}"), RTF_ID: (outlook.BINARY, packed)})

    assert found == (
        r"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\uc1{\pard\plain\fs20 From: M\u252?ller \{1\}\par\par}"
        r"\pard\plain Hello\par}"
    )


@pytest.mark.parametrize(
    "document", [b"", b"no rtf", rb"{\rtf1", rb"{\rtf1\ansi}", b"{" * 5000, rb"{\rtf1\ansi Dear}"]
)
def test_lines_above_an_rtf_take_nothing_from_it(document):
    found = rtf.with_lines(document, ["From: Anna"])

    assert found.replace(rb"{\pard\plain\fs20 From: Anna\par\par}", b"") == document
