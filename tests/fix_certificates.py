"""An authority, a server certificate and a client certificate, made by openssl."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


@dataclass(frozen=True)
class Certificates:
    """PEM files; each certificate has its key in the same file."""

    authority: Path
    server: Path  #: for 127.0.0.1 and ::1
    client: Path  #: of "Billing Server"
    sip: Path  #: for 127.0.0.1, in the common name
    elsewhere: Path  #: for addresses at which nobody is

    def client_context(self, *, with_certificate: bool = False) -> ssl.SSLContext:
        """A client that trusts the authority, and shows its own certificate if that is wanted."""
        context = ssl.create_default_context(cafile=self.authority)
        if with_certificate:
            context.load_cert_chain(self.client)
        return context


def make_certificates(folder: Path) -> Certificates:
    """All of them, valid for a day."""
    authority = _make(folder, "authority", "/CN=Test authority", [])
    signed = ["-CA", str(authority), "-CAkey", str(authority)]
    client = [*signed, "-addext", "basicConstraints=CA:FALSE"]
    server = [*client, "-addext", "subjectAltName=DNS:gateway,IP:127.0.0.1,IP:::1"]
    elsewhere = [*client, "-addext", "subjectAltName=DNS:gateway,IP:127.0.0.2,IP:::2"]
    return Certificates(
        authority,
        _make(folder, "server", "/CN=gateway", server),
        _make(folder, "client", "/CN=Billing Server", client),
        _make(folder, "sip", "/CN=127.0.0.1", client),
        _make(folder, "elsewhere", "/CN=gateway", elsewhere),
    )


def _make(folder: Path, name: str, subject: str, more: list[str]) -> Path:
    key, certificate, both = (folder / f"{name}.{kind}" for kind in ("key", "crt", "pem"))
    subprocess.run(
        ["openssl", "req", "-x509", *_KEY, "-subj", subject, "-keyout", key, "-out", certificate, *more],
        check=True,
        capture_output=True,
    )
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))
