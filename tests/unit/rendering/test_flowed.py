"""Paragraphs that a mail program broke into lines are whole again."""

import pytest

from gateway.rendering.attachments import documents_in
from gateway.rendering.flowed import unflowed


@pytest.mark.parametrize(
    ("text", "delsp", "whole"),
    [
        ("one \r\ntwo\r\n\r\nthree\r\n", False, "one two\n\nthree\n"),
        ("one \ntwo \nthree", False, "one two three"),
        ("page \nend\n\fnext\n", False, "page end\n\fnext\n"),
        ("Donau \ndampf \nschiff\n", True, "Donaudampfschiff\n"),
        (" From here\n > no quote\n  spaced\n", False, "From here\n> no quote\n spaced\n"),
        ("> quoted \n> on\nmine\n", False, "> quoted\n> on\nmine\n"),
        ("mine \n> quoted\n", False, "mine \n> quoted\n"),
        ("Regards \n-- \nAnn\n", False, "Regards \n-- \nAnn\n"),
        ("", False, ""),
    ],
)
def test_lines_flow_together_as_rfc_3676_says(text: str, delsp: bool, whole: str):
    assert unflowed(text, delsp=delsp) == whole


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("; format=flowed", b"one two\n"),
        ('; charset=utf-8; Format="Flowed"; DelSp=Yes', b"onetwo\n"),
        ("; format=fixed", b"one \r\ntwo\r\n"),
        ("", b"one \r\ntwo\r\n"),
    ],
)
def test_only_a_text_that_says_so_flows(parameters: str, text: bytes):
    raw = f"Content-Type: text/plain{parameters}\r\n\r\none \r\ntwo\r\n".encode()

    assert [part.content for part in documents_in(raw).parts] == [text]
