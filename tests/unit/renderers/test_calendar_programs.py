"""Calendar entries as Outlook, Exchange, Google, Apple, Thunderbird and Evolution write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderers.builtin.calendar_words import lasting, repeated
from renderers.builtin.card_entries import entries

OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;CN="Berg, Anna";RSVP=TRUE:mailto:anna@example.com
ATTENDEE;CN=ben@example.com;ROLE=OPT-PARTICIPANT;RSVP=TRUE:mailto:ben@example.com
DTEND;TZID="W. Europe Standard Time":20260706T093000
DTSTART;TZID="W. Europe Standard Time":20260706T083000
EXDATE;TZID="W. Europe Standard Time":20260720T083000,20260803T083000
LOCATION:Hall B
ORGANIZER;CN="Maren, Judith":mailto:judith@example.com
RRULE:FREQ=WEEKLY;UNTIL=20261228T073000Z;INTERVAL=2;BYDAY=MO;WKST=MO
SUMMARY;LANGUAGE=en-us:Pumps
END:VEVENT
END:VCALENDAR
"""


def test_a_series_of_outlook_says_how_often_where_and_who():
    (entry,) = entries(OUTLOOK.replace("\n", "\r\n"))

    assert entry.rows == {
        "METHOD": ["Invitation"],
        "SUMMARY": ["Pumps"],
        "DTSTART": ["Monday, 2026-07-06, 08:30 (W. Europe time, UTC+2)"],
        "DTEND": ["Monday, 2026-07-06, 09:30 (W. Europe time, UTC+2)"],
        "RRULE": ["every 2 weeks on Monday, until 2026-12-28"],
        "EXDATE": ["2026-07-20; 2026-08-03"],
        "LOCATION": ["Hall B"],
        "ORGANIZER": ["Maren, Judith <judith@example.com>"],
        "ATTENDEE": ["Berg, Anna <anna@example.com>", "ben@example.com (need not come)"],
    }


def begins(text: str) -> str:
    (entry,) = entries(text)
    (said,) = entry.rows["DTSTART"]
    return said


def an_event(*lines: str, calendar: str = "") -> str:
    return f"BEGIN:VCALENDAR\n{calendar}BEGIN:VEVENT\n" + "\n".join(lines) + "\nEND:VEVENT\nEND:VCALENDAR"


def a_zone(name: str, standard: str, summer: str = "") -> str:
    """A VTIMEZONE; each part is its offset, when it begins, and its rule."""
    parts = ""
    for kind, said in (("STANDARD", standard), ("DAYLIGHT", summer)):
        if said:
            offset, start, rule = said.split()
            parts += f"BEGIN:{kind}\nDTSTART:{start}\nRRULE:{rule}\nTZOFFSETTO:{offset}\nEND:{kind}\n"
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{parts}END:VTIMEZONE\n"


SYDNEY = a_zone(
    "Custom Time Zone 1",
    "+1000 20080406T030000 FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
    "+1100 20081005T020000 FREQ=YEARLY;BYMONTH=10;BYDAY=1SU",
)
OLD_OUTLOOK = a_zone(
    "GMT -0500 (Standard) / GMT -0400 (Daylight)",
    "-0500 20071104T020000 FREQ=YEARLY;BYMONTH=11;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7",
    "-0400 20070311T020000 FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14",
)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        # Google's invitations say UTC, and where their calendar is.
        (
            an_event("DTSTART:20260706T063000Z", calendar="X-WR-TIMEZONE:Europe/Berlin\n"),
            "Monday, 2026-07-06, 08:30 (Europe/Berlin, UTC+2)",
        ),
        (an_event("DTSTART:20260706T063000Z"), "Monday, 2026-07-06, 06:30 (UTC)"),
        (
            an_event("DTSTART;TZID=America/St_Johns:20260706T083000"),
            "Monday, 2026-07-06, 08:30 (America/St_Johns, UTC-2:30)",
        ),
        # Evolution and Thunderbird
        (
            an_event("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Rome:20261102T083000"),
            "Monday, 2026-11-02, 08:30 (Europe/Rome, UTC+1)",
        ),
        # Exchange, with zones that its users made
        (
            an_event("DTSTART;TZID=Custom Time Zone 1:20260706T083000", calendar=SYDNEY),
            "Monday, 2026-07-06, 08:30 (UTC+10)",
        ),
        (
            an_event("DTSTART;TZID=Custom Time Zone 1:20261207T083000", calendar=SYDNEY),
            "Monday, 2026-12-07, 08:30 (UTC+11)",
        ),
        (
            an_event("DTSTART;TZID=tzone://Microsoft/Utc:20260706T083000"),
            "Monday, 2026-07-06, 08:30 (UTC)",
        ),
        (
            an_event("DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20260706T083000"),
            "Monday, 2026-07-06, 08:30 (Amsterdam, Berlin)",
        ),
        (
            an_event(
                'DTSTART;TZID="GMT -0500 (Standard) / GMT -0400 (Daylight)":20260308T043000',
                calendar=OLD_OUTLOOK,
            ),
            "Sunday, 2026-03-08, 04:30 (GMT -0500 (Standard) / GMT -0400 (Daylight), UTC-4)",
        ),
        # Apple's birthdays and free hours
        (an_event("DTSTART;VALUE=DATE:20260706"), "Monday, 2026-07-06"),
        (an_event("DTSTART:20260706T083000"), "Monday, 2026-07-06, 08:30"),
        (
            an_event("DTSTART;TZID=../../etc/passwd:20260706T083000"),
            "Monday, 2026-07-06, 08:30 (../../etc/passwd)",
        ),
        (an_event("DTSTART:next week"), "next week"),
    ],
)
def test_a_moment_is_what_clocks_show_there(event, shown):
    assert begins(event) == shown


