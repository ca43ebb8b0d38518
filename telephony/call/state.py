"""Where a call is, and where it can go from there. Not stored anywhere: a call dies with its process."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class CallState(StrEnum):
    """Where a call is."""

    IDLE = "idle"
    DIALLING = "dialling"  #: our INVITE left
    EARLY = "early"  #: the far end rings
    RINGING = "ringing"  #: the peer's INVITE waits for our answer
    AUDIO = "audio"  #: answered; the fax session runs over G.711
    SWITCHING = "switching"  #: we asked for T.38; the audio goes on meanwhile
    IMAGE = "image"  #: the fax session runs over T.38
    RELEASING = "releasing"  #: we said, or heard, BYE or CANCEL
    RELEASED = "released"


_S = CallState
WAYS: Mapping[CallState, frozenset[CallState]] = MappingProxyType(
    {
        _S.IDLE: frozenset({_S.DIALLING, _S.RINGING}),
        _S.DIALLING: frozenset({_S.EARLY, _S.AUDIO, _S.IMAGE, _S.RELEASING, _S.RELEASED}),
        _S.EARLY: frozenset({_S.AUDIO, _S.IMAGE, _S.RELEASING, _S.RELEASED}),
        _S.RINGING: frozenset({_S.AUDIO, _S.IMAGE, _S.RELEASING, _S.RELEASED}),
        _S.AUDIO: frozenset({_S.SWITCHING, _S.IMAGE, _S.RELEASING, _S.RELEASED}),
        _S.SWITCHING: frozenset({_S.AUDIO, _S.IMAGE, _S.RELEASING, _S.RELEASED}),
        _S.IMAGE: frozenset({_S.AUDIO, _S.RELEASING, _S.RELEASED}),
        _S.RELEASING: frozenset({_S.RELEASED}),
        _S.RELEASED: frozenset(),
    }
)
ESTABLISHED = frozenset({_S.AUDIO, _S.SWITCHING, _S.IMAGE})
