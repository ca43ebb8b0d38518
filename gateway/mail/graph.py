"""Mails leave through Microsoft 365, from the mailbox of [microsoft365.NAME].

Graph takes a mail as MIME in one request up to 4 MB. A larger one becomes a draft without its attachments;
each of them is added, in parts if it is large, and the draft is sent.

Spec: learn.microsoft.com/graph/api/user-sendmail (MIME), attachment-createuploadsession, message-send.
"""

import asyncio
import base64
from copy import deepcopy
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from gateway.config.sources import Microsoft365Section
from gateway.errors import MailerRefused, MailerUnavailable
from gateway.microsoft.graph import Graph, GraphError

_ONE_REQUEST = 4 * 1024 * 1024 - 64 * 1024  # bytes of base64
_ONE_ATTACHMENT = 2 * 1024 * 1024  # bytes; 3 MB are allowed, as base64 within 4
_PART = 10 * 320 * 1024  # bytes of an upload at a time; a multiple of 320 KiB, 4 MB at most
_FOR_GOOD = frozenset({400, 413})
_MIME = {"Content-Type": "text/plain"}


class GraphMailer:
    """A `gateway.ports.mailer.Mailer`. Used as `async with`."""

    def __init__(self, name: str, section: Microsoft365Section) -> None:
        self._graph = Graph(name, section)

    async def __aenter__(self) -> "GraphMailer":
        """Nothing is opened before there is a mail."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Connections are closed."""
        await self._graph.close()

    async def send(self, message: EmailMessage, *, mail_from: str, recipient: str) -> None:  # noqa: ARG002
        """See the port. The envelope is Exchange's: it sends from the mailbox to what To says."""
        try:
            content = await asyncio.to_thread(_encoded, message)
            if len(content) <= _ONE_REQUEST:
                await self._graph.post(f"{self._graph.mailbox}/sendMail", content=content, headers=_MIME)
            else:
                await self._send_in_parts(message)
        except GraphError as error:
            if error.status in _FOR_GOOD:
                raise MailerRefused(str(error)) from error
            raise MailerUnavailable(str(error)) from error

    async def _send_in_parts(self, message: EmailMessage) -> None:
        """The mail is sent; a draft of which not all could be added is gone."""
        slim = deepcopy(message)
        attachments = [part for part in slim.iter_attachments() if isinstance(part, EmailMessage)]
        slim.set_payload([part for part in slim.get_payload() if part not in attachments])
        content = _encoded(slim)
        where = f"{self._graph.mailbox}/messages"
        draft = f"{where}/{(await self._graph.post(where, content=content, headers=_MIME))['id']}"
        try:
            for attachment in attachments:
                await self._attach(draft, attachment)
            await self._graph.post(f"{draft}/send")
        except GraphError:
            await self._discard(draft)
            raise

    async def _attach(self, draft: str, attachment: EmailMessage) -> None:
        content = attachment.get_payload(decode=True)
        assert isinstance(content, bytes)  # attachments of answers are leaves
        facts: dict[str, Any] = {
            "name": attachment.get_filename() or "attachment",
            "contentType": attachment.get_content_type(),
        }
        if len(content) <= _ONE_ATTACHMENT:
            facts |= {"@odata.type": "#microsoft.graph.fileAttachment"}
            facts |= {"contentBytes": base64.b64encode(content).decode()}
            await self._graph.post(f"{draft}/attachments", json=facts)
            return
        wanted = {"AttachmentItem": facts | {"attachmentType": "file", "size": len(content)}}
        session = await self._graph.post(f"{draft}/attachments/createUploadSession", json=wanted)
        for first in range(0, len(content), _PART):
            part = content[first : first + _PART]
            await self._graph.put_part(session["uploadUrl"], part, first, len(content))

    async def _discard(self, draft: str) -> None:
        try:
            await self._graph.delete(draft)
        except GraphError:
            return  # it lies among the drafts; the mail is sent as another one


def _encoded(message: EmailMessage) -> bytes:
    """The mail as Graph takes it."""
    return base64.b64encode(message.as_bytes(policy=SMTP))
