"""Which trunk a call takes, and that no trunk carries more calls than it has channels."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from gateway.errors import ConfigError, TemporaryError
from telephony import TRUNK_FAILURES, Transmission, Trunk


def is_trunk_failure(transmission: Transmission) -> bool:
    """Whether the trunk did not take the call, so that another one may: nobody answered, nobody was rung."""
    return transmission.answered_at is None and transmission.disposition in TRUNK_FAILURES


class Channels:
    """The channels of all trunks, in the order of the configuration."""

    def __init__(
        self,
        trunks: Sequence[Trunk],
        is_up: Callable[[Trunk], bool] = lambda _: True,
        rest_of: Callable[[Trunk], timedelta] = lambda _: timedelta(),
    ) -> None:
        """Channels that are all free; `is_up` says which trunks can be expected to work.

        `rest_of` says for how long a trunk wants no calls.

        Raises:
            ConfigError: there is no trunk.
        """
        if not trunks:
            raise ConfigError("There is no [trunk.NAME] section. Name the SIP peer that calls go to.")
        self._trunks = tuple(trunks)
        self._is_up, self._rest_of = is_up, rest_of
        self._free = {trunk.name: trunk.channels for trunk in trunks}

    @property
    def total(self) -> int:
        """Calls that are possible at once."""
        return sum(trunk.channels for trunk in self._trunks)

    def next_trunk(self, tried: Collection[str] = (), preferred: str = "") -> Trunk | None:
        """The first trunk with a free channel that is up and was not tried; None without one.

        The one of the name `preferred` goes before the others. When none was tried yet and none is up, the
        first with a free channel that has not asked for a rest: it may only be deaf to OPTIONS.
        """
        order = sorted(self._trunks, key=lambda trunk: trunk.name != preferred)
        free = [trunk for trunk in order if self._free[trunk.name] > 0 and trunk.name not in tried]
        up = (trunk for trunk in free if self._is_up(trunk))
        deaf = (trunk for trunk in free if not tried and not self._rest_of(trunk))
        return next(up, None) or next(deaf, None)

    @contextmanager
    def taken(self, tried: Collection[str] = (), preferred: str = "") -> Iterator[Trunk]:
        """The next trunk, one of whose channels is ours inside the context.

        Raises:
            TemporaryError: every channel is taken, or every trunk has asked for a rest.
        """
        trunk = self.next_trunk(tried, preferred)
        if trunk is None:
            raise self._why_not()
        self._free[trunk.name] -= 1
        try:
            yield trunk
        finally:
            self._free[trunk.name] += 1

    def _why_not(self) -> TemporaryError:
        rest = min(self._rest_of(trunk) for trunk in self._trunks)
        if not rest:
            return TemporaryError("Every channel of every trunk is taken.")
        return TemporaryError("Every trunk has asked for a rest (503 with Retry-After).", due_in=rest)
