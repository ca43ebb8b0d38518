"""Addresses in header fields are found as people and programs write them, whatever else stands there."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.model.header_addresses import NamedAddress, addresses_in, decoded, fields_in
from tests.processor import processor_seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("101@fax.example.com", [("101@fax.example.com", "")]),
        ("Ann <101@x>, 102@x,\r\n 103@x", [("101@x", "Ann"), ("102@x", ""), ("103@x", "")]),
        ('"Orff, Carl" <101@x>', [("101@x", "Orff, Carl")]),
        ('"x\\"y" <101@x>', [("101@x", 'x"y')]),
        ("=?utf-8?q?J=C3=BCrgen?= <101@x>", [("101@x", "J\u00fcrgen")]),
        ("Friends: 101@x, Bob <102@x>;, 103@x", [("101@x", ""), ("102@x", "Bob"), ("103@x", "")]),
        ("Ann (Sales) <101@x> (office)", [("101@x", "Ann")]),
        ("101@x (030 1234)", [("101@x", "")]),
        # Brackets around digits are no comment, also behind the "@" of an address inside another.
        ("[FAX:Ted@+1 (206) 936-7329]@x", [('"[FAX:Ted@+1 (206) 936-7329]"@x', "")]),
        ("Billy Black@+1 (206) 5554424@ExtraFax", [('"Billy Black@+1 (206) 5554424"@ExtraFax', "")]),
        ("101@x (206) , 102@x", [("101@x", ""), ("102@x", "")]),
        ("+49(30)123@x", [('"+49(30)123"@x', "")]),
        ("Ann <+49 (0) 30 123@x>", [('"+49 (0) 30 123"@x', "Ann")]),
        # What mail programs write for one-off fax addresses, with quotes and without.
        ('"[FAX:9 | Ted@+1 (206) 9]"@x', [('"[FAX:9 | Ted@+1 (206) 9]"@x', "")]),
        ('Ted <"[FAX:+1 (206) 9]"@x>', [('"[FAX:+1 (206) 9]"@x', "Ted")]),
        ("[FAX:+1 (206) 9]@x, 102@x", [('"[FAX:+1 (206) 9]"@x', ""), ("102@x", "")]),
        ("IMCEAFAX-Ted+402505555@x", [("IMCEAFAX-Ted+402505555@x", "")]),
        ("FAX=+1202/T33S=6/ATTN=J.Smith@x", [("FAX=+1202/T33S=6/ATTN=J.Smith@x", "")]),
        ('"Billy Black%555%extrafax"@x', [('"Billy Black%555%extrafax"@x', "")]),
        ("555^COMPANY=A^NOCOVER@x", [("555^COMPANY=A^NOCOVER@x", "")]),
        ('"sam@555#4711"@x', [('"sam@555#4711"@x', "")]),
        # What is broken costs itself alone.
        ('101@x, "open <102@x>, 103@x', [("101@x", "")]),
        ("101@x, <102@x, 103@x", [("101@x", "")]),
        ("101@x, (open 102@x", [("101@x", "")]),
        ("@x, 101@, <>, 101, ,;", []),
        ("101@x y", []),
        ("<101@x> <eve@y>", [("101@x", "")]),
        ("", []),
    ],
)
def test_each_address_is_found_with_its_name(text: str, found: list[tuple[str, str]]):
    assert [(one.address, one.name) for one in addresses_in(text)] == found


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=5))
def test_what_is_quoted_as_the_standard_says_is_read_back(people: list[tuple[str, str]]):
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = ", ".join(f"{quoted(name)} <{quoted(local)}@fax.example.com>" for name, local in people)

    found = addresses_in(text)

    assert [one.name for one in found] == [decoded(name) for name, _ in people]
    for one, (_, local) in zip(found, people, strict=True):
        plain = one.address.removesuffix("@fax.example.com")
        assert plain in (local, quoted(local))


@given(st.binary(max_size=200))
@example(b'a\xff@b, "\\')
def test_no_field_raises_and_every_address_is_one_line(field: bytes):
    for text in fields_in(b"To: " + field + b"\r\n\r\n", "To"):
        for found in addresses_in(text):
            assert isinstance(found, NamedAddress)
            assert "@" in found.address
            assert not {"\r", "\n"} & {*found.address, *found.name}


PIECES = [
    '"',
    "(",
    "a:",
    "[:",
    "<",
    ">",
    ",",
    "\\",
    "@",
    "a@",
    ".",
    "a ",
    "=?utf-8?q?a?= ",
    "(1)",
    '"" ',
    "<a@b>",
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_hostile_field_costs_no_time(piece: str):
    field = piece * (200_000 // len(piece))

    assert processor_seconds(lambda: addresses_in(field)) < 2
