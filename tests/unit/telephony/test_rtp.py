"""RTP in (RFC 3550): bytes in, samples in order out."""

import struct
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from telephony.native.library import load

PCMA, FRAME = 8, 160  # payload type; samples in 20 ms


class Receiver:
    """The C receiver, and what it handed on: bytes, or a number of missing samples."""

    def __init__(self, payload_type: int = PCMA) -> None:
        core = load()
        self._ffi, self._lib = core.ffi, core.lib
        self._rx = self._ffi.gc(self._lib.fc_rtp_rx_new(payload_type), self._lib.fc_rtp_rx_free)
        self._room = self._ffi.new("unsigned char[512]")
        self.out: list[bytes | int] = []

    def push(self, packet: bytes) -> bool:
        taken = bool(self._lib.fc_rtp_rx_push(self._rx, packet, len(packet)) == 0)
        self.pop()
        return taken

    def pop(self) -> None:
        while size := self._lib.fc_rtp_rx_pop(self._rx, self._room, 512):
            self.out.append(bytes(self._room[0:size]) if size > 0 else -size)

    def waits(self, ticks: int = 10) -> None:
        for _ in range(ticks):
            self._lib.fc_rtp_rx_tick(self._rx)
            self.pop()

    @property
    def samples(self) -> int:
        """Samples handed on, missing ones too."""
        return sum(len(part) if isinstance(part, bytes) else part for part in self.out)


def audio(number: int) -> bytes:
    """The samples of packet `number`."""
    return bytes([number % 251]) * FRAME


def packet(
    number: int, *, kind: int = PCMA, ssrc: int = 1, start: int = 0, payload: bytes | None = None
) -> bytes:
    body = audio(number) if payload is None else payload
    seq = (start + number) % 65536
    return struct.pack("!BBHII", 0x80, kind, seq, number * FRAME % 2**32, ssrc) + body


def after(numbers: Iterable[int], start: int = 0) -> Receiver:
    receiver = Receiver()
    for number in numbers:
        receiver.push(packet(number, start=start))
    return receiver


@given(st.lists(st.binary(max_size=600), max_size=80), st.integers(0, 20))
def test_no_bytes_from_a_stranger_crash_it_or_make_endless_audio(packets, ticks):
    receiver = Receiver()

    for each in packets:
        receiver.push(each)
    receiver.waits(ticks)

    assert receiver.samples <= len(packets) * (480 + 16000)


@given(
    st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1), st.integers(0, 300)), max_size=120)
)
def test_no_numbers_in_a_header_crash_it(headers):
    receiver = Receiver()

    for seq, timestamp, size in headers:
        receiver.push(struct.pack("!BBHII", 0x80, PCMA, seq, timestamp, 1) + bytes(size))
        receiver.waits(1)

    assert all(isinstance(part, bytes) or 0 < part <= 16000 for part in receiver.out)


@given(st.integers(0, 65535), st.integers(1, 200))
def test_packets_in_order_are_handed_on_at_once_also_when_numbers_wrap(start, count):
    receiver = after(range(count), start)

    assert receiver.out == [audio(number) for number in range(count)]


@given(st.permutations(range(1, 16)))
def test_packets_that_overtake_each_other_are_put_in_order(order):
    receiver = after([0, *order])

    assert receiver.out == [audio(number) for number in range(16)]


@given(st.lists(st.integers(0, 39), max_size=200))
def test_packets_that_come_twice_are_heard_once(extra):
    numbers = [each for number in range(40) for each in (number, *(e for e in extra if e <= number))]

    receiver = after(numbers)

    assert receiver.out == [audio(number) for number in range(40)]


@given(st.sets(st.integers(1, 58), max_size=25))
def test_lost_packets_become_as_many_missing_samples(lost):
    receiver = Receiver()
    for number in range(60):
        if number not in lost:
            receiver.push(packet(number))
        receiver.waits(1)
    receiver.waits()

    assert receiver.samples == 60 * FRAME
    assert [part for part in receiver.out if isinstance(part, bytes)] == [
        audio(number) for number in range(60) if number not in lost
    ]


