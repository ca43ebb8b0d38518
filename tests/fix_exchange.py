"""An Exchange server of our own, one for each test that asks for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.sources import ExchangeSection
from gateway.model.secret import Secret
from tests.fakes.ews_server import MAILBOX, PASSWORD, USER, EwsServer


@pytest.fixture
def exchange(localhost: Path) -> Iterator[EwsServer]:
    """The server."""
    with EwsServer(localhost / "server.pem", localhost / "server.key") as server:
        yield server


def an_exchange_section(exchange: EwsServer, localhost: Path, **settings: object) -> ExchangeSection:
    """The [exchange] section for it."""
    given = {
        "url": exchange.url,
        "mailboxes": (MAILBOX,),
        "auth": "basic",
        "username": USER,
        "password": Secret(PASSWORD),
        "ca_file": localhost / "ca.pem",
        "look_every": timedelta(minutes=5),
        **settings,
    }
    return ExchangeSection(**given)  # type: ignore[arg-type]
