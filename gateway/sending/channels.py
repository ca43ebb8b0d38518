"""Which trunk a call takes, and that no trunk carries more calls than it has channels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gateway.errors import ConfigError, TemporaryError
from telephony import Trunk


class Channels:
    """The channels of all trunks, in the order of the configuration."""

    def __init__(self, trunks: Sequence[Trunk]) -> None:
        """Channels that are all free.

        Raises:
            ConfigError: there is no trunk.
        """
        if not trunks:
            raise ConfigError("There is no [trunk.NAME] section. Name the SIP peer that calls go to.")
        self._trunks = tuple(trunks)
        self._free = {trunk.name: trunk.channels for trunk in trunks}

    @property
    def total(self) -> int:
        """Calls that are possible at once."""
        return sum(trunk.channels for trunk in self._trunks)

    @contextmanager
    def taken(self) -> Iterator[Trunk]:
        """The first trunk with a free channel, which is ours inside the context.

        Raises:
            TemporaryError: every channel is taken.
        """
        trunk = next((trunk for trunk in self._trunks if self._free[trunk.name] > 0), None)
        if trunk is None:
            raise TemporaryError("Every channel of every trunk is taken.")
        self._free[trunk.name] -= 1
        try:
            yield trunk
        finally:
            self._free[trunk.name] += 1
