"""HTML in the RTF of Outlook's mails, in RTF as Outlook writes it."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rendering.attachments import documents_in
from gateway.rendering.rtf_html import html_in
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering.test_containers import PDF, a_mail_with

HEADER = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidi \deff0{\fonttbl\r\n{\f0\fswiss Arial;}\r\n"
    rb"{\f1\fmodern\fcharset204 Courier New;}{\f2\fcharset128 MS Gothic;}}\r\n"
    rb"{\colortbl\red0\green0\blue0;\red0\green0\blue255;}\r\n"
    rb"{\*\generator Microsoft Exchange Server;}{\*\formatConverter converted from html;}"
    rb"\viewkind5\viewscale100{\*\bkmkstart BM_BEGIN}\pard\plain\f0"
).replace(rb"\r\n", b"\r\n")


def of(body: bytes) -> str | None:
    return html_in(HEADER + body + b"}")


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (rb"{\*\htmltag64 <p>}Hello{\*\htmltag72 </p>}", "<p>Hello</p>"),
        (
            rb"{\*\htmltag64}\htmlrtf {\htmlrtf0 {\*\htmltag84 <b>}bold{\*\htmltag92 </b>}"
            rb"\htmlrtf }\htmlrtf0",
            "<b>bold</b>",
        ),
        (rb"{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 a", "&lt;a"),
        (rb"one\par two\line three\tab four", "one\r\ntwo\r\nthree\tfour"),
        (rb"Gr\'fc\'dfe \{x\} a\\b", "Grüße {x} a\\b"),
        (rb"\u8364 ?5 \uc0\u8364 5 {\uc2\u1055 \'3f\'3fx}", "€5 €5 Пx"),
        (rb"\f1 \'cf\'f0\'e8 {\f2 \'83\'7c\'83\'93}\'e2", "При ポンв"),
        (rb"\lquote a\rquote  \emdash  b\~c", "‘a’ — b\xa0c"),
        (
            rb"{\*\mhtmltag0 <img src=\'22http://far\'22>}{\*\htmltag0 <img src=\'22cid:a\'22>}",
            '<img src="cid:a">',
        ),
        (rb"{\pict\wmetafile8 0123abcd}after {\*\unknown text}it", "after it"),
        (b"{\\*\\htmltag0 <a>}\\bin5 {{{}}b", "<a>b"),
    ],
)
def test_what_outlook_hid_is_found(body, html):
    assert of(body) == html


@pytest.mark.parametrize(
    "rtf", [b"", b"text", rb"{\rtf1\ansi Hello}", rb"{\rtf1\fromtext Hello}", rb"{\rtf1\fromhtmlx a}"]
)
def test_other_rtf_was_never_html(rtf):
    assert html_in(rtf) is None


def test_an_outlook_mail_shows_its_pictures_where_they_were():
    rtf = HEADER + rb"{\*\htmltag64 <p>}Dear{\*\htmltag84 <img src=\'22cid:logo@x\'22>}{\*\htmltag72 </p>}}"
    picture = (b"\x89PNG\r\n\x1a\n", {0x3707: outlook.text16("a.png"), 0x3712: outlook.text16("logo@x")})
    data = outlook.msg({0x1009: (outlook.BINARY, outlook.packed_rtf(rtf))}, picture, (PDF, {}))

    _, body, attachment = documents_in(a_mail_with(data, "a.msg", text="see there")).parts

    assert body.content == b'<p>Dear<img src="cid:logo@x"></p>'
    assert list(body.related) == ["logo@x"]
    assert attachment.content == PDF


_WORDS = st.sampled_from(
    [rb"\htmlrtf", rb"\htmlrtf0", rb"{\*\htmltag0 ", b"{", b"}", rb"\u-3 ", rb"\'e", rb"\bin9", b"x"]
)


@given(st.lists(st.one_of(st.binary(max_size=20), _WORDS), max_size=60))
def test_any_bytes_are_some_html(parts):
    assert isinstance(html_in(HEADER + b"".join(parts)), str)


@pytest.mark.parametrize("piece", [b"{", b"}", b"\\", rb"\u1 ", rb"\'41", rb"{\f1 ", rb"\bin99999999 ", b"a"])
def test_a_hostile_mail_costs_bounded_time(piece):
    began = time.process_time()

    html_in(HEADER + piece * (1_000_000 // len(piece)))

    assert time.process_time() - began < 20


def test_the_words_of_an_outlook_mail_are_all_there():
    text = " ".join(f"word{n}" for n in range(2000))
    rtf = HEADER + b"".join(
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 "
        + line.encode()
        + rb"\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}"
        for line in text.split(" ")
    )

    html = html_in(rtf + b"}")

    assert html is not None
    assert re.findall(r"word\d+", html) == text.split(" ")
