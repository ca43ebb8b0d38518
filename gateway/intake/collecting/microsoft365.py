"""A mailbox at Microsoft 365: mails that lie in one folder, found by delta queries.

The first query lists the folder, the next ones tell what came and went; when the service has forgotten what
it told us (410), the folder is listed again. The key of a mail is its immutable id.

Exchange itself stamps mails whose sender it has authenticated, and removes such stamps from mails of
strangers (the "header firewall"): `X-MS-Exchange-Organization-AuthAs: Internal`.

Spec: learn.microsoft.com/graph/api/message-delta, message-get ($value), message-move, outlook-immutable-id.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from urllib.parse import quote

from gateway.config.sources import Microsoft365Section
from gateway.intake.collecting.header import beginning, read_header
from gateway.microsoft.graph import Graph, GraphError
from gateway.model.collected import Taken
from gateway.ports.mail_source import FoundMail

_PAGE = 50  # mails in an answer
_TOO_LARGE = "The mail is larger than this fax server takes. Send it in several parts."
_GONE = 404
_MEMORY_LOST = 410
_OF_ONE_MAIL = frozenset({400, 422, 500})  # the service is there, and cannot give out this mail

_log = logging.getLogger("faxgw.collecting")


class Microsoft365Source:
    """A `gateway.ports.mail_source.MailSource`."""

    answers = False

    def __init__(self, name: str, section: Microsoft365Section, *, max_size: int) -> None:
        self.name = f"graph {name}"
        self._section = section
        self._max_size = max_size  # bytes
        self._graph = Graph(name, section)
        self._folders: dict[str, str] = {}  # name -> id
        self._lying: dict[str, None] = {}  # ids, oldest first
        self._delta = ""  # the URL that tells what has changed since

    async def mails(self) -> AsyncIterator[FoundMail]:
        """Those the delta query told of, one in memory at a time."""
        await self._update()
        for mail_id in list(self._lying):
            try:
                url = f"{self._graph.mailbox}/messages/{quote(mail_id, safe='')}/$value"
                content, is_whole = await self._graph.read(url, self._max_size)
            except GraphError as error:
                if error.status == _GONE:
                    self._lying.pop(mail_id, None)  # somebody took it away; the delta will say so
                elif error.status in _OF_ONE_MAIL:
                    _log.warning("%s: %s It stays where it is; open it in the mailbox.", self.name, error)
                else:
                    raise
                continue
            key = f"{self.name} {self._section.mailbox} {mail_id}"
            proved = read_header(beginning(content)).auth_as == "Internal"
            yield FoundMail(key, content, is_proved=proved, fault="" if is_whole else _TOO_LARGE)

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        """Moved to `done` or `refused`; deleted where that is ""."""
        mail_id = mail.key.rpartition(" ")[2]
        target = self._section.done if taken.submission_id else self._section.refused
        url = f"{self._graph.mailbox}/messages/{quote(mail_id, safe='')}"
        try:
            if mail_id not in self._lying:
                return
            if target:
                await self._graph.post(f"{url}/move", json={"destinationId": await self._folder(target)})
            else:
                await self._graph.delete(url)
        except GraphError as error:
            if error.status != _GONE:
                raise
        self._lying.pop(mail_id, None)

    async def wait(self) -> None:
        """Microsoft can only call us back from the internet; a gateway behind a firewall asks."""
        await asyncio.sleep(self._section.look_every.total_seconds())

    async def close(self) -> None:
        """Connections are closed."""
        await self._graph.close()

    async def _update(self) -> None:
        """`_lying` is what lies in the folder now."""
        try:
            if not self._delta:
                self._lying.clear()
                folder = await self._folder(self._section.folder)
                self._delta = f"{self._graph.mailbox}/mailFolders/{folder}/messages/delta?$select=id"
            await self._follow()
        except GraphError as error:
            self._delta = ""
            if error.status != _MEMORY_LOST:
                raise
            await self._update()

    async def _follow(self) -> None:
        """What the delta link tells, page by page."""
        url = self._delta
        while url:
            page = await self._graph.get(url, {"Prefer": f"odata.maxpagesize={_PAGE}"})
            for entry in page.get("value", []):
                if "@removed" in entry:
                    self._lying.pop(entry["id"], None)
                else:
                    self._lying[entry["id"]] = None
            self._delta = page.get("@odata.deltaLink", self._delta)
            url = page.get("@odata.nextLink", "")

    async def _folder(self, name: str) -> str:
        """The id of a folder; one that is not there is made. Well-known names need none."""
        if name.lower() == "inbox":
            return "inbox"
        if name not in self._folders:
            where = f"{self._graph.mailbox}/mailFolders"
            wanted = quote("displayName eq '" + name.replace("'", "''") + "'")
            found = (await self._graph.get(f"{where}?$filter={wanted}")).get("value", [])
            folder = found[0] if found else await self._graph.post(where, json={"displayName": name})
            self._folders[name] = str(folder["id"])
        return self._folders[name]
