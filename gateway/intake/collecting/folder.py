"""A drop folder: programs put mails, or documents and tickets, into it; answer files say what became of them.

A file is taken when whoever writes it has closed it (inotify), or, where the kernel cannot tell (it was there
before us, or comes over a network share), when it has not changed for `settle`. Taking is renaming into
`.faxgw/` within the folder: two gateways never get the same file, and what a dead one left there is found
again. A file nobody's ticket names stays where it is.
"""

import asyncio
import logging
import os
import re
import socket
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copyfileobj, rmtree
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from gateway.errors import SourceUnavailable
from gateway.intake.collecting.arrivals import Arrivals, alike, is_for_us, named
from gateway.intake.collecting.ticket import TICKETS, BadTicket, Ticket, is_text_api, read_ticket
from gateway.model.collected import Taken
from gateway.model.envelope import Envelope
from gateway.ports.mail_source import FoundMail

if TYPE_CHECKING:
    from asyncinotify import Inotify

_SETTLE = timedelta(seconds=2)
_DOCUMENTS_WITHIN = 600.0  # seconds that a ticket waits for its documents
_INBOX = ".faxgw"
_SETTLED = ".settled"
_MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)
#: What a half taken mail ends in: only a process of this machine puts it back. No dots: it is a suffix.
_MACHINE = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname()) or "machine"

_log = logging.getLogger("faxgw.collecting")


@dataclass(frozen=True, slots=True)
class FolderRules:
    """What a section [folder.NAME] says."""

    path: Path
    domain: str  #: what a bare number is completed with
    sender: str
    trusts_from: bool = False  #: whoever may write here may name the sender
    look_every: timedelta = timedelta(seconds=30)
    settle: timedelta = _SETTLE


