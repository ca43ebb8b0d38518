"""How many faxes somebody has sent, on both databases; and the query of a SQL directory on PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.config.people import DirectorySection
from gateway.directory.sql import SqlDirectory
from gateway.errors import DirectoryUnavailable
from gateway.model.ids import JobId
from gateway.model.lifecycle import JobEvent
from gateway.model.permission import Used
from tests.contract.queued import resolved, some_received
from tests.patience import PATIENCE

NOBODY = JobId("")


def today():
    return datetime.now(UTC).date()


async def test_faxes_of_a_sender_are_counted_whatever_the_case(store):
    await resolved(store.jobs, "+49301", "+49302")

    assert await store.jobs.used({"ANN@example.com", "x@y"}, today=today(), other_than=NOBODY) == Used(2, 2)
    assert await store.jobs.used({"bob@example.com"}, today=today(), other_than=NOBODY) == Used()


async def test_the_fax_in_question_failed_ones_and_unresolved_ones_do_not_count(store):
    this, cancelled, _ = await resolved(store.jobs, "+49301", "+49302", "+49303")
    await store.jobs.record(cancelled, JobEvent.WAS_CANCELLED)
    await some_received(store.jobs, "+49304")

    assert await store.jobs.used({"ann@example.com"}, today=today(), other_than=this.id) == Used(1, 1)


async def test_days_and_months_end(store):
    await resolved(store.jobs, "+49301")
    tomorrow, later = today() + timedelta(days=1), today() + timedelta(days=40)

    assert (await store.jobs.used({"ann@example.com"}, today=tomorrow, other_than=NOBODY)).today == 0
    assert await store.jobs.used({"ann@example.com"}, today=later, other_than=NOBODY) == Used()


@pytest.fixture
async def people(postgres_url):
    engine = sa.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE person (mail text, name text)"))
        connection.execute(sa.text("INSERT INTO person VALUES ('ann@example.com', 'Ann')"))
    engine.dispose()
    opened = []

    def open_directory(query, seconds=PATIENCE):
        timeout = timedelta(seconds=seconds)
        section = DirectorySection(kind="sql", url=postgres_url, query=query, timeout=timeout)
        opened.append(SqlDirectory("staff", section, postgres_url))
        return opened[-1]

    yield open_directory
    for directory in opened:
        await directory.close()


async def test_a_person_is_found_in_postgresql(people):
    directory = people("SELECT * FROM person WHERE mail = lower(:mail)")

    assert (await directory.find("ANN@example.com")).name == "Ann"
    assert await directory.find("' OR mail <> '@x") is None


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("DELETE FROM person WHERE mail = :mail RETURNING mail", PATIENCE),
        ("SELECT mail FROM persons WHERE mail = :mail", PATIENCE),
        ("SELECT mail, pg_sleep(3600) FROM person WHERE mail = :mail", 1),
    ],
)
async def test_a_query_that_writes_fails_or_takes_too_long_is_no_answer(people, query, seconds):
    directory = people(query, seconds)

    with pytest.raises(DirectoryUnavailable, match="The directory staff gives no answer"):
        await directory.find("ann@example.com")
    assert (await people("SELECT mail FROM person WHERE mail = :mail").find("ann@example.com")) is not None
