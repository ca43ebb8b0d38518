"""The SMTP listener: mails to number@domain become submissions.

Several processes may listen on one port (`share_port`): the kernel deals connections out among them.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from gateway.config.schema import AddressesSection, SmtpSection
from gateway.errors import ConfigError
from gateway.intake.accept import Gatekeeper
from gateway.intake.counts import FILE, Counts
from gateway.intake.guard import Guard, Limits
from gateway.intake.screening import Screen
from gateway.intake.service import Service
from gateway.intake.session import SmtpSession
from gateway.intake.spool import IncomingFolder
from gateway.intake.tls import server_context
from gateway.model.dialling import DialPlan
from gateway.ports.authenticator import Authenticator
from gateway.ports.job_store import JobStore

_BACKLOG = 512  # connections the kernel holds for us
_GRACE = 10.0  # seconds a client has to finish its message when we close


class SmtpIntake:
    """The listener. Used as `async with`; listening inside."""

    def __init__(
        self,
        section: SmtpSection,
        jobs: JobStore,
        data_dir: Path,
        *,
        addresses: AddressesSection | None = None,
        plan: DialPlan | None = None,
        share_port: bool = False,
        max_connections: int | None = None,
        authenticator: Authenticator | None = None,
        screen: Screen | None = None,
        tarpit: float = 1.0,
        grace: float = _GRACE,
        doors: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`doors` returns when clients may come; the addresses are ours before, but nobody is listening."""
        self._section = section
        self._gatekeeper = Gatekeeper(section, addresses or AddressesSection(), plan or DialPlan())
        self._jobs = jobs
        self._data_dir = data_dir
        self._share_port = share_port
        self._max_connections = max_connections or section.max_connections
        self._authenticator = authenticator
        self._screen = screen
        self._tarpit = tarpit
        self._grace = grace
        self._doors = doors
        self._folder = ExitStack()
        self._service: Service | None = None
        self._servers: list[asyncio.Server] = []
        self.port = 0  #: TCP; known when listening
        self.tls_port = 0  #: of implicit TLS, if there is one
        self.lmtp_port = 0  #: if there is one

    async def __aenter__(self) -> "SmtpIntake":
        """Listening.

        Raises:
            ConfigError: the address cannot be listened on, or data_dir not be written.
        """
        tls = server_context(self._section)
        try:
            folder = self._folder.enter_context(IncomingFolder(self._data_dir))
        except OSError as error:
            raise ConfigError(
                f"node.data_dir: cannot write to {self._data_dir} ({error.strerror}). "
                "Make it a directory that the gateway's user owns."
            ) from error
        self._service = service = self._make_service(folder.path, tls)
        # aiosmtpd logs each command of each client at INFO; faxlog says what matters.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        section = self._section
        try:
            self.port = await self._listen("listen", section.listen, lambda: SmtpSession(service))
            if section.tls_listen:
                self.tls_port = await self._listen(
                    "tls_listen", section.tls_listen, lambda: SmtpSession(service), tls
                )
            if section.lmtp_listen:
                self.lmtp_port = await self._listen(
                    "lmtp_listen", section.lmtp_listen, lambda: SmtpSession(service, lmtp=True)
                )
            await self._open_doors()
        except ConfigError:
            for server in self._servers:
                server.close()
            service.guard.close()
            self._folder.close()
            raise
        return self

    def _make_service(self, spool_folder: Path, tls: ssl.SSLContext | None) -> Service:
        section = self._section
        limits = Limits(
            connections=section.max_client_connections,
            messages_per_hour=section.max_messages_per_hour,
            recipients_per_hour=section.max_recipients_per_hour,
            sender_messages_per_hour=section.max_sender_messages_per_hour,
            sender_recipients_per_hour=section.max_sender_recipients_per_hour,
            guesses=section.max_guesses,
            ban=section.ban.total_seconds(),
        )
        service = Service(
            jobs=self._jobs,
            gatekeeper=self._gatekeeper,
            spool_folder=spool_folder,
            hostname=section.hostname or socket.getfqdn(),
            max_message_size=section.max_message_size,
            max_connections=self._max_connections,
            guard=Guard(limits, Counts(self._data_dir / FILE)),
            tls=tls,
            authenticator=self._authenticator,
            screen=self._screen,
            proxy_networks=section.proxy_networks,
            xclient_networks=section.xclient_networks,
            tarpit=self._tarpit,
        )
        service.inspect()
        return service

    async def _listen(
        self,
        setting: str,
        address: str,
        session: Callable[[], SmtpSession],
        tls: ssl.SSLContext | None = None,
    ) -> int:
        """The port that is listened on.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        host, port = split_address(address)
        try:
            server = await asyncio.get_running_loop().create_server(
                session,
                host,
                port,
                backlog=_BACKLOG,
                reuse_port=self._share_port,
                ssl=tls,
                start_serving=False,
            )
        except OSError as error:
            raise ConfigError(_cannot_listen(f"smtp.{setting}", address, error)) from error
        self._servers.append(server)
        found: int = server.sockets[0].getsockname()[1]
        return found

    async def _open_doors(self) -> None:
        if self._doors is not None:
            await self._doors()
        for server in self._servers:
            try:
                await server.start_serving()
            except OSError as error:
                host, port = server.sockets[0].getsockname()[:2]
                raise ConfigError(_cannot_listen("smtp", f"{host}:{port}", error)) from error

    async def __aexit__(self, *exc_info: object) -> None:
        """The address is free. Every message that was complete has its reply; others were not taken."""
        if self._service is None:
            return
        self._service.closing = True
        for server in self._servers:
            server.close()
        sessions = list(self._service.sessions)
        for session in sessions:
            session.close_when_idle()
        if sessions:
            _, late = await asyncio.wait([session.task for session in sessions], timeout=self._grace)
            for session in sessions:
                session.abort()
            if late:
                await asyncio.wait(late)
        for server in self._servers:
            await server.wait_closed()
        self._service.guard.close()
        self._folder.close()


def split_address(listen: str) -> tuple[str | None, int]:
    """Host and port of `listen`; no host means every address.

    Raises:
        ConfigError: it is not host:port.
    """
    host, _, port = listen.rpartition(":")
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535):
        raise ConfigError(f'smtp.listen: "{listen}" is not host:port. Write it like "127.0.0.1:2525".')
    return host.strip("[]") or None, int(port)


def _cannot_listen(setting: str, listen: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{setting}: {listen} is in use by another program. Stop it or choose another port."
    if error.errno == errno.EACCES:
        return (
            f"{setting}: {listen} may only be opened by root. "
            "Choose a port above 1023, or give the service CAP_NET_BIND_SERVICE."
        )
    return f"{setting}: cannot listen on {listen} ({error.strerror}). Correct the address."
