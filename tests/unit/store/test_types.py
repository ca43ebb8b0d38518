"""Times and texts come back from SQLite as they went in, and text order is time order."""

from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from gateway.store.types import Moment, Span, Words, later, now

SQLITE = sqlite.dialect()
aware = st.integers(86_400_000_000, 7_258_118_400_000_000).map(
    lambda us: datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=5))) + timedelta(microseconds=us)
)


def to_milliseconds(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


@given(aware)
def test_a_time_comes_back_in_utc_to_the_millisecond(moment: datetime):
    stored = Moment().process_bind_param(moment, SQLITE)

    assert Moment().process_result_value(stored, SQLITE) == to_milliseconds(moment)


@given(aware, aware)
def test_text_order_is_time_order(one: datetime, other: datetime):
    stored = [Moment().process_bind_param(moment, SQLITE) for moment in (one, other)]

    assert (stored[0] < stored[1]) == (to_milliseconds(one) < to_milliseconds(other))


def test_the_databases_clock_is_written_as_our_own_times_are():
    with sa.create_engine("sqlite://").connect() as connection:
        span = sa.bindparam("span", type_=Span)
        row = connection.execute(
            sa.select(now(), later(span), sa.type_coerce(now(), sa.Text)), {"span": timedelta(minutes=-90)}
        ).one()
    connection.engine.dispose()

    assert abs(row[0] - datetime.now(UTC)) < timedelta(seconds=5)
    assert abs(row[0] - row[1] - timedelta(minutes=90)) < timedelta(milliseconds=5)
    assert row[2] == Moment().process_bind_param(row[0], SQLITE)


@given(st.text(st.characters()))
def test_any_text_can_be_stored(text: str):
    stored = Words().process_bind_param(text, SQLITE)

    assert "\0" not in stored
    stored.encode("utf-8")
    if "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text):
        assert stored == text
