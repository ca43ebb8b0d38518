"""What far ends say before one of them answers: several may, when the call is forked (RFC 3261 13.2.2.4)."""

from dataclasses import dataclass, field

from telephony.native.values import Kind, NativeEvent


@dataclass
class EarlyDialogs:
    """Filled in until the call is answered."""

    descriptions: dict[str, str] = field(default_factory=dict)  #: the last SDP of each branch, by its tag
    said: list[NativeEvent] = field(default_factory=list)  #: by the fax session that runs; it counts later
    began: bool = False  #: a fax session has begun before the answer

    @property
    def failed(self) -> bool:
        """The fax session is over and brought nothing: it waited too long, or was not heard yet."""
        kinds = {event.kind for event in self.said}
        return Kind.FAX_DONE in kinds and Kind.PAGE not in kinds
