"""Microsoft 365 as far as its documentation says how it behaves: tokens, Graph mail, throttling.

HTTPS on loopback. What is kept to (learn.microsoft.com/graph unless said otherwise):
- Tokens by client credentials, a secret or an assertion signed with the registered certificate
  (entra/identity-platform, v2-oauth2-client-creds-grant-flow); without a good one every request is 401.
- Ids are immutable only for requests with `Prefer: IdType="ImmutableId"`; the others change with every move,
  and an id that is not (any more) is 404 ErrorItemNotFound (outlook-immutable-id).
- Delta queries come in pages with nextLink, then a deltaLink; a forgotten one is 410 syncStateNotFound
  (delta-query-overview, message-delta).
- `sendMail` and drafts take base64 MIME as text/plain, 4 MB a request at most: else 413 (user-sendmail).
- Upload sessions take ranges in order, 4 MB a part at most, without a token: one that carries it is 401
  (attachment-createuploadsession).
- 429 with Retry-After when a test says so (throttling).
"""

import base64
import json
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.x509 import load_pem_x509_certificate

TENANT, CLIENT, SECRET, MAILBOX = "contoso", "client-1", "client-secret", "fax@example.com"
_MB = 1024 * 1024


@dataclass
class Mail:
    number: int
    content: bytes
    folder: str
    moves: int = 0
    attachments: list[tuple[str, bytes]] = field(default_factory=list)

    def id(self, *, immutable: bool) -> str:
        return f"AAkALg{self.number}=" if immutable else f"AAMkAG{self.number}-{self.moves}="


@dataclass
class Refused(Exception):
    status: int
    code: str
    headers: dict[str, str] = field(default_factory=dict)


