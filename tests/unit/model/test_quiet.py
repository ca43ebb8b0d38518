from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.quiet import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours.read("22:00-06:30", BERLIN, ["low", "normal"])
OFFICE = QuietHours.read("08:00-18:00", BERLIN, ["low"])


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("2026-11-22 21:59", 0),
        ("2026-11-22 22:00", 8.5),
        ("2026-11-23 00:30", 6),
        ("2026-11-23 06:30", 0),
        ("2026-11-23 12:00", 0),
    ],
)
def test_a_night_lasts_until_the_morning(at, hours):
    assert NIGHT.wait(berlin(at).astimezone(UTC), "") == timedelta(hours=hours)


def test_hours_of_one_day_end_on_that_day():
    assert OFFICE.wait(berlin("2026-11-23 17:00"), "low") == timedelta(hours=1)
    assert OFFICE.wait(berlin("2026-11-23 18:00"), "low") == timedelta()


@pytest.mark.parametrize(
    ("priority", "waits"), [("urgent", False), ("high", False), ("low", True), ("", True)]
)
def test_only_the_priorities_that_are_named_wait(priority, waits):
    assert bool(NIGHT.wait(berlin("2026-11-22 23:00"), priority)) is waits


def test_the_night_in_which_clocks_change_is_shorter():
    assert NIGHT.wait(berlin("2026-03-28 22:30"), "low") == timedelta(hours=7)


@pytest.mark.parametrize("minutes", range(0, 240, 15))
def test_an_hour_that_comes_twice_ends_the_night_at_one_of_its_ends(minutes):
    night = QuietHours.read("22:00-02:30", BERLIN, ["low"])
    now = datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(minutes=minutes)

    wait = night.wait(now, "low")

    assert timedelta() <= wait <= timedelta(hours=4)


@pytest.mark.parametrize("text", ["", "22-6", "22:00", "24:00-06:00", "22:60-06:00", "22:00-22:00", "a"])
def test_what_is_no_time_of_the_day_is_refused(text):
    with pytest.raises(ValueError, match=r"must be two times|begins when it ends"):
        QuietHours.read(text, BERLIN, ["low"])


@given(st.timedeltas(timedelta(), timedelta(days=366)))
def test_who_has_waited_may_go(since):
    now = datetime(2026, 1, 1, tzinfo=UTC) + since

    wait = NIGHT.wait(now, "low")

    assert timedelta() <= wait <= timedelta(hours=10)
    assert NIGHT.wait(now + wait, "low") == timedelta()
