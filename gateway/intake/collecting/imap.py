"""An IMAP mailbox: mails that lie in one folder, announced by IDLE.

The key of a mail is its UIDVALIDITY and UID: no other mail of the folder ever has them (RFC 3501 2.3.1.1). A
settled mail is moved (RFC 6851, or copied and expunged), or deleted.

Everything that talks to the server runs in one thread of its own; imapclient waits in the kernel.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.config.sources import ImapSection
from gateway.errors import SourceUnavailable
from gateway.model.collected import Taken
from gateway.ports.mail_source import FoundMail

if TYPE_CHECKING:
    from imapclient import IMAPClient

T = TypeVar("T")
_ANSWER_WITHIN = 60.0  # seconds a command may take
_IDLE_AT_MOST = 29 * 60.0  # seconds; RFC 2177: a server may hang up after 30 minutes
_TOO_LARGE = "The mail is larger than this fax server takes. Send it in several parts."

_log = logging.getLogger("faxgw.collecting")

#: An access token for XOAUTH2 that is good now; called in a thread. Raises SourceUnavailable.
Token = Callable[[], str]


class ImapSource:
    """A `gateway.ports.mail_source.MailSource`."""

    answers = False

    def __init__(self, name: str, section: ImapSection, *, max_size: int) -> None:
        self.name = f"imap {name}"
        self._section = section
        self._max_size = max_size  # bytes; larger mails are not even fetched
        self._token = _token(section) if section.token_url else None
        self._client: IMAPClient | None = None
        self._validity = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"imap-{name}")

    async def mails(self) -> AsyncIterator[FoundMail]:
        """Oldest first, one in memory at a time. What cannot be read does not hold up the others."""
        uids = await self._call(self._list)
        validity = self._validity
        for uid in uids:
            if found := await self._found(uid, validity):
                yield found

    async def _found(self, uid: int, validity: int) -> FoundMail | None:
        """The mail; None when it is gone, or cannot be read twice in a row while the server is well."""
        for _ in range(2):
            try:
                return await self._call(self._read, uid)
            except SourceUnavailable as error:
                why = error
            await self._check_in(validity)
        _log.error("%s: the mail with UID %d cannot be read and stays there. %s", self.name, uid, why)
        return None

    async def _check_in(self, validity: int) -> None:
        """The server answers, and its UIDs mean what they did.

        Raises:
            SourceUnavailable: one mail is not what was wrong.
        """
        await self._call(lambda: self._connected().noop())
        if self._validity != validity:
            raise SourceUnavailable(f"{self.name}: the server has numbered its mails anew.")

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        """Moved to `done` or `refused`; deleted where that is ""."""
        *_, validity, uid = mail.key.split(" ")
        section = self._section
        await self._call(
            self._put_away, int(validity), int(uid), section.done if taken.submission_id else section.refused
        )

    async def wait(self) -> None:
        """By IDLE (RFC 2177); the mailbox is looked at every `look_every` in any case."""
        pause = min(self._section.look_every.total_seconds(), _IDLE_AT_MOST)
        try:
            await self._call(self._idle, pause)
        except asyncio.CancelledError:
            self._interrupt()
            raise

    async def close(self) -> None:
        """The connection is closed."""
        self._interrupt()
        await asyncio.to_thread(self._thread.shutdown)
        self._hang_up()

    # In the thread.

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        """What `work` returned.

        Raises:
            SourceUnavailable: the server is away, or refuses something.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._tried, work, *arguments)

    def _tried(self, work: Callable[..., T], *arguments: Any) -> T:
        from imapclient.exceptions import IMAPClientError

        try:
            return work(*arguments)
        except (
            IMAPClientError,
            OSError,
            ValueError,
            LookupError,
        ) as error:  # or an answer nobody understands
            self._hang_up()
            section = self._section
            raise SourceUnavailable(
                f"The mailbox {section.username} at {section.host}:{section.port} cannot be used: "
                f"{_said(error)}. Check [{self.name.replace(' ', '.')}] and the server."
            ) from error

    def _connected(self) -> "IMAPClient":
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> "IMAPClient":
        from imapclient import IMAPClient, SocketTimeout

        section = self._section
        trust = ssl.create_default_context(cafile=section.ca_file)
        client = IMAPClient(
            section.host,
            section.port,
            ssl=section.tls == "implicit",
            ssl_context=trust if section.tls == "implicit" else None,
            timeout=SocketTimeout(10.0, _ANSWER_WITHIN),
        )
        self._client = client
        if section.tls == "starttls":
            client.starttls(trust)
        if self._token is not None:
            client.oauth2_login(section.username, self._token())
        else:
            client.login(section.username, section.password.reveal() if section.password else "")
        for folder in filter(None, (section.done, section.refused)):
            if not client.folder_exists(folder):
                client.create_folder(folder)
        self._validity = int(client.select_folder(section.folder)[b"UIDVALIDITY"])
        _log.info("%s: connected to %s:%d", self.name, section.host, section.port)
        return client

    def _list(self) -> list[int]:
        """The UID of each mail."""
        client = self._connected()
        client.noop()  # a server may tell of new mails only now (RFC 3501 6.1.2)
        return sorted(client.search(["UNDELETED"]))

    def _read(self, uid: int) -> FoundMail | None:
        """The mail, or the header of one that is too large; None when somebody else has taken it away."""
        section = self._section
        size = int(self._fetch(uid, "RFC822.SIZE") or 0)
        content = self._fetch(uid, "BODY[HEADER]" if size > self._max_size else "BODY[]")
        if not content:
            return None
        key = f"{self.name} {section.username} {section.folder} {self._validity} {uid}"
        fault = _TOO_LARGE if size > self._max_size else ""
        return FoundMail(key, bytes(content), is_proved=section.senders == "internal", fault=fault)

    def _fetch(self, uid: int, item: str) -> Any:
        """What the server says of a mail, which stays unread; None when it is gone."""
        found = self._connected().fetch([uid], [item.replace("BODY[", "BODY.PEEK[")])
        return found.get(uid, {}).get(item.encode())

    def _put_away(self, validity: int, uid: int, target: str) -> None:
        client = self._connected()
        if validity != self._validity or uid not in client.search(["UID", str(uid)]):
            return  # gone already
        if target and client.has_capability("MOVE"):
            client.move([uid], target)
            return
        if target:
            client.copy([uid], target)
        client.delete_messages([uid], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge([uid])
        else:
            client.expunge()

    def _idle(self, pause: float) -> None:
        client = self._connected()
        if not client.has_capability("IDLE"):
            raise OSError("it does not offer IDLE (RFC 2177)")
        client.idle()
        client.idle_check(timeout=pause)
        client.idle_done()

    def _interrupt(self) -> None:
        """Whatever the thread waits for ends with an error."""
        if self._client is not None:
            with suppress(OSError):
                self._client.socket().shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):  # whatever is half open
                client.shutdown()


def _token(section: ImapSection) -> Token:
    from gateway.intake.collecting.oauth import client_credentials

    secret = section.client_secret.reveal() if section.client_secret else ""
    ca_file = str(section.ca_file or "")
    return client_credentials(section.token_url, section.client_id, secret, section.scope, ca_file)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
