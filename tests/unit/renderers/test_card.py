"""Calendar entries and address cards as tables."""

from hypothesis import given
from hypothesis import strategies as st

from renderers.builtin.card_entries import entries

INVITATION = """BEGIN:VCALENDAR\r
BEGIN:VTIMEZONE\r
DTSTART:19700101T000000\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:4711\r
SUMMARY:Visit to pump 7\\, order 4711\r
DTSTART;TZID=Europe/Berlin:20261122T083000\r
DTEND:20261122T100000Z\r
ORGANIZER;CN="Maren, Judith":mailto:judith@example.com\r
DESCRIPTION:Please drain the line.\\nClose V3 an\r
 d V4.\r
BEGIN:VALARM\r
DESCRIPTION:Reminder\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_an_invitation_says_what_when_and_who():
    (entry,) = entries(INVITATION)

    assert entry.rows == {
        "SUMMARY": ["Visit to pump 7, order 4711"],
        "DTSTART": ["Sunday, 2026-11-22, 08:30 (Europe/Berlin, UTC+1)"],
        "DTEND": ["Sunday, 2026-11-22, 10:00 (UTC)"],
        "ORGANIZER": ["Maren, Judith <judith@example.com>"],
        "DESCRIPTION": ["Please drain the line.\nClose V3 and V4."],
    }


def test_a_card_of_any_age_is_read():
    old = "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=\n=B6rg\nTEL;WORK:+49 30 1\nEND:VCARD"
    new = "BEGIN:VCARD\nFN:Anna\nitem1.EMAIL;type=WORK:anna@example.com\n"
    new += "ADR:;;Mill Lane 12;Harwick;;HK4\nEND:VCARD"

    assert [entry.rows for entry in entries(f"{old}\n{new}")] == [
        {"FN": ["Jörg"], "TEL": ["+49 30 1 (work)"]},
        {"FN": ["Anna"], "EMAIL": ["anna@example.com"], "ADR": ["Mill Lane 12, Harwick, HK4"]},
    ]


@given(st.lists(st.sampled_from([*INVITATION.splitlines(), ":", ";", '"', "BEGIN:VCARD", "END:", " x"])))
def test_any_order_of_lines_is_read_without_an_error(lines):
    entries("\n".join(lines))


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    entries(f"BEGIN:VEVENT\n{text}")


def test_a_card_names_its_coding_and_what_its_numbers_are_for():
    card = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FCrgen\r\n"
        'TEL;WORK;FAX:+49 221 1235\r\nTEL;TYPE="work,voice";VALUE=uri:tel:+1-555-1234\r\nEND:VCARD'
    )

    assert [entry.rows for entry in entries(card)] == [
        {"N": ["Müller, Jürgen"], "TEL": ["+49 221 1235 (work, fax)", "+1-555-1234 (work)"]}
    ]


def test_an_entry_of_whole_days_ends_on_its_last_one():
    event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270101\nEND:VEVENT"

    assert [entry.rows for entry in entries(event)] == [
        {"DTSTART": ["Thursday, 2026-12-24"], "DTEND": ["Thursday, 2026-12-31"]}
    ]
