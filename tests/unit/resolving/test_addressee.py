"""Who gets the fax, as To and Cc name him."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.resolving.addressee import name_beside
from tests.processor import processor_seconds

HEADER = b"""From: ann@example.com\r
Subject: "Subject" <101@fax.example.com>\r
To: "Orff, Carl" <102@fax.example.com>, Ann Example <103@fax.example.com>,\r
 =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <104@FAX.example.com>, <105@fax.example.com>,\r
 "106@fax.example.com" <106@fax.example.com>, +49 (30) 107 <107@fax.example.com>,\r
 "[FAX:Ted@108]" <108@fax.example.com>, "Dr. \\"Bob\\" Smith" <109@fax.example.com>,\r
 =?klingon?q?Worf?= <110@fax.example.com>\r
Cc: 'Eve Jones' <111@fax.example.com>, Friends: Zoe <112@fax.example.com>;\r
\r
"""


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (101, ""),
        (102, "Orff, Carl"),
        (103, "Ann Example"),
        (104, "J\u00fcrgen M\u00fcller"),
        (105, ""),
        (106, ""),
        (107, ""),
        (108, ""),
        (109, 'Dr. "Bob" Smith'),
        (110, ""),
        (111, "Eve Jones"),
        (112, "Zoe"),
        (113, ""),
    ],
)
def test_a_name_beside_an_address_is_its_own_and_a_name(number: int, name: str):
    assert name_beside(HEADER, f"{number}@fax.example.com") == name


@given(st.binary(max_size=300), st.text(max_size=30))
def test_no_header_raises_and_every_name_is_one_line(junk: bytes, address: str):
    name = name_beside(b"To: " + junk + f"<{address}>\n\n".encode("utf-8", "replace"), address)

    assert name.isprintable()
    assert len(name) <= 200


@pytest.mark.parametrize("piece", [b'"', b"a ", b'\\"', b"<", b"=?utf-8?q?a?= ", b'",'])
def test_a_hostile_header_costs_no_time(piece: bytes):
    header = b"To: " + piece * (60_000 // len(piece)) + b"<102@fax.example.com>\n\n"

    assert processor_seconds(lambda: name_beside(header, "102@fax.example.com")) < 0.5
