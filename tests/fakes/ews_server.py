"""An Exchange server as far as the documentation of EWS says how it behaves.

HTTPS on loopback, one mailbox. What is kept to (learn.microsoft.com/exchange/client-developer):
- NTLM (a real acceptor: pyspnego), Basic and Bearer tokens; anything else is 401 with WWW-Authenticate.
- A mailbox the login has no right to is ErrorNonExistentMailbox; impersonation without the right is
  ErrorImpersonateUserDenied.
- Item ids change with every move; an id that is not (any more) is ErrorItemNotFound, of that item.
- FindItem gives a page at most, and says where the next one begins (IndexedPageItemView).
- MIME content is base64, and comes only when it is asked for (IncludeMimeContent); so do header fields
  (item:InternetMessageHeaders).
- A streaming subscription keeps what happens from Subscribe on; GetStreamingEvents answers with one SOAP
  document after another over one connection, until its minutes are over: ConnectionStatus Closed.
- Throttling is a SOAP fault ErrorServerBusy with BackOffMilliseconds.
"""

import base64
import ssl
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import spnego

USER, PASSWORD, MAILBOX, TOKEN = "EXAMPLE\\faxgw", "secret", "fax@example.com", "ews-token"
_T = "http://schemas.microsoft.com/exchange/services/2006/types"
_M = "http://schemas.microsoft.com/exchange/services/2006/messages"
_S = "http://schemas.xmlsoap.org/soap/envelope/"
_NS = {"t": _T, "m": _M, "s": _S}
_DISTINGUISHED = {"inbox": "Inbox", "msgfolderroot": "Top of Information Store", "root": "Root"}
_HEADER = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<s:Envelope xmlns:s="{_S}" xmlns:t="{_T}" xmlns:m="{_M}"><s:Header>'
    '<t:ServerVersionInfo MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="6" '
    'Version="V2017_07_11"/></s:Header><s:Body>'
)
_END = "</s:Body></s:Envelope>"


def _header_in(content: bytes) -> str:
    message = message_from_bytes(content)
    fields = "".join(
        f"<t:InternetMessageHeader HeaderName={quoteattr(name)}>{escape(str(value))}"
        "</t:InternetMessageHeader>"
        for name, value in message.items()
    )
    return f"<t:InternetMessageHeaders>{fields}</t:InternetMessageHeaders>"


@dataclass
class Item:
    number: int
    content: bytes
    folder: str
    moves: int = 0

    @property
    def id(self) -> str:
        return f"AAMkADk{self.number}.{self.moves}="


@dataclass
class Failed(Exception):
    """An item, or the whole request, that failed."""

    code: str
    back_off_ms: int = 0


