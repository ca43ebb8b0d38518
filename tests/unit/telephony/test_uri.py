import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.station import station_id
from telephony.uri import BadUri, SipUri, escape_user, plain_number


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("sip:pbx.example.com", "sip:+49301@pbx.example.com"),
        ("sip:pbx.example.com:5070", "sip:+49301@pbx.example.com:5070"),
        ("sips:pbx.example.com;transport=tls", "sips:+49301@pbx.example.com;transport=tls"),
        ("sip:trunk@[2001:db8::1]:5060", "sip:+49301@[2001:db8::1]:5060"),
    ],
)
def test_a_number_is_called_at_the_trunks_address(text, called):
    assert SipUri.parse(text).with_user("+49301") == called


@pytest.mark.parametrize(
    "text",
    ["", "pbx.example.com", "tel:+49301", "sip:", "sip:a b", "sip:x:0", "sip:x:65536", "sip:x\r\nVia: y"],
)
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(BadUri, match=r"Write it like"):
        SipUri.parse(text)


@given(st.text())
def test_no_text_makes_the_parser_fail_in_another_way(text):
    try:
        SipUri.parse(text)
    except BadUri as error:
        assert str(error)  # noqa: PT017


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_number_can_break_out_of_the_user_part(user):
    assert not set(escape_user(user)) & set('@;:<>"?/ \r\n\t\0#')


def test_a_called_number_with_plus_and_hash_keeps_the_plus_and_escapes_the_hash():
    assert escape_user("+4930#1") == "+4930%231"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+49 30 123", "+49 30 123"),
        ("Zoë's fax", "Zo's fax"),
        ("x" * 30, "x" * 20),
        ("\n\0 a ", "a"),
        ("", ""),
    ],
)
def test_a_station_id_is_what_twenty_ascii_characters_can_show(text, shown):
    assert station_id(text) == shown


@given(st.text())
def test_no_text_makes_a_station_id_that_a_machine_cannot_show(text):
    shown = station_id(text)

    assert len(shown) <= 20
    assert all(" " <= character <= "~" for character in shown)


@pytest.mark.parametrize(
    ("user", "number"),
    [
        ("+49301", "+49301"),
        ("+49-(30)-1;phone-context=example.com", "+49301"),
        ("0301;npdi;rn=+4922", "0301"),
        ("4711*#", "4711*#"),
        ("fax-room.2", "fax-room.2"),
        ("", ""),
    ],
)
def test_a_number_is_read_without_what_is_not_dialled(user, number):
    assert plain_number(user) == number
