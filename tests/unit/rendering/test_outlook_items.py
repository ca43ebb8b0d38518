"""Appointments, invitations, tasks and contacts that Outlook saved or sent."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rendering import outlook_zones
from gateway.rendering.attachments import documents_in
from tests.unit.rendering import outlook_files as outlook
from tests.unit.rendering.outlook_files import ADDRESS, APPOINTMENT, MEETING, TASK, moment, number, text16
from tests.unit.rendering.test_containers import HTML_ID, SUBJECT_ID, TEXT_ID, a_mail_with, told

CLASS, FROM, FROM_MAIL, SENDER, TO, CC, SENT = 0x1A, 0x42, 0x5D02, 0x0C1A, 0x0E04, 0x0E03, 0x39
BEGINS, ENDS, WHOLE_DAY, PLACE = (
    (APPOINTMENT, 0x820D),
    (APPOINTMENT, 0x820E),
    (APPOINTMENT, 0x8215),
    (APPOINTMENT, 0x8208),
)
SERIES, ZONE = (APPOINTMENT, 0x8232), (APPOINTMENT, 0x825E)
OLD_ZONE, OLD_ZONE_NAME, COMING, OPTIONAL = (
    (APPOINTMENT, 0x8233),
    (APPOINTMENT, 0x8234),
    (APPOINTMENT, 0x823B),
    (APPOINTMENT, 0x823C),
)


def system_time(month: int, weekday: int, week: int, hour: int) -> bytes:
    """Sunday is weekday 0."""
    return struct.pack("<8H", 0, month, weekday, week, hour, 0, 0, 0)


LAST_OF_OCTOBER, LAST_OF_MARCH = system_time(10, 0, 5, 3), system_time(3, 0, 5, 2)


def a_zone(
    name: str, bias: int = -60, standard: bytes = LAST_OF_OCTOBER, summer: bytes = LAST_OF_MARCH
) -> bytes:
    """A zone as Outlook defines it, with the rule of an earlier year before the present one."""
    rules = b"".join(
        struct.pack("<BBHHH14x3i16s16s", 2, 1, 62, flags, year, one, 0, -60, standard, summer)
        for flags, year, one in ((0, 1980, 0), (2, 2007, bias))
    )
    head = struct.pack("<BBHHH", 2, 1, 6 + 2 * len(name), 2, len(name))
    return head + name.encode("utf-16-le") + struct.pack("<H", 2) + rules


BERLIN = (outlook.BINARY, a_zone("W. Europe Standard Time"))
VISIT = {CLASS: text16("IPM.Appointment"), SUBJECT_ID: text16("Pumps"), FROM: text16("Maren, Judith")}
IN_JULY = {BEGINS: moment("2026-07-06 06:30"), ENDS: moment("2026-07-06 07:30")}


def shown(values: outlook.Values, named: outlook.Named | None = None) -> str:
    _, (_, content) = told(
        documents_in(a_mail_with(outlook.msg(values, named=named), "a.msg", text="see there"))
    )
    return content.decode()


def test_an_appointment_says_when_where_and_who():
    named = IN_JULY | {
        ZONE: BERLIN,
        PLACE: text16("Hall B"),
        COMING: text16("Berg, Anna; Ben"),
        OPTIONAL: text16("Cleo"),
        SERIES: text16("every Monday from 08:30 to 09:30"),
    }

    assert shown(VISIT | {FROM_MAIL: text16("judith@example.com")}, named).splitlines() == [
        "Subject: Pumps",
        "",
        "Begins: Monday, 2026-07-06, 08:30 (W. Europe time, UTC+2)",
        "Ends: Monday, 2026-07-06, 09:30 (W. Europe time, UTC+2)",
        "Repeats: every Monday from 08:30 to 09:30",
        "Place: Hall B",
        'Organizer: "Maren, Judith" <judith@example.com>',
        "Participants: Berg, Anna; Ben",
        "Need not come: Cleo",
    ]


def a_participant(name: str, kind: int, answer: int = 0, flags: int = 1) -> outlook.Values:
    address = text16(f"{name.lower()}@example.com")
    facts = {0x3001: text16(name), 0x39FE: address, 0x0C15: number(kind), 0x5FFF: number(answer)}
    return facts | {0x5FFD: number(flags)}


def test_participants_are_named_with_their_answers_where_the_file_has_them():
    people = [
        a_participant("Judith", 1, flags=3),
        a_participant("Anna", 1, 3),
        a_participant("Ben", 1),
        a_participant("Cleo", 2, 4),
    ]
    file = outlook.msg(VISIT, named=IN_JULY, recipients=people)

    _, (_, content) = told(documents_in(a_mail_with(file, "a.msg", text="see there")))

    assert content.decode().splitlines()[4:] == [
        "Organizer: Maren, Judith",
        'Participant: "Anna" <anna@example.com> (accepted)',
        'Participant: "Ben" <ben@example.com>',
        'Need not come: "Cleo" <cleo@example.com> (declined)',
    ]


def test_the_text_of_an_appointment_stands_below_its_facts():
    html = (outlook.BINARY, b"<html><body><p>Bring the plans</p></body></html>")
    text = shown(VISIT | {TEXT_ID: text16("Bring the plans")}, IN_JULY | {ZONE: BERLIN})

    assert text.splitlines()[0::5] == ["Subject: Pumps", "Bring the plans"]
    assert "<br>Ends: Monday, 2026-07-06, 07:30 (UTC)<br>" in shown(VISIT | {HTML_ID: html}, IN_JULY)


@pytest.mark.parametrize(
    ("zone", "utc", "words"),
    [
        ({}, "2026-07-06 06:30", "Monday, 2026-07-06, 06:30 (UTC)"),
        ({ZONE: BERLIN}, "2026-12-06 23:30", "Monday, 2026-12-07, 00:30 (W. Europe time, UTC+1)"),
        (
            {ZONE: (outlook.BINARY, a_zone("Customized Time Zone", 210, bytes(16), bytes(16)))},
            "2026-07-06 06:30",
            "Monday, 2026-07-06, 03:00 (UTC-3:30)",
        ),
        (
            {
                OLD_ZONE: (
                    outlook.BINARY,
                    struct.pack("<3i2x16s2x16s", -60, 0, -60, LAST_OF_OCTOBER, LAST_OF_MARCH),
                ),
                OLD_ZONE_NAME: text16("(UTC+01:00) Amsterdam, Berlin"),
            },
            "2026-07-06 06:30",
            "Monday, 2026-07-06, 08:30 (Amsterdam, Berlin, UTC+2)",
        ),
        ({ZONE: (outlook.BINARY, BERLIN[1][:50])}, "2026-07-06 06:30", "Monday, 2026-07-06, 06:30 (UTC)"),
    ],
)
def test_a_moment_is_what_clocks_show_where_the_appointment_was_made(zone, utc, words):
    assert f"Begins: {words}" in shown(VISIT, {BEGINS: moment(utc)} | zone).splitlines()


@pytest.mark.parametrize("zone", [{}, {ZONE: BERLIN}])
def test_a_whole_day_ends_on_its_last_one_in_any_zone(zone):
    days = {BEGINS: moment("2026-12-23 23:00"), ENDS: moment("2026-12-25 23:00"), WHOLE_DAY: number(1)}

    lines = shown(VISIT, days | zone).splitlines()

    assert lines[2:4] == ["Begins: Thursday, 2026-12-24", "Ends: Friday, 2026-12-25"]


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        ("IPM.Schedule.Meeting.Request", "Invitation"),
        ("IPM.Schedule.Meeting.Canceled", "Cancellation"),
        ("IPM.Schedule.Meeting.Resp.Neg", "Answer to an invitation: declined"),
    ],
)
def test_what_is_sent_about_a_meeting_says_who_sent_it_and_what_it_is(kind, called):
    values = {CLASS: text16(kind), SENDER: text16("Judith"), TO: text16("Anna"), SUBJECT_ID: text16("Pumps")}

    assert shown(values, IN_JULY | {(MEETING, 2): text16("Hall B")}).splitlines() == [
        "From: Judith",
        "To: Anna",
        "Subject: Pumps",
        "",
        f"Kind: {called}",
        "Begins: Monday, 2026-07-06, 06:30 (UTC)",
        "Ends: Monday, 2026-07-06, 07:30 (UTC)",
        "Place: Hall B",
    ]


def test_a_task_says_until_when_and_how_far_it_is():
    named = {
        (TASK, 0x8105): moment("2026-12-24 00:00"),
        (TASK, 0x8101): number(1),
        (TASK, 0x8102): (outlook.FLOAT, struct.pack("<d", 0.4)),
        (TASK, 0x811F): text16("Anna"),
    }

    assert shown({CLASS: text16("IPM.Task"), SUBJECT_ID: text16("Seal")}, named).splitlines() == [
        "Subject: Seal",
        "",
        "Due: 2026-12-24",
        "Status: Begun",
        "Done: 40%",
        "Owner: Anna",
    ]


def test_a_contact_says_how_to_reach_it():
    values = {
        CLASS: text16("IPM.Contact"),
        SUBJECT_ID: text16("Anna Berg"),
        0x3001: text16("Anna Berg"),
        0x3A16: text16("Pumps Ltd"),
        0x3A08: text16("+49 30 1"),
        0x3A24: text16("+49 30 2"),
        0x3A42: moment("1979-12-23 23:00"),
    }
    named = {
        (ADDRESS, 0x8083): text16("anna@example.com"),
        (ADDRESS, 0x8093): text16("/O=EXAMPLE/CN=ANNA"),
        (ADDRESS, 0x801B): text16("Mill Lane 12\r\nHarwick"),
    }

    assert shown(values, named).splitlines() == [
        "Subject: Anna Berg",
        "",
        "Company: Pumps Ltd",
        "Telephone (work): +49 30 1",
        "Fax (work): +49 30 2",
        "Mail: anna@example.com",
        "Address (work): Mill Lane 12, Harwick",
        "Birthday: 1979-12-24",
    ]


@pytest.mark.parametrize("text", ["", "Bring the plans"])
def test_an_invitation_in_winmail_dat_says_when(text):
    values = {SUBJECT_ID: text16("Pumps"), TEXT_ID: text16(text)}
    winmail = outlook.winmail(
        outlook.attribute(1, 0x00078008, b"IPM.Microsoft Schedule.MtgReq\0"),
        outlook.message(values, IN_JULY | {ZONE: BERLIN}),
    )

    ((_, content),) = told(documents_in(a_mail_with(winmail, "winmail.dat")))

    assert content.decode().splitlines()[:2] == [
        "Kind: Invitation",
        "Begins: Monday, 2026-07-06, 08:30 (W. Europe time, UTC+2)",
    ]
    assert content.decode().endswith(text)


def test_a_mail_of_outlook_says_nothing_more_than_before():
    assert shown({CLASS: text16("IPM.Note"), TEXT_ID: text16("Hello")}, IN_JULY) == "Hello"


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda junk: BERLIN[1][:60] + junk))
def test_any_bytes_are_a_zone_or_none(data):
    for found in (outlook_zones.defined(data), outlook_zones.described(data, "Berlin")):
        assert found is None or found.zone.standard > -3000


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 1))
def test_any_moments_are_shown_or_left_out(begins, ends, whole):
    named = {BEGINS: (outlook.TIME, struct.pack("<Q", begins)), ENDS: (outlook.TIME, struct.pack("<Q", ends))}

    assert "Subject: Pumps" in shown(VISIT, named | {WHOLE_DAY: number(whole), ZONE: BERLIN})