class FolderSource:
    """A `gateway.ports.mail_source.MailSource`."""

    answers = True

    def __init__(self, name: str, rules: FolderRules, *, machine: str = _MACHINE) -> None:
        self.name = f"folder {name}"
        self._rules = rules
        self._machine = machine
        self._work = rules.path / _INBOX
        self._arrivals = Arrivals(rules.path, rules.settle)
        self._waiting: dict[
            str, float
        ] = {}  # tickets without their documents, since when (monotonic seconds)
        self._inotify: Inotify | None = None

    async def mails(self) -> AsyncIterator[FoundMail]:
        """What was taken before, then what is complete now."""
        self._watch()
        try:
            folders = await asyncio.to_thread(self._take_all)
        except OSError as error:
            raise self._unavailable(error) from error
        for folder in folders:
            try:
                yield await asyncio.to_thread(self._read, folder)
            except FileNotFoundError:
                continue  # another gateway was faster
            except OSError as error:
                raise self._unavailable(error) from error

    async def settle(self, mail: FoundMail, taken: Taken) -> None:
        """The answer file is there; documents that were refused lie in `refused/`, the others are gone."""
        try:
            await asyncio.to_thread(self._settle, self._work / mail.key.rpartition(" ")[2], taken)
        except FileNotFoundError:
            return  # another gateway was faster
        except OSError as error:
            raise self._unavailable(error) from error

    async def wait(self) -> None:
        """By inotify; shares of other machines tell nothing, so the folder is looked at in any case."""
        pause = self._rules.settle if self._arrivals.unsettled else self._rules.look_every
        inotify = self._watch()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause.total_seconds()):
                while True:
                    event = await inotify.get()
                    if self._arrivals.hear(str(event.name or ""), event.mask):
                        return

    async def close(self) -> None:
        """Nothing is watched any more."""
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None

    # What the kernel says.

    def _watch(self) -> "Inotify":
        if self._inotify is None:
            from asyncinotify import Inotify, Mask

            try:
                (self._rules.path / _INBOX).mkdir(exist_ok=True, mode=0o700)
                self._inotify = inotify = Inotify()
                inotify.add_watch(
                    self._rules.path, Mask.CREATE | Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.DELETE
                )
            except OSError as error:
                raise self._unavailable(error) from error
        return self._inotify

    # In a thread: files.

    def _take_all(self) -> list[Path]:
        """The folders in `.faxgw/`, one a mail."""
        self._tidy()
        names = sorted(entry.name for entry in os.scandir(self._rules.path) if self._is_candidate(entry))
        self._waiting = {name: since for name, since in self._waiting.items() if name in names}
        ready = self._arrivals.complete(names)
        for name in sorted(ready):
            with suppress(FileNotFoundError):  # another gateway was faster
                self._take(name, ready)
        return sorted(folder for folder in self._work.iterdir() if not folder.suffix)

    def _is_candidate(self, entry: "os.DirEntry[str]") -> bool:
        name = entry.name
        return is_for_us(name) and entry.is_file(follow_symlinks=False)

    def _take(self, name: str, ready: set[str]) -> None:
        """The mail, with all that belongs to it, is in a folder of its own; if all of it is here."""
        file = self._rules.path / name
        suffix = file.suffix.lower()
        if suffix not in (".eml", *TICKETS) and not (suffix == ".txt" and is_text_api(file)):
            return
        documents = [] if suffix == ".eml" else self._documents_of(name, ready)
        if documents is None:
            return
        part = self._work / f"{uuid4().hex}.{self._machine}"
        (part / "documents").mkdir(parents=True)
        (part / "ticket").mkdir()
        try:
            for kind, wanted in (("ticket", [name]), ("documents", documents)):
                for file in (self._rules.path / found for found in wanted):
                    file.rename(part / kind / file.name)
            part.rename(part.with_suffix(""))
        except OSError:
            self._put_back(part)
            raise

    def _tidy(self) -> None:
        """What a process of this machine left half taken is back, and what is settled is gone."""
        for folder in self._work.iterdir():
            if folder.suffix == _SETTLED or not (folder.suffix or any((folder / "ticket").glob("*"))):
                rmtree(folder, ignore_errors=True)
            elif folder.suffix == f".{self._machine}":
                self._put_back(folder)

    def _put_back(self, part: Path) -> None:
        """The files lie in the drop folder again, unless others took their names: those wait."""
        for file in sorted(part.glob("*/*")):
            if (self._rules.path / file.name).exists():
                return
            file.rename(self._rules.path / file.name)
        rmtree(part)

    def _documents_of(self, name: str, ready: set[str]) -> list[str] | None:
        """The documents of a ticket; none of them when it is a bad one; None when some are missing yet."""
        try:
            ticket = read_ticket(self._rules.path / name)
        except BadTicket:
            return []
        stem, wanted = Path(name).stem, ticket.documents
        late = monotonic() - self._waiting.setdefault(name, monotonic()) > _DOCUMENTS_WITHIN
        if wanted is None:
            others = (n for n in ready - {name} if not n.lower().endswith(TICKETS))
            found = sorted(n for n in others if alike(Path(n).stem) == alike(stem))
            return found if found or ticket.text.strip() or late else None
        here = [file for one in dict.fromkeys(wanted) if (file := named(one, ready))]
        return list(dict.fromkeys(here)) if len(here) == len(set(wanted)) or late else None

    def _read(self, folder: Path) -> FoundMail:
        key = f"{self.name} {folder.name}"
        file = next((folder / "ticket").glob("*"), None)
        if file is None:
            raise FileNotFoundError(folder)
        if file.suffix.lower() == ".eml":
            sender = "" if self._rules.trusts_from else self._rules.sender
            return FoundMail(key, unmarked(file, folder), sender=sender, is_proved=True)
        try:
            ticket = read_ticket(file)
            documents = self._found(folder, ticket)
        except BadTicket as error:
            return FoundMail(
                key, b"", envelope=Envelope(self._rules.sender, ()), is_proved=True, fault=str(error)
            )
        sender = (ticket.sender if self._rules.trusts_from else "") or self._rules.sender
        content, to = ticket.message(sender, documents), [self._address(number) for number in ticket.to]
        people = {self._address(number): person for number, person in ticket.people.items()}
        return FoundMail(key, content, envelope=Envelope(sender, tuple(to)), people=people, is_proved=True)

    def _address(self, number: str) -> str:
        return number if "@" in number else f"{_local(number)}@{self._rules.domain}"

    def _found(self, folder: Path, ticket: Ticket) -> list[Path]:
        here = {file.name: file for file in (folder / "documents").iterdir()}
        wanted = ticket.documents if ticket.documents is not None else sorted(here)
        found = {name: named(name, here) for name in wanted}
        missing = [name for name in wanted if not found[name]]
        if missing or not (wanted or ticket.text.strip()):
            names = ", ".join(missing) or "a document with the name of the ticket"
            raise BadTicket(f"There is no {names[:200]}. Put ticket and documents into the folder again.")
        return [here[found[name]] for name in wanted]

    def _settle(self, folder: Path, taken: Taken) -> None:
        file = next((folder / "ticket").glob("*"), None)
        if file is None:
            return  # settled before
        lines = [f"accepted {taken.submission_id}"] if taken.submission_id else []
        lines += [f"refused {reason}" for reason in taken.refused]
        suffix = ".ok" if taken.submission_id else ".err"
        answer, part = self._rules.path / f"{file.stem}{suffix}", folder / "answer"
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.rename(answer)
        if not taken.submission_id:
            refused = self._rules.path / "refused" / folder.name
            refused.mkdir(parents=True, exist_ok=True)
            for kept in (*(folder / "documents").iterdir(), file):
                kept.rename(refused / kept.name)
        rmtree(folder.rename(folder.with_suffix(_SETTLED)), ignore_errors=True)

    def _unavailable(self, error: OSError) -> SourceUnavailable:
        return SourceUnavailable(
            f"The folder {self._rules.path} cannot be used: {error.strerror or error}. "
            "Mount it, or give the gateway's user the right to read, write and delete in it."
        )


def unmarked(mail: Path, folder: Path) -> Path:
    """The mail in UTF-8 without the byte-order mark that Windows programs put before it; a copy in `folder`.

    Raises:
        OSError: it cannot be read, or the copy not be written.
    """
    with mail.open("rb") as file:
        beginning = file.read(3)
    if not beginning.startswith(_MARKS):
        return mail
    is_utf8 = beginning == BOM_UTF8
    encoding, errors = ("utf-8-sig", "surrogateescape") if is_utf8 else ("utf-16", "replace")
    plain = folder / f"{uuid4().hex}.plain"
    with (
        mail.open(encoding=encoding, errors=errors, newline="") as file,
        plain.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
    ):
        copyfileobj(file, copy)
    return plain.rename(folder / "message")


def _local(number: str) -> str:
    """A number as the local part of an address; one with spaces or brackets needs quotes."""
    return f'"{number}"' if any(c in number for c in ' ()[],;:\\"') else number
