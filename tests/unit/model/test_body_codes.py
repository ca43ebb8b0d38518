"""Commands in the text of a mail are found and taken out; what only looks like one stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.body_codes import BODY_DIALECTS, read_codes
from gateway.model.options import JobOptions


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("<NOCOVER>", "cover", "none"),
        ("<nocover>", "cover", "none"),
        ("<PRIORITY:HIGH>", "priority", "HIGH"),
        ("<SENDAT:2026-12-01 08:30>", "send_at", "2026-12-01 08:30"),
        ("<RETRYCOUNT:2>", "retries", "2"),
        ("<BILLINFO1: 47 11>", "billing_code", "47 11"),
        ("<TOFAXNUM:94163362066>", "to_number", "94163362066"),
        ("<PREVEIW>", "preveiw", ""),
    ],
)
def test_a_code_of_rightfax_is_a_wish_and_never_printed(text: str, name: str, value: str):
    wishes, rest = read_codes(f"Dear Ann,{text} hello", ["rightfax"], is_html=False)

    assert [(wish.name, wish.value, wish.written) for wish in wishes] == [(name, value, text)]
    assert rest == "Dear Ann, hello"


@pytest.mark.parametrize("is_html", [False, True])
def test_commands_of_zetafax_and_xm_are_wishes_and_never_printed(is_html: bool):
    text = "%%[Fax: 020 7203 4005]%%[TO:Ann Smith]%%[Colour: red]@@UseBody Hello %%[] [a: b]"

    wishes, rest = read_codes(text, ["zetafax", "xm"], is_html=is_html)

    assert [(wish.name, wish.value, wish.written) for wish in wishes] == [
        ("to_number", "020 7203 4005", "%%[Fax: 020 7203 4005]"),
        ("to_name", "Ann Smith", "%%[TO:Ann Smith]"),
        ("colour", "red", "%%[Colour: red]"),
    ]
    assert rest == " Hello %%[] [a: b]"


@pytest.mark.parametrize(
    "text",
    [
        "<ann@example.com>",
        "<https://example.com>",
        "<URL:http://example.com>",
        "a <b> c",
        "2 < 3 > 1",
        "<NOTE:a\nb>",
    ],
)
def test_what_only_looks_like_a_code_stays(text: str):
    assert read_codes(text, ["rightfax"], is_html=False) == ([], text)


def test_in_html_codes_stand_as_a_mail_program_writes_them():
    html = "<p>&lt;NOTE:Fish &amp; chips&gt;Hello <b>Ann</b></p>"

    wishes, rest = read_codes(html, ["rightfax"], is_html=True)

    assert [(wish.name, wish.value) for wish in wishes] == [("note", "Fish & chips")]
    assert rest == "<p>Hello <b>Ann</b></p>"


@pytest.mark.parametrize(
    ("html", "wishes", "rest"),
    [
        ("&lt;NOTE:Fish and\r\nchips&gt;Hello", [("note", "Fish and chips")], "Hello"),
        ("&lt;<span class=SpellE>NOCOVER</span>&gt;Hi", [("cover", "none")], "<span class=SpellE></span>Hi"),
        ("&lt;<b>NOTE:a</b>&#62; b", [("note", "a")], "<b></b> b"),
        ("&#x3C;NOTE:a&nbsp;b&gt;", [("note", "a b")], ""),
        ("&lt;NOTE:<a href='x'>a&lt;/a>", [], "&lt;NOTE:<a href='x'>a&lt;/a>"),
        ("<p>&lt;NOTE:a</p><p>b&gt;</p>", [], "<p>&lt;NOTE:a</p><p>b&gt;</p>"),
        ("<td>&lt;NOTE:a<br>b&gt;", [], "<td>&lt;NOTE:a<br>b&gt;"),
        ("<style>&lt;NOCOVER&gt;</style>Hi", [], "<style>&lt;NOCOVER&gt;</style>Hi"),
        ("<!-- &lt;NOCOVER&gt; -->Hi", [], "<!-- &lt;NOCOVER&gt; -->Hi"),
        ("&lt;NOCOVER&gt;&lt;NOTE:x&gt;", [("cover", "none"), ("note", "x")], ""),
        ("a &lt; b &amp;lt;NOCOVER&amp;gt;", [], "a &lt; b &amp;lt;NOCOVER&amp;gt;"),
    ],
)
def test_in_html_a_code_is_what_its_reader_sees_as_one(html: str, wishes: list[tuple[str, str]], rest: str):
    found, left = read_codes(html, ["rightfax"], is_html=True)

    assert [(wish.name, wish.value) for wish in found] == wishes
    assert left == rest


@pytest.mark.parametrize(
    ("text", "is_html", "rest"),
    [
        ("{nocoverpage}\r\n{showbodytext}\r\nHello {name}", False, "\r\n\r\nHello {name}"),
        ("<style>p {a}</style><p>{nocoverpage} {showbodytext}<br>Hi", True, "<style>p {a}</style><p> <br>Hi"),
    ],
)
def test_words_of_efax_stand_before_the_text(text: str, is_html: bool, rest: str):
    wishes, left = read_codes(text, ["efax"], is_html=is_html)

    assert [(wish.name, wish.value) for wish in wishes] == [("cover", "none"), ("text", "on")]
    assert left == rest


def test_a_dialect_that_is_off_leaves_the_text_as_it_is():
    text = "{nocoverpage} <NOCOVER>"

    assert read_codes(text, [], is_html=False) == ([], text)


@given(
    st.lists(
        st.sampled_from(["<", ">", "&lt;", "&gt;", "{", "}", "NOTE", ":", "<!--", "-->", "<style", "x", "\n"])
    ),
    st.booleans(),
)
def test_no_text_of_a_stranger_raises_and_nothing_is_left_to_find(pieces: list[str], is_html: bool):
    text = "".join(pieces)

    wishes, rest = read_codes(text, BODY_DIALECTS, is_html=is_html)

    assert len(rest) <= len(text)
    assert JobOptions().with_wishes(wishes) is not None
