"""A Postfix of our own: a private instance on a free loopback port, gone at the end."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.free_port import a_free_port
from tests.patience import PATIENCE

_PROGRAMS = Path("/usr/sbin")
_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log/postfix
maillog_file_prefixes = {folder}/log
mydestination =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
message_size_limit = 52428800
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
"""


class Postfix:
    """A mail server that runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.configuration = folder / "etc"
        self._folder = folder

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self._folder / "log/postfix").read_text()

    @property
    def pid(self) -> int:
        """Its master process."""
        return int((self._folder / "spool/pid/master.pid").read_text())

    def run(self, program: str, *arguments: str) -> str:
        """What `postsuper` and the like said."""
        done = subprocess.run(
            [_PROGRAMS / program, "-c", self.configuration, *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr


def pytest_report_header() -> str:
    """The version that tests run against."""
    found = subprocess.run(
        [_PROGRAMS / "postconf", "-dh", "mail_version"], capture_output=True, text=True, check=True
    )
    return f"Postfix {found.stdout.strip()}"


@contextmanager
def a_postfix(folder: Path, settings: str) -> Iterator[Postfix]:
    """It takes mails until the end; `settings` go below those that make it private. The folder is new."""
    if not (_PROGRAMS / "postfix").exists():
        raise RuntimeError("Postfix is not installed. Run: apt-get install postfix")
    postfix = Postfix(folder, a_free_port())
    for name in ("etc", "spool", "data", "log"):
        (folder / name).mkdir(parents=True)
        (folder / name).chmod(0o755)
    folder.chmod(0o755)  # it insists on it
    shutil.chown(folder / "data", "postfix")
    (postfix.configuration / "main.cf").write_text(_SETTINGS.format(folder=folder) + settings)
    (postfix.configuration / "master.cf").write_text(_services(postfix.port))
    command = [_PROGRAMS / "postfix", "-c", postfix.configuration]
    with (folder / "log/start").open("w") as log:
        # Its daemons would keep a pipe of ours open for ever: a file.
        subprocess.run([*command, "start"], check=True, stdout=log, stderr=log)
        try:
            _wait_for(postfix.port)
            yield postfix
        finally:
            subprocess.run([*command, "stop"], check=True, stdout=log, stderr=log)


def _services(port: int) -> str:
    """Debian's services, none of them in a chroot, without mail from this machine's own programs."""
    services = Path("/usr/share/postfix/master.cf.dist").read_text()
    services = re.sub(r"^smtp +inet .*$", f"127.0.0.1:{port} inet n - n - - smtpd", services, flags=re.M)
    services = re.sub(r"^#postlog", "postlog", services, flags=re.M)
    services = re.sub(r"^(\w+ +unix +\S+ +\S+ +)y", r"\1n", services, flags=re.M)
    return re.sub(r"^pickup.*$", "", services, flags=re.M)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"Postfix does not listen on port {port}.")


@pytest.fixture(scope="module")
def postfix_folder() -> Iterator[Path]:
    """A folder that Postfix may use: its user cannot enter those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="faxgw-postfix-"))
    folder.chmod(0o755)
    yield folder / "instance"
    shutil.rmtree(folder)
