from datetime import UTC, datetime

import pytest

from gateway.errors import ConfigError
from gateway.sending.header import HeaderLine

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def lines(header: HeaderLine, page_count: int = 2) -> list[str]:
    return header.lines(station_id="+49 30 1", sender="Ann", number="+4940", page_count=page_count, at=NOON)


def test_every_page_says_who_when_and_which_page_it_is():
    header = HeaderLine("{station_id}   {sender}   {date}   page {page} of {pages}", "Europe/Berlin")

    assert lines(header) == [
        "+49 30 1   Ann   2026-03-04 13:00   page 1 of 2",
        "+49 30 1   Ann   2026-03-04 13:00   page 2 of 2",
    ]


def test_without_a_template_there_is_no_header():
    assert lines(HeaderLine("")) == []


@pytest.mark.parametrize(
    ("template", "timezone", "says"),
    [
        ("{pagina}", "", 'unknown field "{pagina}"'),
        ("{page", "", "expected '}'"),
        ("{}", "", "unknown field"),
        ("{page:zz}", "", "sending.header"),
        ("{date}", "Mars/Olympus", "no IANA time zone"),
    ],
)
def test_a_header_that_cannot_be_printed_is_a_mistake_in_the_configuration(template, timezone, says):
    with pytest.raises(ConfigError, match=says):
        HeaderLine(template, timezone)
