"""What all connections of a listener share."""

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP

from gateway.config.schema import Network
from gateway.intake.accept import Gatekeeper
from gateway.intake.guard import Guard, Limits
from gateway.intake.screening import Screen
from gateway.ports.authenticator import Authenticator
from gateway.ports.job_store import JobStore


class Session(Protocol):
    """One connection, as its listener sees it."""

    @property
    def task(self) -> "asyncio.Task[None]":
        """What serves it."""
        ...

    def close_when_idle(self) -> None:
        """It ends now if it waits for a command, else after the command under way."""
        ...

    def abort(self) -> None:
        """It ends now."""
        ...


@dataclass(slots=True)
class Service:
    """What all connections of a listener share."""

    jobs: JobStore
    gatekeeper: Gatekeeper
    spool_folder: Path
    hostname: str
    max_message_size: int  #: bytes
    max_connections: int
    guard: Guard = field(default_factory=lambda: Guard(Limits()))
    tls: ssl.SSLContext | None = None  #: for STARTTLS; None offers none
    authenticator: Authenticator | None = None
    screen: Screen | None = None  #: says who may not send
    proxy_networks: tuple[Network, ...] = ()  #: whose connections begin with a PROXY header
    xclient_networks: tuple[Network, ...] = ()  #: who may say whom it speaks for
    tarpit: float = 1.0  #: how much of its slowness a wrong password gets
    idle_timeout: float = 300.0  #: seconds; RFC 5321 4.5.3.2.7
    closing: bool = False
    sessions: set[Session] = field(default_factory=set)
    prototype: dict[str, Any] = field(default_factory=dict)  #: what aiosmtpd's constructor sets

    def inspect(self) -> None:
        """Lets aiosmtpd look at its methods once, in place of once a connection (0.3 ms each)."""
        protocol = SMTP(None, hostname=self.hostname, loop=asyncio.get_running_loop())
        self.prototype = vars(protocol).copy()
