"""A slapd of our own with a Domino-like address book, on a free loopback port, by StartTLS and LDAPS.

`slapd` is the server of the run; `own_slapd` one that a test may stop.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.people import DirectorySection
from gateway.model.secret import Secret
from tests.free_port import a_free_port
from tests.patience import PATIENCE

RESOURCES = Path(__file__).parent / "resources" / "directory"
_SLAPD = Path("/usr/sbin/slapd")


def slapd_version() -> str:
    """What slapd says of itself.

    Raises:
        RuntimeError: it is not installed.
    """
    if not _SLAPD.exists():
        raise RuntimeError("slapd is not installed. Run: apt-get install slapd")
    said = subprocess.run([_SLAPD, "-VV"], capture_output=True, text=True, check=False).stderr
    return " ".join(said.replace("@(#) $", "").split()[:3])


def pytest_report_header() -> str:
    """The version that tests run against."""
    return slapd_version()


def make_certificates(folder: Path, address: str) -> None:
    """`folder` has an authority (ca.pem), and a certificate of it for this IP address (server.pem, .key)."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={address}")
    (folder / "extensions").write_text(f"subjectAltName=IP:{address}\n")
    openssl(
        *["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
        *["-out", "server.pem", "-extfile", "extensions"],
    )
    (folder / "server.key").chmod(0o600)  # Samba refuses a key that others can read


def wait_for_port(address: str, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Somebody listens there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)  # the server has no other way to say that it is ready
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-4000:]}")


class Slapd:
    """A server that can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self._process: subprocess.Popen[bytes] | None = None
        self._port, self._tls_port = a_free_port(), a_free_port()
        self.url = f"ldap://127.0.0.1:{self._port}"
        self.tls_url = f"ldaps://127.0.0.1:{self._tls_port}"

    def create(self) -> None:
        """Its configuration, certificates and people are there."""
        slapd_version()
        make_certificates(self.folder, "127.0.0.1")
        (self.folder / "db").mkdir()
        conf = (RESOURCES / "slapd.conf.in").read_text().format(folder=self.folder, resources=RESOURCES)
        (self.folder / "slapd.conf").write_text(conf)
        self.add((RESOURCES / "renovations.ldif").read_text())

    def add(self, ldif: str) -> None:
        """Entries are in the database; only while the server does not run."""
        subprocess.run(
            ["/usr/sbin/slapadd", "-q", "-f", self.folder / "slapd.conf"],
            input=ldif.encode(),
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """It answers."""
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [_SLAPD, "-f", self.folder / "slapd.conf", "-h", f"{self.url}/ {self.tls_url}/", "-d", "0"],
                stdout=output,
                stderr=output,
            )
        wait_for_port("127.0.0.1", self._tls_port, self._process, log)

    def stop(self) -> None:
        """It is gone."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def section(self, **settings: object) -> DirectorySection:
        """The [directory] section for it."""
        given = {
            "servers": (self.tls_url,),
            "ca_file": self.ca_file,
            "base": "o=Renovations",
            "bind_dn": "cn=faxgw,o=Renovations",
            "password": Secret("faxgw-secret"),
            "timeout": timedelta(seconds=PATIENCE),
            **settings,
        }
        return DirectorySection(**given)  # type: ignore[arg-type]


@contextmanager
def a_slapd(more: str = "") -> Iterator[Slapd]:
    """A running server, with these entries as well."""
    folder = Path(tempfile.mkdtemp(prefix="faxgw-slapd-"))
    server = Slapd(folder)
    try:
        server.create()
        if more:
            server.add(more)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def slapd() -> Iterator[Slapd]:
    """The running server of all tests."""
    with a_slapd() as server:
        yield server


@pytest.fixture
def own_slapd() -> Iterator[Slapd]:
    """A server of the test's own, to be stopped and started."""
    with a_slapd() as server:
        yield server