class GraphServer:
    """The service. Used as `with`; scripted by tests, and looked at."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.folders = {"inbox": "Inbox"}
        self.mails: list[Mail] = []
        self.sent: list[tuple[EmailMessage, list[tuple[str, bytes]]]] = []
        self.requests: list[str] = []
        self.certificate: Path | None = None  #: the one that is registered
        self.answer_uploads_with: Refused | None = None
        self.refuse_moves = False
        self.unreadable: set[int] = set()  #: numbers of mails that cannot be given out
        self.page_size = 2  #: whatever the client prefers; the service may send fewer
        self._uploads: dict[str, tuple[Mail, str, int, bytearray]] = {}
        self._log: list[tuple[int, bool]] = []  # number of a mail, whether it came to the inbox
        self._refusals: list[Refused] = []
        self._forgotten = 0
        self._tokens: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"

    def __enter__(self) -> "GraphServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What tests do.

    def deliver(self, content: bytes) -> None:
        """A mail comes to the inbox."""
        with self._lock:
            self.mails.append(Mail(len(self.mails), content, "inbox"))
            self._log.append((len(self.mails) - 1, True))

    def next_requests_are_refused(self, *refusals: Refused) -> None:
        self._refusals.extend(refusals)

    def forget_deltas(self) -> None:
        """Every delta link given out so far is worth nothing."""
        self._forgotten = len(self._log)
        self._epoch = object()
        self._good_from = id(self._epoch)

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def mails_in(self, folder: str) -> list[bytes]:
        ids = [id_ for id_, name in self.folders.items() if name == folder]
        return [mail.content for mail in self.mails if mail.folder in ids]

    # The service.

    _good_from = 0

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any, dict[str, str]]:
        url = urlsplit(target)
        path = [unquote(part) for part in url.path.strip("/").split("/")]
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if path[0] == TENANT:
            return self._token(path, body)
        if path[0] == "upload":
            return self._upload(path[1], headers, body)
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            raise Refused(401, "InvalidAuthenticationToken")
        if self._refusals:
            raise self._refusals.pop(0)
        if path[:2] != ["v1.0", "users"] or path[2] != MAILBOX:
            raise Refused(404, "ErrorInvalidUser")
        immutable = 'IdType="ImmutableId"' in headers.get("Prefer", "")
        match method, path[3:]:
            case "GET", ["mailFolders"]:
                wanted = query["$filter"].removeprefix("displayName eq '")[:-1].replace("''", "'")
                found = [{"id": i, "displayName": n} for i, n in self.folders.items() if n == wanted]
                return 200, {"value": found}, {}
            case "POST", ["mailFolders"]:
                name = json.loads(body)["displayName"]
                self.folders[f"folder-{len(self.folders)}"] = name
                return 201, {"id": f"folder-{len(self.folders) - 1}", "displayName": name}, {}
            case "GET", ["mailFolders", "inbox", "messages", "delta"]:
                return 200, self._changes(query, immutable=immutable), {}
            case "POST", ["sendMail"]:
                self.sent.append((self._mime(headers, body), []))
                return 202, None, {}
            case "POST", ["messages"]:
                draft = Mail(len(self.mails), self._mime(headers, body).as_bytes(), "drafts")
                self.mails.append(draft)
                return 201, {"id": draft.id(immutable=immutable)}, {}
            case _, ["messages", mail_id, *rest]:
                mail = self._mail(mail_id, immutable=immutable)
                return self._with_mail(method, mail, rest, body, immutable=immutable)
        raise Refused(400, "BadRequest")

    def _token(self, path: list[str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        if path[-1] == "openid-configuration":
            base = f"{self.url}/{TENANT}/oauth2/v2.0"
            endpoints = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
            return 200, {"issuer": f"{self.url}/{TENANT}/v2.0", **endpoints}, {}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        proved = form.get("client_secret") == SECRET or self._is_signed(form.get("client_assertion", ""))
        if form.get("client_id") != CLIENT or not proved or form["grant_type"] != "client_credentials":
            said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
            return 401, said, {}
        token = f"token-{len(self.requests)}"
        self._tokens.add(token)
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token}, {}

    def _is_signed(self, assertion: str) -> bool:
        if self.certificate is None or not assertion:
            return False
        key = load_pem_x509_certificate(self.certificate.read_bytes()).public_key()
        audience = f"{self.url}/{TENANT}/oauth2/v2.0/token"
        said = jwt.decode(assertion, key, algorithms=["PS256"], audience=audience)  # type: ignore[arg-type]
        return bool(said["iss"] == CLIENT)

    def _changes(self, query: dict[str, str], *, immutable: bool) -> dict[str, Any]:
        """A page of what changed since; the log is the state."""
        given = query.get("$deltatoken") or query.get("$skiptoken") or f"{self._good_from}.0"
        epoch, _, start = given.partition(".")
        if epoch != str(self._good_from):
            raise Refused(410, "syncStateNotFound")
        first = int(start)
        page = self._log[first : first + self.page_size]
        value = []
        for number, came in page:
            entry: dict[str, Any] = {"id": self.mails[number].id(immutable=immutable)}
            here = came and self.mails[number].folder == "inbox"
            value.append(entry if here else entry | {"@removed": {"reason": "deleted"}})
        here = f"{self.url}/v1.0/users/{MAILBOX}/mailFolders/inbox/messages/delta"
        reached = first + len(page)
        link = "@odata.deltaLink" if reached == len(self._log) else "@odata.nextLink"
        word = "$deltatoken" if reached == len(self._log) else "$skiptoken"
        return {"value": value, link: f"{here}?{word}={self._good_from}.{reached}"}

    def _mail(self, mail_id: str, *, immutable: bool) -> Mail:
        for mail in self.mails:
            if mail.id(immutable=immutable) == mail_id and mail.folder:
                return mail
        raise Refused(404, "ErrorItemNotFound")

    def _with_mail(
        self, method: str, mail: Mail, rest: list[str], body: bytes, *, immutable: bool
    ) -> tuple[int, Any, dict[str, str]]:
        match method, rest:
            case "GET", ["$value"]:
                if mail.number in self.unreadable:
                    raise Refused(500, "ErrorItemCorrupt")
                return 200, mail.content, {}
            case "POST", ["move"]:
                if self.refuse_moves:
                    raise Refused(500, "ErrorInternalServerError")
                target = json.loads(body)["destinationId"]
                if target not in self.folders:
                    raise Refused(404, "ErrorFolderNotFound")
                self._leave(mail, target)
                return 201, {"id": mail.id(immutable=immutable)}, {}
            case "DELETE", []:
                self._leave(mail, "")
                return 204, None, {}
            case "POST", ["attachments"]:
                facts = json.loads(body)
                mail.attachments.append((facts["name"], base64.b64decode(facts["contentBytes"])))
                return 201, {"id": "attachment"}, {}
            case "POST", ["attachments", "createUploadSession"]:
                facts = json.loads(body)["AttachmentItem"]
                if facts["attachmentType"] != "file":
                    raise Refused(400, "ErrorInvalidRequest")
                self._uploads[f"{len(self._uploads)}"] = (mail, facts["name"], facts["size"], bytearray())
                return 201, {"uploadUrl": f"{self.url}/upload/{len(self._uploads) - 1}"}, {}
            case "POST", ["send"]:
                self.sent.append((message_from_bytes(mail.content, policy=policy.default), mail.attachments))
                mail.folder = ""
                return 202, None, {}
        raise Refused(400, "BadRequest")

    def _leave(self, mail: Mail, target: str) -> None:
        with self._lock:
            if mail.folder == "inbox":
                self._log.append((mail.number, False))
            mail.folder, mail.moves = target, mail.moves + 1

    def _upload(self, name: str, headers: Any, body: bytes) -> tuple[int, Any, dict[str, str]]:
        if "Authorization" in headers:
            raise Refused(401, "InvalidAudience")
        if self.answer_uploads_with:
            raise self.answer_uploads_with
        mail, file, size, content = self._uploads[name]
        if headers["Content-Range"] != f"bytes {len(content)}-{len(content) + len(body) - 1}/{size}":
            raise Refused(416, "ErrorInvalidRange")
        content += body
        if len(content) < size:
            return 200, {"nextExpectedRanges": [f"{len(content)}-"]}, {}
        mail.attachments.append((file, bytes(content)))
        return 201, None, {}

    def _mime(self, headers: Any, body: bytes) -> EmailMessage:
        if headers.get("Content-Type") != "text/plain":
            raise Refused(415, "UnsupportedMediaType")
        try:
            found = message_from_bytes(base64.b64decode(body, validate=True), policy=policy.default)
        except ValueError:
            raise Refused(400, "ErrorMimeContentInvalidBase64String") from None
        if not found["To"]:
            raise Refused(400, "ErrorInvalidRecipients")
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.requests.append(f"{self.command} {self.path}")
                try:
                    if len(body) > 4 * _MB:
                        raise Refused(413, "RequestEntityTooLarge")
                    status, said, more = service.answer(self.command, self.path, self.headers, body)
                except Refused as refused:
                    status, more = refused.status, refused.headers
                    said = {"error": {"code": refused.code, "message": f"{refused.code}."}}
                content = said if isinstance(said, bytes) else json.dumps(said).encode() if said else b""
                self.send_response(status)
                for name, value in (more | {"Content-Length": str(len(content))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler
