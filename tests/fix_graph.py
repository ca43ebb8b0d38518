"""A Microsoft 365 of our own, one for each test that asks for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.sources import Microsoft365Section
from gateway.model.secret import Secret
from tests.fakes.graph_server import CLIENT, MAILBOX, SECRET, TENANT, GraphServer
from tests.fix_slapd import make_certificates


@pytest.fixture(scope="session")
def localhost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority (ca.pem) and the certificate of localhost (server.pem, server.key)."""
    folder = tmp_path_factory.mktemp("localhost")
    make_certificates(folder, "127.0.0.1,DNS:localhost")
    return folder


@pytest.fixture
def graph(localhost: Path) -> Iterator[GraphServer]:
    """The service."""
    with GraphServer(localhost / "server.pem", localhost / "server.key") as server:
        yield server


def a_section(graph: GraphServer, localhost: Path, **settings: object) -> Microsoft365Section:
    """The [microsoft365] section for it."""
    given = {
        "tenant": TENANT,
        "client_id": CLIENT,
        "client_secret": Secret(SECRET),
        "mailbox": MAILBOX,
        "authority": graph.url,
        "endpoint": graph.url,
        "ca_file": localhost / "ca.pem",
        "look_every": timedelta(milliseconds=100),
        **settings,
    }
    return Microsoft365Section(**given)  # type: ignore[arg-type]
