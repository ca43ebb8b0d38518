"""A provider's SIP proxy: Kamailio as registrar with passwords, on a free port, by UDP, TCP and TLS."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fix_sip import free_address
from tests.patience import PATIENCE

USER, PASSWORD, REALM = "fax-account", 'se:cret"word', "provider.example"
_MODULES = Path("/usr/lib/x86_64-linux-gnu/kamailio/modules")
_SETTINGS = """#!KAMAILIO
debug=0
log_stderror=yes
children=2
auto_aliases=no
dns_cache_init=off
listen=udp:{address}
listen=tcp:{address}
{tls_listen}
mpath="{modules}/"
{load}
{tls_params}
modparam("registrar", "max_expires", {registered_for})
modparam("registrar", "min_expires", 1)
modparam("auth", "nonce_expire", 300)
modparam("auth", "algorithm", "{algorithm}")

request_route {{
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
  if (has_totag()) {{
    if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "0"); exit; }}
    save("location");
    exit;
  }}
  record_route();
  if (lookup("location")) {{ t_relay(); exit; }}
  if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "0"); exit; }}
  consume_credentials();
  $du = "sip:{calls}";
  t_relay();
}}
"""


@dataclass(frozen=True)
class Provider:
    """A running Kamailio."""

    address: str
    tls_address: str  #: "" without TLS


@contextlib.contextmanager
def a_provider(
    calls: str = "127.0.0.1:9",
    *,
    address: str = "",
    registered_for: int = 600,
    tls: Path | None = None,
    asks_for: Path | None = None,
    algorithm: str = "",
) -> Iterator[Provider]:
    """A provider that hands calls on to `calls`, after asking who makes them.

    `tls`: its certificate and key, in one file. `asks_for`: the authority that must have signed the client's.
    `algorithm`: of the digest that it asks for; "" says none, which means MD5.
    """
    if not shutil.which("kamailio"):
        raise RuntimeError("kamailio is not installed. Run: apt-get install kamailio kamailio-tls-modules")
    address = address or free_address()
    tls_address = free_address() if tls else ""
    names = [
        *(["tls"] if tls else []),
        "sl",
        "tm",
        "rr",
        "pv",
        "usrloc",
        "registrar",
        "textops",
        "siputils",
        "auth",
    ]
    with tempfile.TemporaryDirectory(prefix="faxgw-kamailio-") as folder:
        settings = _SETTINGS.format(
            address=address, modules=_MODULES, realm=REALM, password=PASSWORD.replace('"', '\\"'),
            calls=calls, algorithm=algorithm,
            load="\n".join(f'loadmodule "{name}.so"' for name in names), registered_for=registered_for,
            tls_listen=f"enable_tls=yes\nlisten=tls:{tls_address}" if tls else "",
            tls_params=f'modparam("tls", "config", "{folder}/tls.cfg")' if tls else "",
        )  # fmt: skip
        Path(folder, "kamailio.cfg").write_text(settings)
        if tls:
            Path(folder, "tls.cfg").write_text(_tls_settings(tls, asks_for))
        with Path(folder, "log").open("w") as log:
            command = [
                "kamailio",
                "-DD",
                "-E",
                "-f",
                "kamailio.cfg",
                "-P",
                f"{folder}/pid",
                "-Y",
                folder,
                "-m",
                "64",
                "-M",
                "8",
            ]
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
        try:
            _answers(address, process, Path(folder, "log"))
            yield Provider(address, tls_address)
        finally:
            # One that is told to end while it still begins (a busy machine) waits a minute for its children.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def _tls_settings(certificate: Path, asks_for: Path | None) -> str:
    lines = [
        "[server:default]",
        "method = TLSv1.2+",
        f"private_key = {certificate}",
        f"certificate = {certificate}",
    ]
    if asks_for:
        lines += ["verify_certificate = yes", "require_certificate = yes", f"ca_list = {asks_for}"]
    return "\n".join([*lines, "[client:default]", "verify_certificate = no", ""])


def _answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """The proxy takes connections."""
    host, port = address.split(":")
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"kamailio did not start:\n{log.read_text()[-4000:]}")
