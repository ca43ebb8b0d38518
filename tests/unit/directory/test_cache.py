from datetime import timedelta

import pytest

from gateway.config.people import DirectorySection
from gateway.directory.cache import CachedDirectory, CacheFile
from gateway.errors import DirectoryUnavailable
from gateway.model.sender import Person
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory

ANN = Person("ann@example.com", groups=frozenset({"Staff"}), addresses=frozenset({"ann@example.com"}))
SECTION = DirectorySection(
    cache=timedelta(minutes=15), negative_cache=timedelta(minutes=1), stale=timedelta(days=3)
)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def people():
    return FakeDirectory(ANN)


@pytest.fixture
def opened(tmp_path, people, clock):
    """Opens the cache, as each process and each restart does."""
    files = []

    def open_cache(section=SECTION):
        files.append(CacheFile(tmp_path / "cache.db"))
        return CachedDirectory(people, "staff", section, files[-1], clock)

    yield open_cache
    for file in files:
        file.close()


async def test_a_person_is_asked_for_once_in_a_while(opened, people, clock):
    cached = opened()

    assert [await cached.find(mail) for mail in ("ann@example.com", "ANN@example.com")] == [ANN, ANN]
    clock.advance(timedelta(minutes=14))
    assert await cached.find("ann@example.com") == ANN
    assert len(people.asked) == 1

    clock.advance(timedelta(minutes=2))
    await cached.find("ann@example.com")
    assert len(people.asked) == 2


async def test_that_there_is_nobody_is_believed_for_a_shorter_time(opened, people, clock):
    cached = opened()
    assert await cached.find("bob@example.com") is None
    people.knows(Person("bob@example.com"))
    assert await cached.find("bob@example.com") is None

    clock.advance(timedelta(minutes=2))

    assert await cached.find("bob@example.com") == Person("bob@example.com")


async def test_an_old_answer_is_used_while_the_directory_is_away(opened, people, clock):
    cached = opened()
    await cached.find("ann@example.com")
    people.is_away = True
    clock.advance(timedelta(days=2))

    answer = await cached.look_up("ann@example.com")

    assert (answer.person, answer.is_stale) == (ANN, True)
    assert clock.now() - answer.asked_at == timedelta(days=2)


async def test_a_directory_that_is_away_is_not_asked_by_everybody(opened, people, clock):
    cached = opened()
    await cached.find("ann@example.com")
    people.is_away = True
    clock.advance(timedelta(hours=1))

    for _ in range(5):
        await cached.find("ann@example.com")

    assert len(people.asked) == 2


async def test_a_directory_that_came_back_is_believed(opened, people, clock):
    cached = opened()
    await cached.find("ann@example.com")
    people.is_away = True
    clock.advance(timedelta(hours=1))
    await cached.find("ann@example.com")
    people.is_away = False
    people.forget("ann@example.com")

    clock.advance(timedelta(seconds=11))

    assert await cached.find("ann@example.com") is None


async def test_too_old_an_answer_is_none(opened, people, clock):
    cached = opened()
    await cached.find("ann@example.com")
    people.is_away = True
    clock.advance(timedelta(days=4))

    with pytest.raises(DirectoryUnavailable):
        await cached.find("ann@example.com")


async def test_nobody_is_unknown_because_the_directory_is_away(opened, people, clock):
    cached = opened()
    assert await cached.find("bob@example.com") is None
    people.is_away = True
    clock.advance(timedelta(minutes=2))

    with pytest.raises(DirectoryUnavailable):
        await cached.find("bob@example.com")


async def test_answers_survive_a_restart_and_are_shared_by_processes(opened, people):
    await opened().find("ann@example.com")

    answer = await opened().look_up("ann@example.com")

    assert (answer.person, answer.from_cache) == (ANN, True)
    assert len(people.asked) == 1


async def test_other_settings_have_other_answers(opened, people):
    await opened().find("ann@example.com")

    await opened(DirectorySection(filter="(mail={mail})")).find("ann@example.com")

    assert len(people.asked) == 2


def test_nobody_else_reads_the_file(opened, tmp_path):
    opened()

    assert (tmp_path / "cache.db").stat().st_mode & 0o077 == 0
