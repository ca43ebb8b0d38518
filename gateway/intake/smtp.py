"""The SMTP listener: mails to number@domain become submissions.

Several processes may listen on one port (`share_port`): the kernel deals connections out among them.
"""

import asyncio
import errno
import logging
import socket
from contextlib import ExitStack
from pathlib import Path

from gateway.config.schema import AddressesSection, SmtpSection
from gateway.errors import ConfigError
from gateway.intake.accept import Gatekeeper
from gateway.intake.session import Service, SmtpSession
from gateway.intake.spool import IncomingFolder
from gateway.model.dialling import DialPlan
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
        max_connections: int = 500,
        grace: float = _GRACE,
    ) -> None:
        self._section = section
        self._gatekeeper = Gatekeeper(section, addresses or AddressesSection(), plan or DialPlan())
        self._jobs = jobs
        self._data_dir = data_dir
        self._share_port = share_port
        self._max_connections = max_connections
        self._grace = grace
        self._folder = ExitStack()
        self._service: Service | None = None
        self._server: asyncio.Server | None = None
        self.port = 0  #: TCP; known when listening

    async def __aenter__(self) -> "SmtpIntake":
        """Listening.

        Raises:
            ConfigError: the address cannot be listened on, or data_dir not be written.
        """
        host, port = split_address(self._section.listen)
        try:
            folder = self._folder.enter_context(IncomingFolder(self._data_dir))
        except OSError as error:
            raise ConfigError(
                f"node.data_dir: cannot write to {self._data_dir} ({error.strerror}). "
                "Make it a directory that the gateway's user owns."
            ) from error
        self._service = service = Service(
            jobs=self._jobs,
            gatekeeper=self._gatekeeper,
            spool_folder=folder.path,
            hostname=self._section.hostname or socket.getfqdn(),
            max_message_size=self._section.max_message_size,
            max_connections=self._max_connections,
        )
        service.inspect()
        # aiosmtpd logs each command of each client at INFO; faxlog says what matters.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: SmtpSession(service), host, port, backlog=_BACKLOG, reuse_port=self._share_port
            )
        except OSError as error:
            self._folder.close()
            raise ConfigError(_cannot_listen(self._section.listen, error)) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """The address is free. Every message that was complete has its reply; others were not taken."""
        if self._server is None or self._service is None:
            return
        self._service.closing = True
        self._server.close()
        sessions = list(self._service.sessions)
        for session in sessions:
            session.close_when_idle()
        if sessions:
            _, late = await asyncio.wait([session.task for session in sessions], timeout=self._grace)
            for session in sessions:
                session.abort()
            if late:
                await asyncio.wait(late)
        await self._server.wait_closed()
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


def _cannot_listen(listen: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"smtp.listen: {listen} is in use by another program. Stop it or choose another port."
    if error.errno == errno.EACCES:
        return (
            f"smtp.listen: {listen} may only be opened by root. "
            "Choose a port above 1023, or give the service CAP_NET_BIND_SERVICE."
        )
    return f"smtp.listen: cannot listen on {listen} ({error.strerror}). Correct the address."
