"""A fax core that remembers what it was told, and whose events a test makes; and a loop whose time jumps."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telephony.native.values import Kind, NativeEvent, Ports, SipRequest, SrtpKeys

Sink = Callable[[NativeEvent], None]


class FakeCore:
    """Stands where `telephony.native.bridge.NativeCore` stands. One call at a time."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []  #: every verb with what matters of it, in order
        self.descriptions: list[str] = []  #: the SDP that left, in order
        self.requests: list[SipRequest] = []  #: the INVITEs that left, in order
        self.keys: SrtpKeys | None = None  #: that the audio is encrypted with
        self.has_free_ports = True
        self.can_move = True  #: False: it is too late to change the medium
        self.open_channels: set[int] = set()
        self.known_calls: set[int] = set()
        self._call_sink: Sink = lambda _: None
        self._channel_sink: Sink = lambda _: None
        self._last_id = 0

    # ---- what a test does

    def sip(self, kind: Kind, **facts: Any) -> None:
        """The signalling thread saw this."""
        self._call_sink(NativeEvent(kind, self._last_id, **facts))

    def fax(self, kind: Kind, **facts: Any) -> None:
        """The media thread saw this."""
        self._channel_sink(NativeEvent(kind, self._last_id, **facts))

    def verbs(self) -> list[str]:
        """The names of what it was told."""
        return [entry[0] for entry in self.said]

    @property
    def holds_nothing(self) -> bool:
        """No channel and no call is left behind."""
        return not self.open_channels and not self.known_calls

    # ---- what a call does

    def open_channel(self, bind_address: str, ports: tuple[int, int], sink: Sink) -> Ports | None:
        if not self.has_free_ports:
            return None
        self._last_id += 1
        self._channel_sink = sink
        self.open_channels.add(self._last_id)
        return Ports(self._last_id, ports[0], ports[0] + 2)

    def start_fax(self, channel: int, *, calling: bool, file: Path, **_: Any) -> None:
        self.said.append(("start_fax", "calling" if calling else "called", file.name))

    def use_audio(
        self,
        channel: int,
        address: str,
        port: int,
        payload_type: int,
        *,
        event_type: int = -1,
        keys: SrtpKeys | None = None,
    ) -> bool:
        self.keys = keys
        self.said.append(("use_audio", address, port, payload_type))
        return self.can_move

    def use_t38(self, channel: int, address: str, port: int, **_: int) -> bool:
        self.said.append(("use_t38", address, port))
        return self.can_move

    def end_fax(self, channel: int) -> None:
        self.said.append(("end_fax",))

    def close_channel(self, channel: int) -> None:
        self.open_channels.discard(channel)

    def invite(self, sink: Sink, request: SipRequest, sdp: str) -> int:
        self.said.append(("invite", request.uri))
        self.requests.append(request)
        self.descriptions.append(sdp)
        return self._new_call(sink)

    def options(self, sink: Sink, request: SipRequest) -> int:
        self.said.append(("options", request.uri))
        return self._new_call(sink)

    def adopt(self, call: int, sink: Sink) -> None:
        self._call_sink = sink
        self.known_calls.add(call)

    def _new_call(self, sink: Sink) -> int:
        self._last_id += 1
        self.adopt(self._last_id, sink)
        return self._last_id

    def reinvite(self, call: int, sdp: str) -> None:
        self.said.append(("reinvite", "image" if "m=image" in sdp else "audio"))
        self.descriptions.append(sdp)

    def respond(self, call: int, status: int, sdp: str | None = None) -> None:
        self.said.append(("respond", status))
        self.descriptions += [sdp] if sdp else []

    def hang_up(self, call: int) -> None:
        self.said.append(("hang_up",))

    def forget(self, call: int) -> None:
        self.known_calls.discard(call)


@dataclass
class Told:
    """What a call told its owner."""

    events: list[Any] = field(default_factory=list)

    def __call__(self, event: Any) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        """The events' names, in order."""
        return [type(event).__name__ for event in self.events]


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that does not wait: when nothing is ready, its clock jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__(_NoWait(self))
        self.jumped = 0.0

    def time(self) -> float:
        return getattr(self, "jumped", 0.0)


class _NoWait(selectors.SelectSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0.01 if timeout is None else 0)
        if not found and timeout:
            self._loop.jumped += timeout
        return found


def in_no_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test on a loop of its own whose time jumps."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(**fixtures))

    return run
