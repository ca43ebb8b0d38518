"""The users file: who may log in at the SMTP listener, with a hash of each password.

One user a line, `name:mailbox,mailbox:scrypt$N$r$p$salt$hash` (base64); `faxgw user` writes it. It is read
again when it changes, so that no restart is needed.

Spec: RFC 7914 (scrypt); the cost is that of OWASP's password storage cheat sheet.
"""

import asyncio
import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ConfigError, TemporaryError
from gateway.model.secret import Secret
from gateway.ports.authenticator import Login

_N, _R, _P = 2**14, 8, 5  # 16 MB and some 0.2 s a check
_NAME = re.compile(r"[^\s:,$\x00-\x1f]{1,128}")
_MAILBOX = re.compile(r"[^\s:,@<>]+@[^\s:,@<>]+")
_CHECKS_AT_ONCE = 2  # passwords: strangers must not have all processors


@dataclass(frozen=True, slots=True)
class User:
    """A line of the file."""

    login: Login
    hashed: str

    def has(self, password: Secret) -> bool:
        """Whether this is the user's password. Takes its time on purpose."""
        _, n, r, p, salt, wanted = self.hashed.split("$")
        found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(found, base64.b64decode(wanted))


class UsersFile:
    """The users of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: Mapping[str, User] = {}
        self._nobody = User(Login(""), hashed(Secret("")))
        self._turn = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def login(self, name: str, password: Secret) -> Login | None:
        """Promised at `gateway.ports.authenticator.Authenticator`."""
        try:
            user = self.users().get(name.casefold())
        except (OSError, ConfigError) as error:
            raise TemporaryError(f"The users file cannot be read: {error}") from error
        async with self._turn:
            right = await asyncio.to_thread((user or self._nobody).has, password)
        return user.login if user is not None and right else None

    def users(self) -> Mapping[str, User]:
        """Everybody in the file, by name in lower case.

        Raises:
            OSError: there is no such file.
            ConfigError: a line is not a user.
        """
        facts = self._path.stat()
        stamp = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
        if stamp != self._stamp:
            self._users = _read(self._path)
            self._stamp = stamp
        return self._users


def set_user(path: Path, name: str, mailboxes: tuple[str, ...], password: Secret) -> None:
    """The file has this user, with this password and no other.

    Raises:
        ConfigError: the name or a mailbox cannot be kept.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f'"{name}" cannot be a user: no spaces, ":", "," and "$" in the name.')
    for mailbox in mailboxes:
        if not _MAILBOX.fullmatch(mailbox):
            raise ConfigError(f'"{mailbox}" is not a mail address.')
    with _changing(path) as users:
        users[name.casefold()] = User(Login(name, mailboxes), hashed(password))


def remove_user(path: Path, name: str) -> bool:
    """Whether the user was there; it is not any more."""
    with _changing(path) as users:
        return users.pop(name.casefold(), None) is not None


def hashed(password: Secret) -> str:
    """The password as the file keeps it."""
    salt = os.urandom(16)
    key = _scrypt(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def _scrypt(password: Secret, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.reveal().encode("utf-8", "surrogatepass"),
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=256 * n * r,
        dklen=32,
    )


def _read(path: Path) -> dict[str, User]:
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, mailboxes, key = [*line.split(":", 2), "", ""][:3]
        if not _NAME.fullmatch(name) or not _is_hash(key):
            raise ConfigError(f"{path}, line {number}: this is not a user. Write it with `faxgw user add`.")
        login = Login(name, tuple(box for box in mailboxes.split(",") if box))
        found[name.casefold()] = User(login, key)
    return found


def _is_hash(text: str) -> bool:
    parts = text.split("$")
    try:
        n, r, p = (int(part) for part in parts[1:4])
        base64.b64decode(parts[4], validate=True)
        length = len(base64.b64decode(parts[5], validate=True))
    except (ValueError, IndexError, binascii.Error):
        return False
    return parts[0] == "scrypt" and len(parts) == 6 and length == 32 and n * r <= 2**20 and 1 <= p <= 16


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, User]]:
    """The users, to be changed; the new file is there in one step, for its owner's eyes only."""
    lock = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        users = _read(path) if path.exists() else {}
        yield users
        lines = [f"{u.login.name}:{','.join(u.login.mailboxes)}:{u.hashed}\n" for u in users.values()]
        fresh = path.with_name(f".{path.name}.new")
        file = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            if path.exists():
                owner = path.stat()
                os.fchown(file, owner.st_uid, owner.st_gid)
                os.fchmod(file, owner.st_mode & 0o777)
            os.write(file, "".join(lines).encode())
            os.fsync(file)
        finally:
            os.close(file)
        fresh.replace(path)
    finally:
        os.close(lock)
