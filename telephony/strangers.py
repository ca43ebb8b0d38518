"""Calls from addresses of no trunk: refused, counted, and logged once for each address."""

import logging

from telephony.native.bridge import NativeCore
from telephony.native.values import Kind, NativeEvent

_log = logging.getLogger("faxgw.telephony")

_FORBIDDEN = 403
_REMEMBERED = 1000  # addresses; a flood of made-up ones fills neither memory nor log


class Strangers:
    """Those who call and are no trunk of ours."""

    def __init__(self) -> None:
        self.refused = 0  #: calls, since the start
        self._seen: set[str] = set()

    def refuse(self, core: NativeCore, invite: NativeEvent) -> None:
        """The call hears 403, and nothing is left of it."""
        self.refused += 1
        address = invite.source.rpartition(":")[0]
        if address not in self._seen and len(self._seen) < _REMEMBERED:
            self._seen.add(address)
            _log.warning(
                "calls from %s are refused: no trunk has this address. Add it to the sources of one",
                address,
            )

        def hear(event: NativeEvent) -> None:
            if event.kind is Kind.TERMINATED:
                core.forget(event.id)

        core.adopt(invite.id, hear)
        core.respond(invite.id, _FORBIDDEN)
