"""A mailbox of an Exchange server on-premises: found by FindItem, announced by streaming notifications.

A stream that breaks is opened anew at the next look; in between the mailbox is looked at every `look_every`.
The key of a mail is its item id, which it has as long as it lies in its folder.

Exchange itself stamps mails whose sender it has authenticated, and removes such stamps from mails of
strangers (the "header firewall"): `X-MS-Exchange-Organization-AuthAs: Internal`.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from gateway.config.sources import ExchangeSection
from gateway.errors import SourceUnavailable
from gateway.intake.collecting.header import beginning, read_header
from gateway.microsoft.ews import Exchange, UnreadableMail
from gateway.model.collected import Taken
from gateway.ports.mail_source import FoundMail

T = TypeVar("T")
_TOO_LARGE = "The mail is larger than this fax server takes. Send it in several parts."
_END_WITHIN = 5.0  # seconds a thread gets to notice that the stream was broken off

_log = logging.getLogger("faxgw.collecting")


class ExchangeSource:
    """A `gateway.ports.mail_source.MailSource`."""

    answers = False

    def __init__(self, name: str, section: ExchangeSection, mailbox: str, *, max_size: int) -> None:
        self.name = f"ews {name}"
        self._section = section
        self._max_size = max_size  # bytes; larger mails are not even fetched
        self._exchange = Exchange(name, section, mailbox)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"ews-{name}")
        self._news = asyncio.Event()
        self._listener: threading.Thread | None = None
        self._closing = False

    async def mails(self) -> AsyncIterator[FoundMail]:
        """Oldest first, one in memory at a time."""
        self._listen()
        for mail_id, size in await self._call(self._exchange.find):
            key = f"{self.name} {self._exchange.mailbox} {mail_id}"
            fault = _TOO_LARGE if size > self._max_size else ""
            read = self._exchange.read_header if fault else self._exchange.read
            try:
                content = await self._call(read, mail_id)
            except UnreadableMail as error:
                _log.warning("%s: %s It stays where it is; open it in the mailbox.", self.name, error)
                continue
            if content:
                proved = read_header(beginning(content)).auth_as == "Internal"
                yield FoundMail(key, content, is_proved=proved, fault=fault)

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        """Moved to `done` or `refused`; deleted where that is ""."""
        target = self._section.done if taken.submission_id else self._section.refused
        await self._call(self._exchange.put_away, mail.key.rpartition(" ")[2], target)

    async def wait(self) -> None:
        """By streaming notifications, or when it is time to look."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._section.look_every.total_seconds()):
                await self._news.wait()
        self._news.clear()

    async def close(self) -> None:
        """The stream is broken off, connections are closed."""
        self._closing = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._thread.shutdown()
        self._exchange.hush()
        if self._listener is not None:
            self._listener.join(_END_WITHIN)

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _listen(self) -> None:
        """Somebody listens, if that is wanted. A daemon: a stream that is silent must not hold up our end."""
        if not self._section.streaming or (self._listener is not None and self._listener.is_alive()):
            return
        loop = asyncio.get_running_loop()
        self._listener = threading.Thread(
            target=self._listen_until_it_ends, args=(loop,), name=f"{self.name} stream", daemon=True
        )
        self._listener.start()

    def _listen_until_it_ends(self, loop: asyncio.AbstractEventLoop) -> None:
        def heard() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._news.set)

        try:
            self._exchange.listen(heard)
        except SourceUnavailable as error:
            if not self._closing:
                _log.warning("%s: no notifications until the next look: %s", self.name, error)
