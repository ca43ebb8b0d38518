"""A far end, frame by frame: it says and hears T.30 signals over T.38, on a clock of its own.

Frames are as T.30 clause 5.3.6 writes them, first bit highest; IFP packets as T.38 annex A, version 0.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Self

from telephony.engine import Offer
from telephony.native.library import load
from tests.fax_pair import in_c

TICK_S = 0.02
_CODES = {
    "DIS": 0x01, "CSI": 0x02, "NSF": 0x04, "DTC": 0x81, "CIG": 0x82, "DCS": 0x41, "TSI": 0x42, "NSS": 0x44,
    "SUB": 0x43, "SID": 0x45, "SEP": 0x85, "PWD": 0x83, "CFR": 0x21, "FTT": 0x22, "CTC": 0x48, "CTR": 0x23,
    "EOM": 0x71, "MPS": 0x72, "EOP": 0x74, "PPS": 0x7D, "EOR": 0x73, "RR": 0x76, "MCF": 0x31, "RTP": 0x33,
    "RTN": 0x32, "PIP": 0x35, "PIN": 0x34, "PPR": 0x3D, "RNR": 0x37, "ERR": 0x38, "DCN": 0x5F, "CRP": 0x58,
    "PRI_EOM": 0x79, "PRI_MPS": 0x7A, "PRI_EOP": 0x7C,
}  # fmt: skip
_NAMES = {code: name for name, code in _CODES.items()}
_OF_EITHER = 0x80  # the bit X: set by the station that has received a DIS
_WITHOUT_X = {"DIS", "CSI", "NSF", "DTC", "CIG", "SEP", "PWD"}
_TWO_CODES = {"PPS", "EOR"}
_IDENTIFICATION = {"CSI", "NSF", "CIG", "TSI", "NSS"}
_ADDRESS, _MORE, _FINAL = 0xFF, 0xC0, 0xC8
_FCD, _RCP = 0x60, 0x61
# The image modems: T.38 indicator (long training) and data type, by the bits 11 to 14 of a DCS.
_MODEMS = {
    0x00: (4, 1), 0x10: (5, 2), 0x20: (7, 4), 0x30: (6, 3),
    0x34: (9, 5), 0x24: (11, 6), 0x14: (13, 7), 0x04: (15, 8),
}  # fmt: skip
_BIT_RATES = {1: 2400, 2: 4800, 3: 7200, 4: 9600, 5: 7200, 6: 9600, 7: 12000, 8: 14400}


class _Signal(IntEnum):
    """Indicators that are no training."""

    NONE = 0
    V21 = 3


class _Field(IntEnum):
    HDLC_DATA = 0
    HDLC_SIG_END = 1
    FCS_OK = 2
    FCS_BAD = 3
    FCS_OK_SIG_END = 4
    FCS_BAD_SIG_END = 5
    IMAGE = 6
    IMAGE_SIG_END = 7


@dataclass(frozen=True)
class Heard:
    """One signal of the machine under test."""

    name: str  #: of a frame, or TCF, PAGE or BLOCK
    began_s: float  #: on the call's clock
    ended_s: float
    content: bytes = b""  #: of a frame: behind its code; else the image
    bit_rate: int = 300


def _reversed(number: int) -> int:
    """A number goes lowest bit first (T.4 annex A), and first bits stand highest here."""
    return int(f"{number:08b}"[::-1], 2)


def _named(code: int) -> str:
    return _NAMES.get(code) or _NAMES.get(code & ~_OF_EITHER, f"{code:02x}")


def _name(frame: bytes) -> str:
    """Like "MCF"; of the partial page signals with what follows, like "PPS-EOP"."""
    name = _named(frame[2])
    if name in _TWO_CODES:
        name += "-" + (_named(frame[3]) if frame[3] else "NULL")
    return name


def _fields(packet: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 2
    for _ in range(packet[1]):
        head, content = packet[at], b""
        at += 1
        if head & 0x80:
            size = int.from_bytes(packet[at : at + 2], "big") + 1
            content = packet[at + 2 : at + 2 + size]
            at += 2 + size
        found.append((head >> 4 & 7, content))
    return found


@dataclass
class _Ear:
    """Makes signals of packets."""

    heard: list[Heard] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)  # of the image modem: a block
    partial: bytes = b""
    began_s: float = 0.0
    trained: bool = False  # the last DCS has been followed by its training check

    def take(self, packet: bytes, now_s: float) -> None:
        if not packet[0] & 0x40:
            self.began_s, self.partial, self.frames = now_s, b"", []
            return
        data_type = packet[0] >> 1 & 0x0F
        for kind, content in _fields(packet):
            self.partial += content
            if kind in (_Field.FCS_OK, _Field.FCS_OK_SIG_END):
                self._frame(data_type, now_s)
            elif kind == _Field.IMAGE_SIG_END:
                self._image(data_type, now_s)

    def _frame(self, data_type: int, now_s: float) -> None:
        frame, self.partial = self.partial, b""
        if data_type == 0:
            name = _name(frame)
            if name == "DCS":
                self.trained = False
            self.heard.append(Heard(name, self.began_s, now_s, frame[3:]))
            return
        self.frames.append(frame)
        if [each[2] for each in self.frames[-3:]] == [_RCP] * 3:
            block = b"".join(each[4:] for each in self.frames if each[2] == _FCD)
            self.heard.append(Heard("BLOCK", self.began_s, now_s, block, _BIT_RATES[data_type]))
            self.frames = []

    def _image(self, data_type: int, now_s: float) -> None:
        if data_type not in _BIT_RATES:  # the end of a signal that was broken off
            return
        name = "PAGE" if self.trained else "TCF"
        self.trained = True
        self.heard.append(Heard(name, self.began_s, now_s, self.partial, _BIT_RATES[data_type]))
        self.partial = b""


class FarEnd:
    """Talks to one machine of ours; time goes by only while it says or waits for something."""

    def __init__(self, offers: Sequence[Offer] = (), **options: object) -> None:
        """`options`: of fc_fax_options, texts as bytes; `offers` may be polled."""
        native = load()
        self._ffi, self._lib = native.ffi, native.lib
        self._kept = {
            name: self._ffi.new("char[]", value) if isinstance(value, bytes) else value
            for name, value in options.items()
        }
        keep: list[object] = []
        self._kept |= in_c(self._ffi, offers, keep)
        self._lone = self._lib.fc_lone_new(self._ffi.new("fc_fax_options *", self._kept))
        self._room = self._ffi.new("unsigned char[2000]")
        self._ear = _Ear()
        self._calls = not options["calling"]  # then every frame of ours has the bit X
        self._rate = _MODEMS[0x04]
        self.now_s = 0.0
        self.events: list[tuple[int, int]] = []  #: kind and status of each event of the machine
        self.sub_address = ""  #: that the machine has told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._lib.fc_lone_free(self._lone)

    @property
    def heard(self) -> list[Heard]:
        """All that the machine has said, without what only names it or its maker."""
        return [signal for signal in self._ear.heard if signal.name not in _IDENTIFICATION]

    def wait(self, seconds: float) -> None:
        """That much time goes by."""
        for _ in range(round(seconds / TICK_S)):
            self._lib.fc_lone_tick(self._lone)
            self.now_s += TICK_S
            while (size := self._lib.fc_lone_said(self._lone, self._room, 2000)) >= 0:
                self._ear.take(bytes(self._ffi.buffer(self._room, size)), self.now_s)
            while event := self._lib.fc_lone_event(self._lone):
                self.events.append((event.kind, event.status))
                if event.sub_address:
                    self.sub_address = self._ffi.string(event.sub_address).decode().strip()
                self._lib.fc_event_free(event)

    def say(self, *frames: tuple[str, bytes], broken: bool = False) -> None:
        """One V.21 transmission of these frames: names, and what stands behind their codes.

        Of a `broken` one the last checksum is wrong.
        """
        end = _Field.FCS_BAD_SIG_END if broken else _Field.FCS_OK_SIG_END
        self._hear_from_us(bytes([_Signal.V21 << 1]))
        self.wait(1.0)  # of flags (T.30 5.3.1)
        for name, content in frames:
            last = (name, content) == frames[-1]
            frame = bytes([_ADDRESS, _FINAL if last else _MORE, *self._codes(name)]) + content
            if name == "DCS":
                self._rate = _MODEMS[content[1] & 0x3C]
            self.wait((len(frame) + 3) * 8 / 300)
            self._data(0, (_Field.HDLC_DATA, frame), (end if last else _Field.FCS_OK, b""))
        self._hear_from_us(bytes([_Signal.NONE << 1]))

    def _codes(self, name: str) -> list[int]:
        x = _OF_EITHER if self._calls else 0
        return [
            0 if part == "NULL" else _CODES[part] | (x if part not in _WITHOUT_X else 0)
            for part in name.split("-")
        ]

    def say_image(self, image: bytes) -> None:
        """A training check or a page without error correction, at the speed of our last DCS."""
        indicator, data_type = self._rate
        self._hear_from_us(bytes([indicator << 1]))
        self.wait(1.4)  # of long training, no modem takes more
        step = _BIT_RATES[data_type] // 8 // 50  # bytes a tick
        for at in range(0, len(image), step):
            self._data(data_type, (_Field.IMAGE, image[at : at + step]))
            self.wait(TICK_S)
        self._data(data_type, (_Field.IMAGE_SIG_END, b""))
        self._hear_from_us(bytes([_Signal.NONE << 1]))

    def say_block(self, image: bytes, missing: Collection[int] = ()) -> None:
        """A block with error correction in frames of 256 bytes, without the `missing` ones (T.4 annex A)."""
        indicator, data_type = self._rate
        self._hear_from_us(bytes([indicator << 1]))
        self.wait(1.4)
        parts = [image[at : at + 256].ljust(256, b"\0") for at in range(0, len(image), 256)]
        frames = [
            bytes([_ADDRESS, _MORE, _FCD, _reversed(n)]) + part
            for n, part in enumerate(parts)
            if n not in missing
        ]
        for frame in [*frames, *[bytes([_ADDRESS, _MORE, _RCP])] * 3]:
            self._data(data_type, (_Field.HDLC_DATA, frame), (_Field.FCS_OK, b""))
            self.wait(len(frame) / self.bytes_a_second)
        self._data(data_type, (_Field.HDLC_SIG_END, b""))
        self._hear_from_us(bytes([_Signal.NONE << 1]))

    @property
    def bytes_a_second(self) -> int:
        """Of the image modem of our last DCS."""
        return _BIT_RATES[self._rate[1]] // 8

    def _data(self, data_type: int, *fields: tuple[_Field, bytes]) -> None:
        packet = bytes([0xC0 | data_type << 1, len(fields)])
        for kind, content in fields:
            size = (len(content) - 1).to_bytes(2, "big") if content else b""
            packet += bytes([(0x80 if content else 0) | kind << 4]) + size + content
        self._hear_from_us(packet)

    def _hear_from_us(self, packet: bytes) -> None:
        self._lib.fc_lone_hear(self._lone, packet, len(packet))
