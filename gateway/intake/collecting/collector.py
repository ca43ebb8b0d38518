"""Collecting: what lies in a mailbox or folder becomes submissions, each mail once.

A mail is first ours, durably and with its key, and then moved away. Whatever dies in between, the key tells
at the next look that only the moving is missing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from gateway import faxlog
from gateway.errors import SourceUnavailable, StoreUnavailable
from gateway.intake import replies
from gateway.intake.accept import Gatekeeper
from gateway.intake.collecting.header import Header, beginning, read_header
from gateway.model.collected import Refusal, Taken
from gateway.model.envelope import Envelope
from gateway.model.number import FaxNumber
from gateway.model.submission import Destination, NewSubmission, Recipient
from gateway.ports.collection import Collection
from gateway.ports.mail_source import FoundMail, MailSource

#: How long a mail that was moved away is remembered: a mailbox restored from a backup has it again.
_REMEMBERED = timedelta(days=90)
_FORGET_EVERY = 3600.0  # seconds
_PAUSES = (5.0, 15.0, 60.0, 300.0)  # seconds after a source or the queue failed; the last one for ever

#: Why a mail with this header, from this sender, was written by a program; "" when it was not.
WhyAutomatic = Callable[[bytes, str], str]

#: Whether a mail with this header proves by itself that it is from this sender; the second is its source.
Proves = Callable[[str, str, bytes], bool]

_log = logging.getLogger("faxgw.collecting")


class Collector:
    """Collects from one source."""

    def __init__(
        self,
        source: MailSource,
        collection: Collection,
        gatekeeper: Gatekeeper,
        *,
        max_message_size: int,
        why_automatic: WhyAutomatic,
        proves: Proves = lambda _sender, _client, _head: False,
    ) -> None:
        self._source = source
        self._collection = collection
        self._gatekeeper = gatekeeper
        self._max_message_size = max_message_size  # bytes
        self._why_automatic = why_automatic
        self._proves = proves
        self._forgot_at = -_FORGET_EVERY  # monotonic seconds

    async def run(self, stopping: asyncio.Event) -> None:
        """Collects until `stopping` is set; a mail that is being stored is stored to its end."""
        failures = 0
        try:
            while not stopping.is_set():
                try:
                    await self.run_once(stopping)
                    await self._forget()
                    failures = 0
                    await _first(stopping.wait(), self._source.wait())
                except (SourceUnavailable, StoreUnavailable) as error:
                    pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
                    failures += 1
                    _log.warning("%s: %s Trying again in %g s.", self._source.name, error, pause)
                    await _first(stopping.wait(), asyncio.sleep(pause))
                except Exception:  # noqa: BLE001  # nor one source the others, and the listener
                    _log.exception(
                        "%s: unexpected error; trying again in %g s", self._source.name, _PAUSES[-1]
                    )
                    await _first(stopping.wait(), asyncio.sleep(_PAUSES[-1]))
        finally:
            await self._source.close()

    async def run_once(self, stopping: asyncio.Event | None = None) -> int:
        """How many mails were taken or refused; all that lay there, unless we stop.

        A mail that cannot be moved away does not hold up the others.

        Raises:
            SourceUnavailable, StoreUnavailable: nothing is lost; they are found again.
        """
        count, unsettled = 0, None
        async for mail in self._source.mails():
            try:
                taken = await self._collection.find(mail.key) or await self._take(mail)
            except FileNotFoundError:
                continue  # another gateway was faster
            except (SourceUnavailable, StoreUnavailable):
                raise
            except Exception:  # noqa: BLE001  # one odd mail must not stop the others
                _log.exception("%s: the mail %s cannot be taken; it stays there", self._source.name, mail.key)
                continue
            count += 1
            try:
                await self._source.settle(mail, taken)
                await self._collection.settled(mail.key)
            except SourceUnavailable as error:
                unsettled = error
            if stopping is not None and stopping.is_set():
                break
        if unsettled is not None:
            raise unsettled
        return count

    async def _forget(self) -> None:
        """Mails that lie nowhere any more are forgotten, now and then."""
        if monotonic() - self._forgot_at < _FORGET_EVERY:
            return
        self._forgot_at = monotonic()
        if forgotten := await self._collection.forget(_REMEMBERED):
            _log.info("%s: %d mails of the past are remembered no more", self._source.name, forgotten)

    async def _take(self, mail: FoundMail) -> Taken:
        """What became of the mail, durably."""
        head = await asyncio.to_thread(beginning, mail.content)
        header = read_header(head)
        size = len(mail.content) if isinstance(mail.content, bytes) else mail.content.stat().st_size
        sender = _sender(mail, header)
        proved = mail.is_proved or self._proves(sender, self._source.name, head)
        fault = mail.fault or self._fault(mail, header, sender, size, proved=proved)
        found = ({}, [fault]) if fault else self._recipients(mail, header)
        recipients, refused = found
        submission = None
        if recipients:
            envelope = Envelope(sender, tuple(r.address for r in recipients.values()))
            client = self._source.name + (f" login {sender}" if mail.is_proved else "")
            submission = NewSubmission(envelope, tuple(recipients.values()), client)
        answer = None  # to nobody whose address may be forged, and to no program
        if refused and proved and not self._source.answers and not self._why_automatic(head, sender):
            answer = (sender, Refusal(header.subject, header.message_id, tuple(refused)))
        taken = await self._collection.take(
            mail.key, mail.content, submission, refused=tuple(refused), answer=answer
        )
        self._log(taken, sender, [recipient.number for recipient in recipients.values()], size)
        return taken

    def _fault(self, mail: FoundMail, header: Header, sender: str, size: int, *, proved: bool) -> str:
        """Why nothing of this mail becomes a fax; "" when something may."""
        if not sender:
            return "The mail must have one sender in its From field."
        if not proved:
            return f"Nothing proves that this mail is from {sender}."
        if size > self._max_message_size:
            return _in_words(replies.TOO_LARGE)
        if not (mail.envelope or header.is_whole):
            return "The header of the mail is too long to read all of its recipients. Name them in a list."
        if not (mail.envelope.recipients if mail.envelope else header.recipients):
            return f"The mail names no fax number. {_HOW}"
        return ""

    def _recipients(self, mail: FoundMail, header: Header) -> tuple[dict[Destination, Recipient], list[str]]:
        """Who gets a fax, and why some do not. People in other domains have got their mail already."""
        found: dict[Destination, Recipient] = {}
        refused: list[str] = []
        for address in mail.envelope.recipients if mail.envelope else header.recipients:
            recipient = self._gatekeeper.recipient(address)
            if isinstance(recipient, Recipient):
                if address in mail.people:
                    name, company = mail.people[address]
                    recipient = replace(recipient, name=name, company=company)
                found.setdefault(recipient.destination, recipient)
            elif recipient is not replies.OTHER_DOMAIN or mail.envelope:
                refused.append(f"{address}: {_in_words(recipient)}")
        if not found and not refused:
            refused.append(f"The mail names no fax number. {_HOW}")
        return found, refused

    def _log(self, taken: Taken, sender: str, numbers: Sequence[FaxNumber], size: int) -> None:
        if taken.submission_id is not None:
            faxlog.accepted(
                taken.submission_id, client=self._source.name, mail_from=sender, numbers=numbers, size=size
            )
        for reason in taken.refused:
            faxlog.refused_mail(client=self._source.name, mail_from=sender, reason=reason)


_HOW = "Write it like +49301234567@ and the fax domain."


def _sender(mail: FoundMail, header: Header) -> str:
    if mail.envelope:
        return mail.envelope.mail_from
    if mail.sender:
        return mail.sender
    return header.senders[0] if len(header.senders) == 1 else ""


def _in_words(reply: bytes) -> str:
    """A reply of the SMTP listener without its codes."""
    return reply.decode().split(" ", 2)[2] + "."


async def _first(*waits: object) -> None:
    """One of them is done, the others are cancelled. What it raised is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, SourceUnavailable):
                await task
