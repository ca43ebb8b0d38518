"""Exchange on-premises by Exchange Web Services (EWS): find, read, move, send, and hear of new mails.

Everything here blocks, and is called in threads. A server that says it is busy is left alone for as long as
it asks (BackOffMilliseconds): until then every call fails at once.

Spec: learn.microsoft.com/exchange/client-developer/web-service-reference, and ews-throttling-in-exchange.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    UTC,
    Account,
    Configuration,
    Credentials,
    FailFast,
    Identity,
    Message,
    OAuth2Credentials,
    Version,
)
from exchangelib.errors import (
    DoesNotExist,
    ErrorAttachmentSizeLimitExceeded,
    ErrorDataSizeLimitExceeded,
    ErrorFolderNotFound,
    ErrorInvalidRecipients,
    ErrorItemNotFound,
    ErrorMessageSizeExceeded,
    ErrorMimeContentInvalid,
    ErrorServerBusy,
    EWSError,
    MalformedResponseError,
)
from exchangelib.folders import Messages, SingleFolderQuerySet
from exchangelib.folders.queryset import SHALLOW
from exchangelib.protocol import BaseProtocol
from exchangelib.services import GetStreamingEvents
from exchangelib.version import EXCHANGE_2016
from oauthlib.oauth2 import OAuth2Error

from gateway.config.sources import ExchangeSection
from gateway.errors import SourceUnavailable

_BUSY = 60.0  # seconds, when the server does not say how long
_CONNECTIONS = 3  # one streams
_AUTH = {"basic": BASIC, "ntlm": NTLM, "oauth": OAUTH2}
_GONE = (ErrorItemNotFound, DoesNotExist)
_NOT_TAKEN = (
    ErrorAttachmentSizeLimitExceeded,
    ErrorDataSizeLimitExceeded,
    ErrorInvalidRecipients,
    ErrorMessageSizeExceeded,
    ErrorMimeContentInvalid,
)
_TOO_LARGE = "Code: 413 "  # how exchangelib tells what IIS says to a request of more than it takes


class ExchangeError(SourceUnavailable):
    """Exchange did not do what was asked."""


class UnreadableMail(ExchangeError):
    """Exchange cannot give out this one mail."""


class MailNotTaken(ExchangeError):
    """Exchange does not send this one mail, today or tomorrow."""


class _Trust(requests.adapters.HTTPAdapter):
    """Believes the authority of a section, for its own server only: exchangelib has one adapter for all."""

    authorities: ClassVar[dict[str, Path]] = {}  #: by host and port

    def send(self, request: requests.PreparedRequest, *args: Any, **how: Any) -> requests.Response:
        """The answer."""
        authority = self.authorities.get(urlsplit(str(request.url)).netloc)
        if authority is not None:
            how["verify"] = str(authority)
        return super().send(request, *args, **how)


class _Login(Credentials):  # type: ignore[misc]  # it has no types
    """A name and a password. exchangelib shares connections of equal ones; ours end one by one."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class _OAuth(OAuth2Credentials):  # type: ignore[misc]  # it has no types
    """Client credentials of any token server, not only Microsoft's."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, section: ExchangeSection, mailbox: str) -> None:
        secret = section.client_secret.reveal() if section.client_secret else ""
        super().__init__(section.client_id, secret, identity=Identity(primary_smtp_address=mailbox))
        self._where, self._scope = section.token_url, section.scope

    @property
    def token_url(self) -> str:
        """Where tokens are given out."""
        return self._where

    @property
    def scope(self) -> list[str]:
        """What they are for."""
        return [self._scope] if self._scope else []


class Exchange:
    """One mailbox."""

    def __init__(self, name: str, section: ExchangeSection, mailbox: str) -> None:
        self.mailbox = mailbox
        self._name = name
        self._section = section
        self._made: Any = None
        self._folders: dict[str, Any] = {}
        self._busy_until = 0.0  # monotonic seconds
        self._stream: Any = None

    def find(self) -> list[tuple[str, int]]:
        """Id and size in bytes of each mail in the folder, oldest first.

        Raises:
            ExchangeError: the server is away, busy, or refuses.
        """
        with self._translated():
            found = self._folder(self._section.folder).all().order_by("datetime_received").only("size")
            return [(item.id, item.size or 0) for item in found if isinstance(item, Message)]

    def read(self, mail_id: str) -> bytes:
        """The raw message; b"" when it is not there any more.

        Raises:
            UnreadableMail: it is broken; others may not be.
            ExchangeError: as above.
        """
        item = self._fetched(mail_id, "mime_content")
        return bytes(item.mime_content) if item else b""

    def read_header(self, mail_id: str) -> bytes:
        """The header of the raw message alone; b"" when it is not there any more.

        Raises:
            ExchangeError: as above.
        """
        item = self._fetched(mail_id, "headers")
        fields = [(field.name, field.value or "") for field in item.headers or ()] if item else []
        return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in fields).encode()

    def _fetched(self, mail_id: str, field: str) -> Any:
        with self._translated():
            for item in self._account().fetch([(mail_id, None)], only_fields=[field]):
                if isinstance(item, _GONE):
                    return None
                if isinstance(item, Exception):
                    raise UnreadableMail(f"Exchange cannot give out the mail {mail_id[-12:]}: {item}.")
                return item
        return None

    def put_away(self, mail_id: str, target: str) -> None:
        """The mail is in the folder `target`, or deleted where that is "". One that has gone is no error.

        Raises:
            ExchangeError: as above.
        """
        with self._translated(), suppress(*_GONE):
            account, ids = self._account(), [(mail_id, None)]
            if target:
                done = account.bulk_move(ids, to_folder=self._folder(target))
            else:
                done = account.bulk_delete(ids)
            for outcome in done:
                if isinstance(outcome, Exception):
                    raise outcome

    def send(self, message: EmailMessage, content: bytes) -> None:
        """The mail has left from this mailbox, and lies in no folder of it. `content` is `message` as MIME.

        Raises:
            MailNotTaken: it is too large, or its recipient none.
            ExchangeError: as above.
        """
        with self._translated():
            mail = Message(account=self._account(), mime_content=content, to_recipients=[str(message["To"])])
            try:
                mail.send(save_copy=False)
            except _NOT_TAKEN as error:
                raise MailNotTaken(f"Exchange does not take this mail: {error}.") from error
            except MalformedResponseError as error:
                if _TOO_LARGE not in str(error):
                    raise
                raise MailNotTaken("Exchange does not take requests as large as this mail (413).") from error

    def listen(self, heard: Callable[[], None]) -> None:
        """Calls `heard` when something came; returns when the server ends the stream or `hush` was called.

        Raises:
            ExchangeError: as above.
        """
        with self._translated():
            folder = self._folder(self._section.folder)
            subscription = folder.subscribe_to_streaming()
            heard()  # what came before the subscription
            self._stream = GetStreamingEvents(account=self._account())
            for notification in self._stream.call(
                subscription_ids=[subscription], connection_timeout=self._section.stream_minutes
            ):
                if any(event.ELEMENT_NAME != "StatusEvent" for event in notification.events):
                    heard()

    def hush(self) -> None:
        """The stream ends, and connections are closed."""
        response = getattr(self._stream, "_streaming_response", None)
        if response is not None:
            with suppress(Exception):  # whatever is half open
                _break_off(response)
        if self._made is not None:
            self._made.protocol.close()

    def _account(self) -> Any:
        """The mailbox as exchangelib knows it.

        Raises:
            ExchangeError: the server wants to be left alone.
        """
        if monotonic() < self._busy_until:
            left = self._busy_until - monotonic()
            raise ExchangeError(f"The server at {self._section.url} wants to be left alone for {left:.0f} s.")
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> Any:
        section = self._section
        BaseProtocol.HTTP_ADAPTER_CLS = _Trust
        if section.ca_file:
            for url in filter(None, (section.url, section.token_url)):
                _Trust.authorities[urlsplit(url).netloc] = section.ca_file
        password = section.password.reveal() if section.password else ""
        credentials = (
            _OAuth(section, self.mailbox) if section.auth == "oauth" else _Login(section.username, password)
        )
        configuration = Configuration(
            service_endpoint=section.url,
            credentials=credentials,
            auth_type=_AUTH[section.auth],
            version=Version(build=EXCHANGE_2016),  # the oldest that is still patched; saves guessing
            retry_policy=FailFast(),
            max_connections=_CONNECTIONS,
        )
        return Account(
            self.mailbox,
            config=configuration,
            autodiscover=False,
            access_type=IMPERSONATION if section.access == "impersonation" else DELEGATE,
            default_timezone=UTC,
        )

    def _folder(self, name: str) -> Any:
        """The folder; one that is not there is made."""
        account = self._account()
        if name.lower() == "inbox":
            return account.inbox
        if name not in self._folders:
            top = account.msg_folder_root
            try:
                among = SingleFolderQuerySet(account=account, folder=top).depth(SHALLOW)
                self._folders[name] = among.get(name=name)
            except (DoesNotExist, ErrorFolderNotFound):
                self._folders[name] = Messages(parent=top, name=name).save()
        return self._folders[name]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except ExchangeError:
            raise
        except ErrorServerBusy as error:
            self._busy_until = monotonic() + (error.back_off or _BUSY)
            raise ExchangeError(f"The server at {self._section.url} is busy.") from error
        except (EWSError, OAuth2Error, requests.RequestException, ssl.SSLError, OSError, ValueError) as error:
            said = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
            raise ExchangeError(
                f"The mailbox {self.mailbox} at {self._section.url} cannot be used: {said}. "
                f"Check [exchange.{self._name}] and the server."
            ) from error


def _break_off(response: requests.Response) -> None:
    """A thread that waits for more of this response hears that the connection is closed."""
    import socket

    connection = response.raw.connection or response.raw._connection
    connection.sock.shutdown(socket.SHUT_RDWR)
