"""A Dovecot of our own on free loopback ports: IMAP with passwords and XOAUTH2, mails come by APPEND."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from grp import getgrgid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from pwd import getpwuid
from urllib.parse import parse_qs, urlsplit

import pytest
from imapclient import IMAPClient

from gateway.config.sources import ImapSection
from gateway.model.secret import Secret
from tests.fix_slapd import make_certificates, wait_for_port
from tests.free_port import a_free_port
from tests.patience import PATIENCE

_DOVECOT = Path("/usr/sbin/dovecot")
_TOKEN = "token-of-the-gateway"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
auth_mechanisms = plain xoauth2
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u allow_all_users=yes
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass
class TokenServer:
    """Gives out access tokens (RFC 6749 4.4), and tells Dovecot whose they are (RFC 7662)."""

    asked: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> "TokenServer":
        asked = self.asked

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                asked.append(form)
                if form.get("client_secret") == "client-secret":
                    self.answer({"access_token": _TOKEN, "token_type": "Bearer", "expires_in": 3600})
                else:
                    self.answer({"error": "invalid_client", "error_description": "Bad secret."}, 401)

            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
                self.answer({"active": token == _TOKEN, "username": "fax@example.com"})

            def answer(self, said: dict[str, object], status: int = 200) -> None:
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Dovecot:
    """The server."""

    def __init__(self, folder: Path, tokens: TokenServer) -> None:
        self.folder = folder
        self.tokens = tokens
        self.port, self.tls_port = a_free_port(), a_free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """It answers."""
        if not _DOVECOT.exists():
            raise RuntimeError("Dovecot is not installed. Run: apt-get install dovecot-imapd")
        user = "dovecot" if os.geteuid() == 0 else getpwuid(os.geteuid()).pw_name
        group = "dovecot" if os.geteuid() == 0 else getgrgid(os.getegid()).gr_name
        self.folder.chmod(0o755)
        make_certificates(self.folder, "127.0.0.1")
        (self.folder / "mail").mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder / "mail", user, user)
        (self.folder / "oauth2.conf").write_text(
            f"tokeninfo_url = {self.tokens.url}/tokeninfo?token=\nusername_attribute = username\n"
            "active_attribute = active\nactive_value = true\n"
        )
        conf = _CONFIGURATION.format(
            folder=self.folder, user=user, group=group, port=self.port, tls_port=self.tls_port
        )
        (self.folder / "dovecot.conf").write_text(conf)
        with (self.folder / "out").open("ab") as output:
            self._process = subprocess.Popen(
                [_DOVECOT, "-F", "-c", self.folder / "dovecot.conf"], stdout=output, stderr=output
            )
        wait_for_port("127.0.0.1", self.tls_port, self._process, self.folder / "out")

    def stop(self) -> None:
        """It is gone."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def section(self, **settings: object) -> ImapSection:
        """The [imap] section for a mailbox."""
        given = {
            "host": "127.0.0.1",
            "port": self.tls_port,
            "ca_file": self.folder / "ca.pem",
            "password": Secret("secret"),
            **settings,
        }
        return ImapSection(**given)  # type: ignore[arg-type]

    def client(self, user: str) -> IMAPClient:
        """Somebody else at the mailbox."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login(user, "secret")
        return client

    def deliver(self, user: str, message: bytes) -> None:
        """The mail lies in the INBOX."""
        client = self.client(user)
        client.append("INBOX", message)
        client.logout()

    def deliver_unreadable(self, user: str, *, size: str = "") -> None:
        """Behind another mail lies one whose file nobody can read; its name may tell its size."""
        arrived = self.folder / "mail" / user / "new" / f"1.unreadable.host{size}"
        arrived.touch(0)

    def mails_in(self, user: str, folder: str) -> list[bytes]:
        """The raw mails of a folder, which may not be there."""
        client = self.client(user)
        if not client.folder_exists(folder):
            client.logout()
            return []
        client.select_folder(folder, readonly=True)
        found = client.fetch(client.search(), ["BODY.PEEK[]"])
        client.logout()
        return [facts[b"BODY[]"] for _, facts in sorted(found.items())]


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """The Dovecot of the run; each test has a mailbox of its own name."""
    folder = Path(tempfile.mkdtemp(prefix="faxgw-dovecot-"))
    with TokenServer() as tokens:
        server = Dovecot(folder, tokens)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)
