"""Ports for the servers that tests start.

A port that the system picks may be gone again before the server has it: every connection that begins gets one
from the same range. These are below that range and below the ports for media, and each worker has its own.
"""

import itertools
import os
import random
import socket

_FIRST, _EACH = 3100, 350
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_next = itertools.count(random.SystemRandom().randrange(_EACH))


def a_free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody has, by TCP and by UDP, and that no other worker is given."""
    for _ in range(_EACH):
        port = _FIRST + _worker * _EACH + next(_next) % _EACH
        if _is_free(host, port):
            return port
    raise RuntimeError(f"No port for tests is free on {host}. Stop what earlier test runs left behind.")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
        try:
            udp.bind((host, port))
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what its last user left in TIME_WAIT
            tcp.bind((host, port))
        except OSError:
            return False
    return True
