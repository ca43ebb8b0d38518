"""Whether a server can be talked to at all, asked before libldap does.

libldap built with GnuTLS (Debian's) waits for ever, at full load, for a server that takes the connection and
does not begin TLS: its time limits do not cover the handshake. Ours do, and say what is wrong with a
certificate where libldap only says "Can't contact LDAP server". Costs one more handshake a connection, which
is then used for minutes.
"""

import socket
import ssl
from urllib.parse import urlsplit

from gateway.config.people import DirectorySection

_PORTS = {"ldap": 389, "ldaps": 636}


def problem(url: str, section: DirectorySection) -> str:
    """Why this server cannot be used, or "" when it can."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    seconds = section.timeout.total_seconds()
    try:
        with socket.create_connection((host, port), timeout=seconds) as plain:
            if parts.scheme == "ldaps":
                context = ssl.create_default_context(cafile=str(section.ca_file) if section.ca_file else None)
                with context.wrap_socket(plain, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not accepted: {error.verify_message}"
    except TimeoutError:
        return f"no answer in {seconds:g} s"
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