def test_a_missing_packet_is_waited_for_a_tenth_of_a_second():
    receiver = after([0, 2])
    receiver.waits(4)
    early = list(receiver.out)

    receiver.waits(1)

    assert early == [audio(0)]
    assert receiver.out == [audio(0), FRAME, audio(2)]


def test_a_long_silence_of_the_sender_is_filled_with_at_most_two_seconds():
    receiver = after([0])

    receiver.push(struct.pack("!BBHII", 0x80, PCMA, 1, 100 * 8000, 1) + audio(1))

    assert receiver.out == [audio(0), 16000, audio(1)]


def test_comfort_noise_and_telephone_events_count_as_time_without_samples():
    receiver = Receiver()
    receiver.push(packet(0))
    receiver.push(packet(1, kind=13, payload=b"\x40"))
    receiver.push(packet(2))

    assert receiver.out == [audio(0), FRAME, audio(2)]


def test_a_new_source_begins_a_new_stream():
    receiver = after([0, 1])

    receiver.push(packet(7000, ssrc=2))

    assert receiver.out == [audio(0), audio(1), audio(7000)]


def test_one_packet_from_far_away_does_not_move_the_stream():
    receiver = after([0, 1])
    receiver.push(packet(30000))
    receiver.push(packet(2))

    assert receiver.out == [audio(0), audio(1), audio(2)]


def test_a_sender_that_starts_over_is_followed_with_its_second_packet():
    receiver = after([5000, 5001, 10, 11, 12])

    assert receiver.out[-2:] == [audio(11), audio(12)]


def test_another_payload_type_begins_no_stream():
    assert Receiver().push(packet(0, kind=0)) is False


def test_lying_lengths_are_refused():
    lies = [
        b"",
        bytes(11),
        b"\x00" + packet(0)[1:],  # version 0
        b"\x8f" + packet(0)[1:13],  # 15 sources that are not there
        b"\x90" + packet(0)[1:12] + b"\0\0\xff\xff",  # an extension longer than the packet
        b"\xa0" + packet(0)[1:-1] + b"\xff",  # more padding than packet
        packet(0, payload=bytes(481)),
    ]

    assert [Receiver().push(lie) for lie in lies] == [False] * len(lies)


def test_sources_extension_and_padding_are_stepped_over():
    header = packet(0, payload=b"")
    full = b"\xb1" + header[1:] + b"\0\0\0\7" + b"\0\0\0\1" + bytes(4) + audio(3) + b"\0\0\0\4"
    receiver = Receiver()

    receiver.push(full)

    assert receiver.out == [audio(3)]


EVENTS = 101


def event(number: int, digit: int, *, timestamp: int, end: bool = False) -> bytes:
    """A packet of a telephone event (RFC 4733 2.3)."""
    payload = bytes([digit, 0x80 if end else 0, 1, 0x40])
    return struct.pack("!BBHII", 0x80, EVENTS, number % 65536, timestamp, 1) + payload


def digits_of(packets: Iterable[bytes]) -> str:
    core = load()
    rx = core.ffi.gc(core.lib.fc_rtp_rx_new(PCMA), core.lib.fc_rtp_rx_free)
    core.lib.fc_rtp_rx_events(rx, EVENTS)
    found = b""
    for each in packets:
        core.lib.fc_rtp_rx_push(rx, each, len(each))
        found += core.lib.fc_rtp_rx_digit(rx)
    return found.strip(b"\0").replace(b"\0", b"").decode()


def test_a_digit_counts_once_however_many_packets_tell_of_it():
    four = [event(number, 4, timestamp=160, end=number > 5) for number in range(1, 9)]
    again = [event(number, 4, timestamp=3200) for number in range(9, 12)]

    assert digits_of([packet(0), *four, *again]) == "44"


def test_digits_are_heard_before_any_audio_and_signs_are_told():
    signs = [event(number, digit, timestamp=number * 800) for number, digit in enumerate([1, 10, 11, 15, 16])]

    assert digits_of(signs) == "1*#D"
