"""An Active Directory of our own: Samba's, with LDAP and Kerberos, on a loopback address.

Its ports are fixed (389, 636), so each run takes an address of its own; that needs root. Making a domain
takes seconds, so it is kept as an archive in pytest's cache.
"""

import base64
import errno
import hashlib
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.people import DirectorySection
from gateway.model.secret import Secret
from tests.fix_slapd import RESOURCES, make_certificates, wait_for_port
from tests.patience import PATIENCE

BASE = "DC=faxtest,DC=example"
PASSWORDS = {
    "faxgw": "Faxgw-secret-1",
    "sdaryn": "Passw0rd-of-Sam",
    "tom": "Passw0rd-of-Tom",
    "gone": "Gone-0-secret",
}
_ADDRESSES = [f"127.0.0.{last}" for last in range(71, 79)]
_RESERVED = 8879  # a port of each address that says: taken
_PACKAGES = "samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user ldb-tools"


def samba_version() -> str:
    """What samba says of itself.

    Raises:
        RuntimeError: it is not installed.
    """
    missing = [
        program
        for program in ("samba", "samba-tool", "ldbadd", "ldbmodify", "kinit")
        if not shutil.which(program)
    ]
    if missing or not Path("/usr/share/samba/setup").is_dir():
        raise RuntimeError(f"Samba's Active Directory is not installed. Run: apt-get install {_PACKAGES}")
    return (
        "samba "
        + subprocess.run(["samba", "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
    )


def pytest_report_header() -> str:
    """The version that tests run against."""
    return samba_version()


class SambaDomain:
    """A domain controller."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reserved, self.address = _free_address()
        self.url, self.tls_url = f"ldap://{self.address}", f"ldaps://{self.address}"
        self.ca_file = folder / "ca.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def restore(self, cache: Path) -> None:
        """Its files are there: from the archive, which is made if it is not yet."""
        recipe = Path(__file__).read_bytes() + (RESOURCES / "faxtest.ldif.in").read_bytes()
        digest = hashlib.sha256(recipe + samba_version().encode()).hexdigest()[:16]
        archive = cache / f"samba-{digest}.tar.gz"
        if not archive.exists():
            self._provision()
            draft = archive.with_suffix(f".{os.getpid()}")
            with tarfile.open(draft, "w:gz", compresslevel=1) as tar:
                tar.add(self.folder / "dc", "dc")
            draft.replace(archive)
            shutil.rmtree(self.folder / "dc")
        with tarfile.open(archive) as tar:
            tar.extractall(self.folder)
        for name in ("state", "cache", "ncalrpc", "bind-dns", "ntp", "wb"):
            (self.folder / "dc" / name).mkdir(exist_ok=True)
        make_certificates(self.folder, self.address)
        for name in ("smb.conf", "krb5.conf"):
            text = (RESOURCES / f"{name}.in").read_text()
            (self.folder / name).write_text(text.format(folder=self.folder, address=self.address))

    def _provision(self) -> None:
        private = self.folder / "dc" / "private"
        (self.folder / "dc").mkdir()
        _run(
            *[
                "samba-tool",
                "domain",
                "provision",
                f"--targetdir={self.folder}/dc",
                "--realm=FAXTEST.EXAMPLE",
            ],
            *["--domain=FAXTEST", "--server-role=dc", "--dns-backend=NONE", "--adminpass=Adm1n-Passw0rd"],
            *["--host-name=dc1", f"--host-ip={self.address}", f"--option=interfaces={self.address}/8"],
            *["--option=bind interfaces only=yes", "--quiet"],
        )
        secrets = {
            f"password_of_{user}": base64.b64encode(password.encode("utf-16-le")).decode()
            for user, password in PASSWORDS.items()
        }
        people = (RESOURCES / "faxtest.ldif.in").read_text().format(base=BASE, **secrets)
        _run("ldbadd", "-H", str(private / "sam.ldb"), given=people)
        names = "".join(f"servicePrincipalName: ldap/{address}\n" for address in _ADDRESSES)
        dc = f"dn: CN=DC1,OU=Domain Controllers,{BASE}\nchangetype: modify\nadd: servicePrincipalName\n"
        _run("ldbmodify", "-H", str(private / "sam.ldb"), given=dc + names)

    def start(self) -> None:
        """It answers."""
        log = self.folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "samba",
                    "-F",
                    "-M",
                    "single",
                    "--no-process-group",
                    "--debug-stdout",
                    "-d1",
                    "-s",
                    self.folder / "smb.conf",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for_port(self.address, 636, self._process, log)
        wait_for_port(self.address, 8877, self._process, log)

    def stop(self) -> None:
        """It is gone, and its address free."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
        self._reserved.close()

    def ticket(self, user: str) -> dict[str, str]:
        """The environment of a process that has a Kerberos ticket of this user."""
        cache = self.folder / f"ticket-{user}"
        environment = {"KRB5_CONFIG": str(self.folder / "krb5.conf"), "KRB5CCNAME": f"FILE:{cache}"}
        subprocess.run(
            ["kinit", f"{user}@FAXTEST.EXAMPLE"],
            input=PASSWORDS[user].encode(),
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )
        return environment

    def section(self, **settings: object) -> DirectorySection:
        """The [directory] section for it."""
        given = {
            "kind": "active_directory",
            "servers": (self.tls_url,),
            "ca_file": self.ca_file,
            "base": BASE,
            "bind_dn": "faxgw@faxtest.example",
            "password": Secret(PASSWORDS["faxgw"]),
            "timeout": timedelta(seconds=PATIENCE),
            **settings,
        }
        return DirectorySection(**given)  # type: ignore[arg-type]


def _run(*command: str, given: str = "") -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")


def _free_address() -> tuple[socket.socket, str]:
    """An address that nobody uses, and the socket that keeps it from other test runs until then."""
    for address in _ADDRESSES:
        reserved = socket.socket()
        try:
            reserved.bind((address, _RESERVED))
            for port in (389, 636):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((address, port))
        except OSError as error:
            reserved.close()
            if error.errno == errno.EACCES:
                raise RuntimeError(
                    "Samba's LDAP ports are below 1024: the tests must run as root."
                ) from error
        else:
            return reserved, address
    raise RuntimeError(f"All of {_ADDRESSES[0]} to {_ADDRESSES[-1]} are taken by other Samba servers.")


@pytest.fixture(scope="session")
def samba(pytestconfig: pytest.Config) -> Iterator[SambaDomain]:
    """The running domain controller of all tests."""
    folder = Path(tempfile.mkdtemp(prefix="faxgw-samba-"))
    domain = SambaDomain(folder)
    try:
        domain.restore(pytestconfig.cache.mkdir("samba"))
        domain.start()
        yield domain
    finally:
        domain.stop()
        shutil.rmtree(folder)