class EwsServer:
    """The server. Used as `with`; scripted by tests, and looked at."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.folders = dict(_DISTINGUISHED)
        self.items: list[Item] = []
        self.sent: list[EmailMessage] = []
        self.operations: list[str] = []
        self.logins: list[str] = []  #: kinds of authentication that succeeded
        self.page_size = 2
        self.may_impersonate = False
        self.refuse_moves = False
        self.largest_mail = 10_000_000  #: bytes that may be sent; more is ErrorMessageSizeExceeded
        self.largest_request = 50_000_000  #: bytes; more is 413, which is IIS's own answer
        self.unreadable: set[int] = set()  #: numbers of mails that cannot be given out
        self.streams = 0  #: open ones
        self._faults: list[Failed] = []
        self._events: dict[str, list[str]] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._users = Path(tempfile.mkstemp(prefix="faxgw-ntlm-")[1])
        self._users.write_text(f"EXAMPLE:faxgw:{PASSWORD}\n")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.block_on_close = False  # clients may keep connections open
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.base = f"https://localhost:{self._server.server_port}"
        self.url = f"{self.base}/EWS/Exchange.asmx"

    def __enter__(self) -> "EwsServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing = True
        self.end_streams()
        self._server.shutdown()
        self._server.server_close()
        self._users.unlink()

    # What tests do.

    def deliver(self, content: bytes) -> None:
        """A mail comes to the inbox."""
        with self._changed:
            self.items.append(Item(len(self.items), content, "inbox"))
            for events in self._events.values():
                events.append(self.items[-1].id)
            self._changed.notify_all()

    def next_requests_fail(self, *faults: Failed) -> None:
        self._faults.extend(faults)

    def end_streams(self) -> None:
        """Every stream is closed, as after its minutes."""
        with self._changed:
            self._events.clear()
            self._changed.notify_all()

    def mails_in(self, folder: str) -> list[bytes]:
        ids = [id_ for id_, name in self.folders.items() if name == folder]
        return [item.content for item in self.items if item.folder in ids]

    # Authentication.

    def new_ntlm(self) -> Any:
        """An acceptor of one NTLM handshake."""
        import os

        os.environ["NTLM_USER_FILE"] = str(self._users)
        return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)

    # SOAP.

    def answer(self, body: bytes, write: Callable[[bytes], None]) -> tuple[int, bytes] | None:
        """Status and answer; None when `write` has streamed it."""
        envelope = ET.fromstring(body)
        request = envelope.find("s:Body", _NS)[0]  # type: ignore[index]
        operation = request.tag.partition("}")[2]
        self.operations.append(operation)
        try:
            if self._faults:
                raise self._faults.pop(0)
            if envelope.find(".//t:ExchangeImpersonation", _NS) is not None and not self.may_impersonate:
                raise Failed("ErrorImpersonateUserDenied")
            if operation == "GetStreamingEvents":
                self._stream(request.findtext(".//t:SubscriptionId", "", _NS), write)
                return None
            messages = getattr(self, f"_{operation}")(request)
        except Failed as failed:
            return 500, _fault(failed).encode()
        inner = "".join(self._message(operation, message) for message in messages)
        wrapped = f"<m:ResponseMessages>{inner}</m:ResponseMessages>"
        return 200, f"{_HEADER}<m:{operation}Response>{wrapped}</m:{operation}Response>{_END}".encode()

    def _message(self, operation: str, message: "str | Failed") -> str:
        name = f"m:{operation}ResponseMessage"
        if isinstance(message, Failed):
            text = f"<m:MessageText>{message.code}</m:MessageText>"
            text += f"<m:ResponseCode>{message.code}</m:ResponseCode>"
            return (
                f'<{name} ResponseClass="Error">{text}<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey></{name}>'
            )
        return f'<{name} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{message}</{name}>'

    def _GetFolder(self, request: ET.Element) -> "list[str | Failed]":  # noqa: N802 - EWS's names
        found: list[str | Failed] = []
        for wanted in request.find("m:FolderIds", _NS) or ():
            box = wanted.findtext("t:Mailbox/t:EmailAddress", MAILBOX, _NS)
            if box != MAILBOX:
                found.append(Failed("ErrorNonExistentMailbox"))
            elif wanted.get("Id") in self.folders:
                found.append(f"<m:Folders>{self._folder(str(wanted.get('Id')))}</m:Folders>")
            else:
                found.append(Failed("ErrorFolderNotFound"))
        return found

    def _folder(self, folder_id: str) -> str:
        return (
            f'<t:Folder><t:FolderId Id="{folder_id}" ChangeKey="AQ=="/>'
            f'<t:ParentFolderId Id="msgfolderroot" ChangeKey="AQ=="/><t:FolderClass>IPF.Note</t:FolderClass>'
            f"<t:DisplayName>{self.folders[folder_id]}</t:DisplayName><t:TotalCount>0</t:TotalCount>"
            "<t:ChildFolderCount>0</t:ChildFolderCount><t:UnreadCount>0</t:UnreadCount></t:Folder>"
        )

    def _FindFolder(self, request: ET.Element) -> list[str]:  # noqa: N802
        wanted = {constant.get("Value") for constant in request.iter(f"{{{_T}}}Constant")}
        found = [id_ for id_, name in self.folders.items() if name in wanted]
        folders = "".join(self._folder(folder_id) for folder_id in found)
        count = _range(len(found), len(found))
        return [f"<m:RootFolder {count}><t:Folders>{folders}</t:Folders></m:RootFolder>"]

    def _CreateFolder(self, request: ET.Element) -> list[str]:  # noqa: N802
        folder_id = f"folder-{len(self.folders)}"
        self.folders[folder_id] = request.findtext(".//t:DisplayName", "", _NS)
        return [f"<m:Folders>{self._folder(folder_id)}</m:Folders>"]

    def _FindItem(self, request: ET.Element) -> list[str]:  # noqa: N802
        folder = self._folder_of(request.find("m:ParentFolderIds", _NS))
        view = request.find("m:IndexedPageItemView", _NS)
        first = int(view.get("Offset", "0")) if view is not None else 0
        lying = [item for item in self.items if item.folder == folder]
        page = lying[first : first + self.page_size]
        items = "".join(
            f'<t:Message><t:ItemId Id="{item.id}" ChangeKey="CQ=="/>'
            f"<t:Size>{len(item.content)}</t:Size></t:Message>"
            for item in page
        )
        reached = first + len(page)
        count = _range(reached, len(lying))
        return [f"<m:RootFolder {count}><t:Items>{items}</t:Items></m:RootFolder>"]

    def _folder_of(self, parent: ET.Element | None) -> str:
        found = str(parent[0].get("Id")) if parent is not None else ""
        if found not in self.folders:
            raise Failed("ErrorFolderNotFound")
        return found

    def _item(self, item_id: str | None) -> Item | None:
        return next((item for item in self.items if item.id == item_id and item.folder), None)

    def _each(self, request: ET.Element, work: Callable[[Item], str]) -> "list[str | Failed]":
        found: list[str | Failed] = []
        for wanted in request.find("m:ItemIds", _NS) or ():
            item = self._item(wanted.get("Id"))
            if item is not None and item.number in self.unreadable:
                found.append(Failed("ErrorItemCorrupt"))
                continue
            found.append(work(item) if item else Failed("ErrorItemNotFound"))
        return found

    def _GetItem(self, request: ET.Element) -> "list[str | Failed]":  # noqa: N802
        fields = {field.get("FieldURI") for field in request.iter(f"{{{_T}}}FieldURI")}
        with_mime = "item:MimeContent" in fields or (
            request.findtext(".//t:IncludeMimeContent", "", _NS) == "true"
        )

        def facts(item: Item) -> str:
            mime = base64.b64encode(item.content).decode() if with_mime else ""
            content = f'<t:MimeContent CharacterSet="UTF-8">{mime}</t:MimeContent>' if with_mime else ""
            ids = f'<t:ItemId Id="{item.id}" ChangeKey="CQ=="/>'
            header = _header_in(item.content) if "item:InternetMessageHeaders" in fields else ""
            return f"<m:Items><t:Message>{content}{ids}{header}</t:Message></m:Items>"

        return self._each(request, facts)

    def _MoveItem(self, request: ET.Element) -> "list[str | Failed]":  # noqa: N802
        target = self._folder_of(request.find("m:ToFolderId", _NS))
        if self.refuse_moves:
            raise Failed("ErrorInternalServerError")

        def move(item: Item) -> str:
            item.folder, item.moves = target, item.moves + 1
            return f'<m:Items><t:Message><t:ItemId Id="{item.id}" ChangeKey="CQ=="/></t:Message></m:Items>'

        return self._each(request, move)

    def _DeleteItem(self, request: ET.Element) -> "list[str | Failed]":  # noqa: N802
        def delete(item: Item) -> str:
            item.folder = ""
            return ""

        return self._each(request, delete)

    def _CreateItem(self, request: ET.Element) -> list[str]:  # noqa: N802
        if request.get("MessageDisposition") != "SendOnly":
            raise Failed("ErrorInvalidOperation")
        mime = request.findtext(".//t:MimeContent", "", _NS)
        if len(mime) * 3 // 4 > self.largest_mail:
            raise Failed("ErrorMessageSizeExceeded")
        self.sent.append(message_from_bytes(base64.b64decode(mime), policy=policy.default))
        return ["<m:Items/>"]

    def _Subscribe(self, request: ET.Element) -> list[str]:  # noqa: N802
        if request.find("m:StreamingSubscriptionRequest", _NS) is None:
            raise Failed("ErrorInvalidSubscriptionRequest")
        with self._changed:
            name = f"subscription-{len(self.operations)}"
            self._events[name] = []
        return [f"<m:SubscriptionId>{name}</m:SubscriptionId>"]

    def _Unsubscribe(self, request: ET.Element) -> list[str]:  # noqa: N802
        with self._changed:
            self._events.pop(request.findtext("m:SubscriptionId", "", _NS), None)
        return [""]

    def _stream(self, name: str, write: Callable[[bytes], None]) -> None:
        """One document a change, the first at once; the last says Closed."""
        self.streams += 1
        try:
            write(_events(name, [], "OK"))
            while not self._closing:
                with self._changed:
                    self._changed.wait_for(lambda: self._events.get(name) != [])
                    if name not in self._events:
                        break
                    events, self._events[name] = self._events[name], []
                write(_events(name, events, "OK"))
            write(_events(name, [], "Closed"))
        finally:
            self.streams -= 1


def _range(reached: int, total: int) -> str:
    last = str(reached == total).lower()
    return f'TotalItemsInView="{total}" IncludesLastItemInRange="{last}" IndexedPagingOffset="{reached}"'


def _events(name: str, events: list[str], status: str) -> bytes:
    happened = "".join(
        f"<t:NewMailEvent><t:TimeStamp>2026-11-22T12:00:00Z</t:TimeStamp>"
        f'<t:ItemId Id="{item}" ChangeKey="CQ=="/><t:ParentFolderId Id="inbox" ChangeKey="AQ=="/>'
        "</t:NewMailEvent>"
        for item in events
    )
    told = f"<m:Notification><t:SubscriptionId>{name}</t:SubscriptionId>{happened}</m:Notification>"
    told = f"<m:Notifications>{told}</m:Notifications>" if events else ""
    message = (
        '<m:GetStreamingEventsResponseMessage ResponseClass="Success">'
        f"<m:ResponseCode>NoError</m:ResponseCode>{told}<m:ConnectionStatus>{status}</m:ConnectionStatus></m:GetStreamingEventsResponseMessage>"
    )
    return (
        f"{_HEADER}<m:GetStreamingEventsResponse><m:ResponseMessages>{message}</m:ResponseMessages>"
        f"</m:GetStreamingEventsResponse>{_END}"
    ).encode()


def _fault(failed: Failed) -> str:
    more = f'<t:Value Name="BackOffMilliseconds">{failed.back_off_ms}</t:Value>' if failed.back_off_ms else ""
    errors = "http://schemas.microsoft.com/exchange/services/2006/errors"
    return (
        f"{_HEADER}<s:Fault><faultcode>t:{failed.code}</faultcode><faultstring>{failed.code}</faultstring>"
        f'<detail><e:ResponseCode xmlns:e="{errors}">{failed.code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{errors}">{failed.code}</e:Message><t:MessageXml>{more}</t:MessageXml></detail>'
        f"</s:Fault>{_END}"
    )


def _handler(service: EwsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        ntlm: Any = None  # NTLM authenticates a connection

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/token":
                self._token(body)
            elif len(body) > service.largest_request:
                self._say(413, b"<html>Request Entity Too Large</html>", {"Content-Type": "text/html"})
            elif self._is_authenticated():
                self._soap(body)

        def _token(self, body: bytes) -> None:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if form.get("client_id") == "faxgw" and form.get("client_secret") == "client-secret":
                said = f'{{"token_type": "Bearer", "expires_in": 3599, "access_token": "{TOKEN}"}}'
                self._say(200, said.encode(), {"Content-Type": "application/json"})
            else:
                self._say(401, b'{"error": "invalid_client"}', {"Content-Type": "application/json"})

        def _is_authenticated(self) -> bool:
            """Whether it is; else 401 has been said."""
            if self.ntlm is not None and self.ntlm.complete:
                return True
            kind, _, word = self.headers.get("Authorization", "").partition(" ")
            if kind == "Basic" and base64.b64decode(word).decode() == f"{USER}:{PASSWORD}":
                service.logins.append("basic")
                return True
            if kind == "Bearer" and word == TOKEN:
                service.logins.append("oauth")
                return True
            challenge = "NTLM"
            if kind == "NTLM":
                self.ntlm = self.ntlm or service.new_ntlm()
                try:
                    token = self.ntlm.step(base64.b64decode(word))
                except spnego.exceptions.SpnegoError:
                    self.ntlm = token = None
                if self.ntlm is not None and self.ntlm.complete:
                    service.logins.append("ntlm")
                    return True
                if token:
                    challenge = f"NTLM {base64.b64encode(token).decode()}"
            self._say(401, b"", {"WWW-Authenticate": challenge})
            return False

        def _soap(self, body: bytes) -> None:
            found = service.answer(body, self._write)
            if found is not None:
                self._say(found[0], found[1], {"Content-Type": "text/xml; charset=utf-8"})
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _write(self, document: bytes) -> None:
            if self._headers_sent is False:
                self.send_response(200)
                self.send_header("Content-Type", "text/xml; charset=utf-8")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self._headers_sent = True
            self.wfile.write(b"%x\r\n%b\r\n" % (len(document), document))
            self.wfile.flush()

        _headers_sent = False

        def _say(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
