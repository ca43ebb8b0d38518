"""Which trunk a call takes, and that no trunk carries more calls than it has channels."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from gateway.errors import ConfigError, TemporaryError
from telephony import Disposition, Transmission, Trunk

_TRUNK_FAILURES = frozenset({Disposition.TRUNK_UNAVAILABLE, Disposition.CONGESTED})


def is_trunk_failure(transmission: Transmission) -> bool:
    """Whether the trunk did not take the call, so that another one may: nobody answered, nobody was rung."""
    return transmission.answered_at is None and transmission.disposition in _TRUNK_FAILURES


class Channels:
    """The channels of all trunks, in the order of the configuration."""

    def __init__(self, trunks: Sequence[Trunk], is_up: Callable[[Trunk], bool] = lambda _: True) -> None:
        """Channels that are all free; `is_up` says which trunks can be expected to work.

        Raises:
            ConfigError: there is no trunk.
        """
        if not trunks:
            raise ConfigError("There is no [trunk.NAME] section. Name the SIP peer that calls go to.")
        self._trunks = tuple(trunks)
        self._is_up = is_up
        self._free = {trunk.name: trunk.channels for trunk in trunks}

    @property
    def total(self) -> int:
        """Calls that are possible at once."""
        return sum(trunk.channels for trunk in self._trunks)

    def next_trunk(self, tried: Collection[str] = (), preferred: str = "") -> Trunk | None:
        """The first trunk with a free channel that is up and was not tried; None without one.

        The one of the name `preferred` goes before the others. When none was tried yet and none is up, the
        first with a free channel: it may only be deaf to OPTIONS.
        """
        order = sorted(self._trunks, key=lambda trunk: trunk.name != preferred)
        free = [trunk for trunk in order if self._free[trunk.name] > 0 and trunk.name not in tried]
        up = (trunk for trunk in free if self._is_up(trunk))
        return next(up, None) or (free[0] if free and not tried else None)

    @contextmanager
    def taken(self, tried: Collection[str] = (), preferred: str = "") -> Iterator[Trunk]:
        """The next trunk, one of whose channels is ours inside the context.

        Raises:
            TemporaryError: every channel is taken.
        """
        trunk = self.next_trunk(tried, preferred)
        if trunk is None:
            raise TemporaryError("Every channel of every trunk is taken.")
        self._free[trunk.name] -= 1
        try:
            yield trunk
        finally:
            self._free[trunk.name] += 1
