"""faxgw user: who may send with a password."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from gateway.cli.options import config_options, json_option, load_config, show_json, show_table
from gateway.errors import ConfigError, GatewayError

_T = TypeVar("_T")


@click.group()
def user() -> None:
    """Who may send mails to the gateway with a password (the users file of [smtp])."""


@user.command("add")
@config_options
@click.option(
    "--mail",
    "mailboxes",
    multiple=True,
    metavar="MAIL",
    help="May send only from this address. May be repeated.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.argument("name")
def add(
    *,
    config_file: Path,
    overrides: tuple[str, ...],
    mailboxes: tuple[str, ...],
    password_stdin: bool,
    name: str,
) -> None:
    """Add a user, or give one a new password."""
    from gateway.intake.users import set_user
    from gateway.model.secret import Secret

    path = _users_file(config_file, overrides)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password:
        raise click.UsageError("The password is empty.")
    _or_say_why(path, lambda: set_user(path, name, mailboxes, Secret(password)))


@user.command("remove")
@config_options
@click.argument("name")
def remove(config_file: Path, overrides: tuple[str, ...], name: str) -> None:
    """Remove a user."""
    from gateway.intake.users import remove_user

    path = _users_file(config_file, overrides)
    if not _or_say_why(path, lambda: remove_user(path, name)):
        raise GatewayError(f'There is no user "{name}" in {path}.')


@user.command("list")
@config_options
@json_option
def list_users(config_file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Show everybody; never a password."""
    from gateway.intake.users import UsersFile

    path = _users_file(config_file, overrides)
    users = _or_say_why(path, lambda: UsersFile(path).users()) if path.exists() else {}
    logins = [found.login for found in users.values()]
    if as_json:
        show_json([{"name": login.name, "mailboxes": list(login.mailboxes)} for login in logins])
    else:
        show_table(
            ("NAME", "MAY SEND FROM"), [(u.name, ", ".join(u.mailboxes) or "any address") for u in logins]
        )


def _users_file(config_file: Path, overrides: tuple[str, ...]) -> Path:
    path = load_config(config_file, overrides).smtp.users
    if path is None:
        raise ConfigError('smtp.users: names no file. Write for example users = "/etc/faxgw/users".')
    return path


def _or_say_why(path: Path, work: Callable[[], _T]) -> _T:
    """The result of the work; a file that cannot be read or written is one line."""
    try:
        return work()
    except OSError as error:
        raise GatewayError(f"{path}: {error.strerror}. Run this as the user who owns it.") from error
