"""The page behind the link in a mail to an approver: GET shows it, POST decides.

Looking never decides: programs that open the links of mails in advance do no harm. The standard library's
HTTP server reads the requests; whoever lets it out of the machine puts a web server with TLS before it.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs

from gateway.errors import GatewayError, NotWaiting, StoreUnavailable
from gateway.model.job import Job
from gateway.notifying.approval import Ticket, Tickets, decide, waits_for_approval
from gateway.ports.job_store import JobStore

_log = logging.getLogger("faxgw.approval")

_PATH = "approval/"
_LONGEST_BODY = 1024  # bytes
_AT_ONCE = 16  # requests; more wait for their turn
_ANSWER = 30.0  # seconds the store may take
_SILENCE = 10.0  # seconds until a client that says nothing is hung up on
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}
_GONE = "This link does not work any more: it was used, it is too old, or the fax went another way."


class ApprovalPage:
    """Listens in a thread of its own until it is closed."""

    def __init__(self, listen: str, tickets: Tickets, jobs: JobStore) -> None:
        host, _, port = listen.rpartition(":")
        self._tickets = tickets
        self._jobs = jobs
        self._loop = asyncio.get_running_loop()
        self._server = _Server((host.strip("[]"), int(port)), _Request)
        self._server.answer = self._answer
        self._thread = Thread(target=self._server.serve_forever, name="approval", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    async def __aenter__(self) -> "ApprovalPage":
        """It listens."""
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """It does not any more."""
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()

    def _answer(self, path: str, decision: str | None) -> tuple[HTTPStatus, str]:
        """The page for a request, in its thread; `decision` is what was posted."""
        _, found, text = path.partition(f"/{_PATH}")
        ticket = self._tickets.read(text, datetime.now(UTC)) if found else None
        if ticket is None:
            return HTTPStatus.NOT_FOUND, _page("No such page", _GONE)
        work = self._show(ticket) if decision is None else self._decide(ticket, decision)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER)

    async def _show(self, ticket: Ticket) -> tuple[HTTPStatus, str]:
        try:
            job = await self._jobs.get(ticket.job)
        except KeyError:
            return HTTPStatus.GONE, _page("Too late", _GONE)
        if not waits_for_approval(job) or job.version != ticket.version:
            return HTTPStatus.GONE, _page("Too late", _GONE)
        return HTTPStatus.OK, _page(f"Fax to {job.number}", _facts(job), is_open=True)

    async def _decide(self, ticket: Ticket, decision: str) -> tuple[HTTPStatus, str]:
        if decision not in ("approve", "deny"):
            return HTTPStatus.BAD_REQUEST, _page("Not understood", "Choose to approve or to deny.")
        try:
            job = await decide(
                self._jobs,
                ticket.job,
                approve=decision == "approve",
                by=ticket.approver,
                version=ticket.version,
            )
        except NotWaiting:
            return HTTPStatus.GONE, _page("Too late", _GONE)
        except StoreUnavailable:
            return HTTPStatus.SERVICE_UNAVAILABLE, _page("Not now", "Try again in a minute.")
        except GatewayError:  # somebody else decided at this very moment
            return HTTPStatus.GONE, _page("Too late", _GONE)
        done = "It is sent now." if decision == "approve" else "It is not sent, and its sender is told."
        return HTTPStatus.OK, _page(f"Fax to {job.number}", done)


def link_to(url: str, tickets: Tickets, ticket: Ticket) -> str:
    """Where the approver of this ticket decides."""
    return f"{url.rstrip('/')}/{_PATH}{tickets.issued(ticket)}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Callable[[str, str | None], tuple[HTTPStatus, str]]

    def __init__(self, *arguments: Any) -> None:
        self._turns = BoundedSemaphore(_AT_ONCE)
        super().__init__(*arguments)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._turns:
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's
        _log.debug("a request of %s failed", client_address, exc_info=True)


class _Request(BaseHTTPRequestHandler):
    server: _Server
    timeout: ClassVar[float] = _SILENCE
    server_version = "faxgw"
    sys_version = ""

    def do_GET(self) -> None:
        self._reply(None)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _page("Too much", "Use the form of the page."))
            return
        said = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        self._reply(said.get("decision", [""])[0])

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the path of a request is a secret."""

    def _reply(self, decision: str | None) -> None:
        try:
            status, page = self.server.answer(self.path, decision)
        except (StoreUnavailable, TimeoutError):
            status, page = HTTPStatus.SERVICE_UNAVAILABLE, _page("Not now", "Try again in a minute.")
        self._send(status, page)

    def _send(self, status: HTTPStatus, page: str) -> None:
        content = page.encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _facts(job: Job) -> str:
    sender = job.sender.mail if job.sender else ""
    reason = job.failure.reason if job.failure else ""
    return f"{sender} wants to send {job.page_count} page{'s' * (job.page_count != 1)}. {reason}"


def _page(title: str, text: str, *, is_open: bool = False) -> str:
    form = (
        '<form method="post"><button name="decision" value="approve">Approve</button> '
        '<button name="decision" value="deny">Deny</button></form>'
    )
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p>"
        f"{form if is_open else ''}</html>\n"
    )
