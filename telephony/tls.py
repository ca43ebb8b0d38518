"""SIP over TLS: our certificate, and whom we believe (RFC 3261 26.3)."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from telephony.errors import TelephonyError

_SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")


class BadCertificate(TelephonyError):
    """A file of the TLS settings cannot be read."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How TLS is used for every trunk that wants it."""

    listen: str  #: "address:port" of our end
    certificate: Path | None = (
        None  #: ours with its chain (PEM): for peers that call us, or want to know who we are
    )
    key: Path | None = None  #: of the certificate; None: it stands in the same file
    authority: Path | None = None  #: who signs the peers' certificates (PEM); None: those the system believes
    verify: bool = True  #: a peer without a certificate for its name is not talked to

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """The files as the core wants them, while the core starts; only we can read them.

        Raises:
            BadCertificate: one of them cannot be read.
        """
        with tempfile.TemporaryDirectory(prefix="faxgw-tls-") as name:
            folder = Path(name)
            try:
                if self.certificate:
                    key = self.key.read_bytes() if self.key else b""
                    (folder / "agent.pem").write_bytes(self.certificate.read_bytes() + b"\n" + key)
                (folder / "cafile.pem").write_bytes((self.authority or _SYSTEM).read_bytes())
            except OSError as error:
                raise BadCertificate(f"{error.filename} cannot be read: {error.strerror}.") from error
            yield folder
