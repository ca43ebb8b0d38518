"""Wake-ups between the processes of one machine, by datagrams on Unix sockets.

Every process binds a socket for each topic it listens to, in `<data_dir>/wake/<topic>/`. A wake-up is one
byte to each of them; a full socket has one waiting already. A socket whose process has died is removed by the
first one that finds nobody there.
"""

import asyncio
import errno
import os
import socket
from pathlib import Path

from gateway.cluster.bell import Bells
from gateway.ports.wakeups import Listener, Topic

_NOBODY = (errno.ECONNREFUSED, errno.ENOTSOCK)


class DatagramWakeups:
    """Wake-ups for the processes that share `folder`."""

    def __init__(self, folder: Path) -> None:
        self._bells = Bells()
        self._folders: dict[Topic, int] = {}
        self._sockets: dict[Topic, tuple[socket.socket, Path]] = {}
        self._folder = folder
        for topic in Topic:
            path = folder / topic
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folders[topic] = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def wake(self, topic: Topic) -> None:
        """One byte to each socket of the topic, our own among them. May be called from any thread."""
        for name in os.listdir(self._folders[topic]):  # noqa: PTH208 - names, by descriptor
            try:
                self._sender.sendto(b"!", self._address(topic, name))
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno in _NOBODY:
                    (self._folder / topic / name).unlink(missing_ok=True)

    def listener(self, topic: Topic) -> Listener:
        """The first listener of a topic binds the socket."""
        if topic not in self._sockets:
            self._listen(topic)
        return self._bells.listener(topic)

    def close(self) -> None:
        """Nobody is woken here any more."""
        for bound, path in self._sockets.values():
            asyncio.get_running_loop().remove_reader(bound)
            path.unlink(missing_ok=True)
            bound.close()
        self._sockets.clear()
        self._sender.close()
        for folder in self._folders.values():
            os.close(folder)

    def _listen(self, topic: Topic) -> None:
        name = f"{os.getpid()}-{os.urandom(4).hex()}"
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        bound.bind(self._address(topic, name))
        self._sockets[topic] = (bound, self._folder / topic / name)
        asyncio.get_running_loop().add_reader(bound, self._hear, topic, bound)

    def _address(self, topic: Topic, name: str) -> str:
        """The socket, by way of its folder: a Unix address has 108 bytes, a data directory may have more."""
        return f"/proc/self/fd/{self._folders[topic]}/{name}"

    def _hear(self, topic: Topic, bound: socket.socket) -> None:
        try:
            while bound.recv(16):
                pass
        except BlockingIOError:
            pass
        self._bells.ring(topic)
