"""Several directories in order, and logins by them."""

import pytest

from gateway.config.people import DirectorySection
from gateway.directory.cache import CachedDirectory, CacheFile
from gateway.directory.directories import Directories
from gateway.directory.logins import DirectoryLogins
from gateway.errors import DirectoryUnavailable
from gateway.model.secret import Secret
from gateway.model.sender import Person
from gateway.ports.authenticator import Login
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory

ANN, BOB = Person("ann@example.com", user="ann"), Person("bob@example.com", user="bob")


@pytest.fixture
def first():
    return FakeDirectory(ANN)


@pytest.fixture
def second():
    second = FakeDirectory(Person("ann@example.com", name="Another Ann"))
    second.knows(BOB, password="pw")
    return second


@pytest.fixture
def directories(tmp_path, first, second):
    file = CacheFile(tmp_path / "cache.db")
    yield Directories(
        [
            CachedDirectory(directory, name, DirectorySection(), file, FakeClock())
            for name, directory in (("first", first), ("second", second))
        ]
    )
    file.close()


async def test_the_first_directory_that_knows_a_person_decides(directories, second):
    assert await directories.find("ann@example.com") == ANN
    assert second.asked == []


async def test_the_next_one_is_asked_for_who_is_not_in_the_first(directories):
    answers = await directories.look_up("bob@example.com")

    assert [(answer.directory, answer.person) for answer in answers] == [("first", None), ("second", BOB)]


async def test_a_later_directory_does_not_decide_while_an_earlier_one_is_away(directories, first):
    first.is_away = True

    with pytest.raises(DirectoryUnavailable):
        await directories.find("bob@example.com")


async def test_a_login_works_by_any_directory_that_answers(directories, first):
    first.is_away = True

    assert await directories.authenticate("bob", Secret("pw")) == BOB
    with pytest.raises(DirectoryUnavailable):
        await directories.authenticate("bob", Secret("wrong"))


async def test_who_logs_in_may_send_from_his_own_addresses(directories, second):
    carl = Person("carl@example.com", user="carl", addresses=frozenset({"carl@example.com", "c@example.com"}))
    second.knows(carl, password="pw")

    login = await DirectoryLogins(directories).login("carl", Secret("pw"))

    assert login == Login("carl", ("c@example.com", "carl@example.com"))
    assert not login.may_send_as("bob@example.com")


async def test_a_login_without_an_address_may_send_from_none(second):
    second.knows(Person("", user="robot"), password="pw")

    assert await DirectoryLogins(second).login("robot", Secret("pw")) is None


async def test_local_users_come_first(second):
    class Local:
        async def login(self, name, password):
            return Login(name) if password.reveal() == "local" else None

    second.is_away = True
    logins = DirectoryLogins(second, Local())

    assert await logins.login("bob", Secret("local")) == Login("bob")
    with pytest.raises(DirectoryUnavailable):
        await logins.login("bob", Secret("pw"))