def test_utc_is_shown_in_the_only_zone_that_a_calendar_describes():
    assert (
        begins(an_event("DTSTART:20261206T220000Z", calendar=SYDNEY)) == "Monday, 2026-12-07, 09:00 (UTC+11)"
    )
    assert (
        begins(an_event("DTSTART:20260706T220000Z", calendar=SYDNEY)) == "Tuesday, 2026-07-07, 08:00 (UTC+10)"
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "every 3 days, 5 times"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every week on Monday to Friday"),
        ("FREQ=WEEKLY;BYDAY=TU,TH;WKST=SU", "every week on Tuesday and Thursday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "every month on days 1 and 15 and the last day"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on the 2nd Tuesday"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "every month on the 2nd Tuesday"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "every month on the 1st Monday and the 3rd Monday"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "every month on the last weekday (Monday to Friday)",
        ),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "every month on Friday, if it is day 13"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;BYMONTHDAY=24;BYMONTH=12", "every year on 24 December"),
        ("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "every year on the last Sunday in March"),
        ("FREQ=YEARLY;UNTIL=20301224", "every year, until 20301224"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year on Monday (BYWEEKNO=20)"),
        ("FREQ=MONTHLY;BYDAY=-2FR", "every month on the 2nd to last Friday"),
        ("FREQ=SOMETIMES", "FREQ=SOMETIMES"),
        ("FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=XX"),
        ("FREQ=YEARLY;BYMONTH=0", "FREQ=YEARLY;BYMONTH=0"),
        ("every now and then", "every now and then"),
    ],
)
def test_a_recurrence_is_told_in_words(rule, words):
    assert repeated(rule, str) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        ("PT1H30M", "1 hour, 30 minutes"),
        ("P2D", "2 days"),
        ("P1W", "1 week"),
        ("PT0S", "PT0S"),
        ("long", "long"),
    ],
)
def test_a_duration_is_told_in_words(duration, words):
    assert lasting(duration) == words


def test_answers_cancellations_and_single_dates_of_a_series_are_called_so():
    text = an_event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260720T083000",
        "DTSTART;TZID=Europe/Berlin:20260721T083000",
        "ATTENDEE;PARTSTAT=DECLINED;CN=Ben:MAILTO:ben@example.com",
        "STATUS:CONFIRMED",
        calendar="METHOD:REPLY\n",
    )

    (entry,) = entries(text)

    assert entry.rows == {
        "METHOD": ["Answer to an invitation"],
        "RECURRENCE-ID": ["Monday, 2026-07-20, 08:30 (Europe/Berlin, UTC+2)"],
        "DTSTART": ["Tuesday, 2026-07-21, 08:30 (Europe/Berlin, UTC+2)"],
        "ATTENDEE": ["Ben <ben@example.com> (declined)"],
        "STATUS": ["Confirmed"],
    }


def test_a_text_that_google_wrote_as_html_is_shown_without_its_tags():
    (entry,) = entries(
        an_event('DESCRIPTION:Bring <b>both</b> plans\\, A &amp\\; B.<br><br><a href="x">Map</a>')
    )

    assert entry.rows["DESCRIPTION"] == ["Bring both plans, A & B.\n\nMap"]


def test_a_task_says_how_far_it_is():
    lines = ("SUMMARY:Seal", "DUE;VALUE=DATE:20261224", "PERCENT-COMPLETE:40", "STATUS:IN-PROCESS")
    task = "\n".join(("BEGIN:VTODO", *lines, "END:VTODO"))

    (entry,) = entries(task)

    assert entry.rows == {
        "SUMMARY": ["Seal"],
        "DUE": ["Thursday, 2026-12-24"],
        "PERCENT-COMPLETE": ["40 %"],
        "STATUS": ["In process"],
    }


PIECES = st.sampled_from(
    [
        "FREQ=",
        "MONTHLY",
        ";BYDAY=",
        "-1SU",
        "2TU",
        ",",
        ";BYMONTHDAY=",
        "-1",
        "31",
        "0",
        ";UNTIL=20261224",
        ";",
    ]
)


@given(st.lists(PIECES).map("".join) | st.text())
def test_any_rule_has_some_words(rule):
    assert isinstance(repeated(rule, str), str)


@given(st.lists(st.sampled_from([*SYDNEY.splitlines(), *OUTLOOK.splitlines(), "DTSTART:1T", "RRULE:"])))
def test_zones_in_any_order_of_lines_are_read_without_an_error(lines):
    entries("\n".join(lines))
