"""Whether the media thread keeps its 20 ms clock, and which packets it drops, told to the operators.

A tick that comes a whole tick late has made the far end hear a gap. Now and then a machine does that;
one in a hundred means that it has more to do than it can.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

_log = logging.getLogger("faxgw.telephony")
_EVERY = 60.0  # seconds
_TOO_MANY = 0.01  # of all ticks


def complaint(before: Mapping[str, int], now: Mapping[str, int]) -> str:
    """What to tell of the ticks between two looks at the core's statistics; "" when enough were in time."""
    late, ticks = now["late_ticks"] - before["late_ticks"], now["ticks"] - before["ticks"]
    if late <= ticks * _TOO_MANY:
        return ""
    return (
        f"the media clock was late {late} times in {ticks} ticks"
        f" (ever: p99 {now['lateness_p99_us'] / 1000:.1f} ms, p99.9 {now['lateness_p999_us'] / 1000:.1f} ms,"
        f" worst {now['worst_lateness_us'] / 1000:.0f} ms). Faxes may fail:"
        " lower the channels of the trunks, or take other work from this machine."
    )


def dropped(before: Mapping[str, int], now: Mapping[str, int]) -> str:
    """What to tell of packets that were no part of a call, between two looks; "" when there were none."""
    rtp, srtp, udptl = (now[name] - before[name] for name in ("rtp_bad", "srtp_bad", "udptl_bad"))
    if not rtp + udptl:
        return ""
    return (
        f"{rtp + udptl} packets at media ports were dropped, as they are no part of a call: {rtp} RTP"
        f" ({srtp} of them encrypted with another key), {udptl} UDPTL"
    )


class MediaWatch:
    """Looks once a minute and logs what there is to complain about, and what was dropped."""

    def __init__(self, statistics: Callable[[], Mapping[str, int]]) -> None:
        """It looks at `statistics` until `stop`."""
        self._statistics = statistics
        self._before = statistics()
        self._timer = asyncio.get_running_loop().call_later(_EVERY, self._look_again)

    def look(self) -> None:
        """What happened since the last look is in the log, if it was bad."""
        now = self._statistics()
        if said := complaint(self._before, now):
            _log.warning(said)
        if said := dropped(self._before, now):
            _log.info(said)
        self._before = now

    def stop(self) -> None:
        """The last look; how well the clock was kept is in the log."""
        self._timer.cancel()
        self.look()
        if self._before["ticks"]:
            _log.info(
                "media clock: %d ticks, %d late; lateness p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms",
                self._before["ticks"],
                self._before["late_ticks"],
                *(
                    self._before[name] / 1000
                    for name in ("lateness_p50_us", "lateness_p99_us", "lateness_p999_us")
                ),
            )

    def _look_again(self) -> None:
        self.look()
        self._timer = asyncio.get_running_loop().call_later(_EVERY, self._look_again)
