"""The users file: written by a command, read by the listener, again when it changes."""

import pytest

from gateway.errors import ConfigError, TemporaryError
from gateway.intake.users import UsersFile, remove_user, set_user
from gateway.model.secret import Secret

RIGHT, WRONG = Secret("pass word:$\u00e9"), Secret("password")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "users"


async def test_who_was_added_may_log_in_with_his_password_only(path):
    set_user(path, "Anna", ("anna@example.com",), RIGHT)
    users = UsersFile(path)

    login = await users.login("anna", RIGHT)

    assert login.name == "Anna"
    assert login.may_send_as("ANNA@example.com")
    assert not login.may_send_as("boss@example.com")
    assert await users.login("anna", WRONG) is None
    assert await users.login("nobody", RIGHT) is None
    assert await users.login("", Secret("")) is None


async def test_a_changed_file_counts_at_once(path):
    set_user(path, "anna", (), WRONG)
    users = UsersFile(path)
    assert await users.login("anna", RIGHT) is None

    set_user(path, "anna", (), RIGHT)
    set_user(path, "bob", (), RIGHT)

    assert (await users.login("anna", RIGHT)).may_send_as("anybody@example.com")
    assert remove_user(path, "ANNA")
    assert not remove_user(path, "anna")
    assert await users.login("anna", RIGHT) is None
    assert list(users.users()) == ["bob"]


def test_nobody_else_can_read_the_hashes_and_no_password_is_in_the_file(path):
    set_user(path, "anna", (), RIGHT)

    assert path.stat().st_mode & 0o777 == 0o600
    assert RIGHT.reveal() not in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["users"]


async def test_without_the_file_nothing_is_said_about_a_password(path):
    with pytest.raises(TemporaryError, match="cannot be read"):
        await UsersFile(path).login("anna", RIGHT)


@pytest.mark.parametrize(
    "line", ["anna", "anna::", "anna::scrypt$1$2$3$4", "anna::scrypt$9999999$8$1$AA==$AA==", "a b::x", ":::"]
)
def test_a_broken_line_is_named(path, line):
    path.write_text(f"# users\n\n{line}\n")

    with pytest.raises(ConfigError, match="line 3"):
        UsersFile(path).users()


@pytest.mark.parametrize(("name", "mailbox"), [("a:b", "a@b"), ("", "a@b"), ("a\nb", "a@b"), ("a", "a,b@c")])
def test_what_the_file_cannot_keep_is_refused(path, name, mailbox):
    with pytest.raises(ConfigError):
        set_user(path, name, (mailbox,), RIGHT)

    assert not path.exists()
