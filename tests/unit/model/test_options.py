"""What a sender asks for is done, or remembered as not done."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.options import JobOptions, Wish

NOTHING = JobOptions()


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("resolution", "FINE", JobOptions(resolution="fine")),
        ("resolution", "coarse", JobOptions(resolution="standard")),
        ("resolution", "auto", JobOptions(resolution="auto")),
        ("resolution", "superfine", JobOptions(resolution="superfine")),
        ("priority", "normal", NOTHING),
        ("priority", "High", JobOptions(priority="high")),
        ("priority", "urgent", JobOptions(priority="urgent")),
        ("priority", "low", JobOptions(priority="low")),
        ("priority", "Bulk", JobOptions(priority="low")),
        ("priority", "soon", JobOptions(not_done=("as written",))),
        ("trunk", "main", JobOptions(trunk="main")),
        ("sub_address", "4711", JobOptions(sub_address="4711")),
        ("sub_address", "Ann", JobOptions(not_done=("as written",))),
        ("text", "on", NOTHING),
        ("send_at", "2026-12-01 08:30Z", JobOptions(send_at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC))),
        ("deadline", "2026-12-01 08:30Z", JobOptions(deadline=datetime(2026, 12, 1, 8, 30, tzinfo=UTC))),
        (
            "send_at",
            "2026-12-01-08:30:00+01:00",
            JobOptions(send_at=datetime(2026, 12, 1, 7, 30, tzinfo=UTC)),
        ),
        ("attempts", "3", JobOptions(attempts=3)),
        ("retries", "0", JobOptions(attempts=1)),
        ("billing_code", "4711", JobOptions(billing_code="4711")),
        ("cover", "off", JobOptions(cover="none")),
        ("cover", "On", JobOptions(cover="on")),
        ("cover", "letter", JobOptions(cover="letter")),
        ("cover", "../letter", JobOptions(not_done=("as written",))),
        ("note", "one\\ntwo", JobOptions(note="one\ntwo")),
        ("subject", "an offer", JobOptions(subject="an offer")),
        ("subject", "an\x1boffer", JobOptions(not_done=("as written",))),
        ("attempts", "0", JobOptions(not_done=("as written",))),
        ("send_at", "2026-13-01 08:30", JobOptions(not_done=("as written",))),
        ("not_done", "x", JobOptions(not_done=("as written",))),
    ],
)
def test_a_wish_is_done_or_remembered(name: str, value: str, options: JobOptions):
    assert NOTHING.with_wishes([Wish.of(name, value, "as written")]) == options


def test_what_was_said_first_is_not_overruled():
    wishes = [Wish.of("resolution", "fine"), Wish.of("resolution", "standard")]

    assert NOTHING.with_wishes(wishes).resolution == "fine"


@given(
    st.lists(
        st.builds(Wish.of, st.sampled_from(["resolution", "send_at", "retries", "header", "x"]), st.text())
    )
)
def test_options_come_back_from_the_queue_as_they_went_in(wishes: list[Wish]):
    options = NOTHING.with_wishes(wishes)

    assert JobOptions.from_json(options.to_json()) == options
