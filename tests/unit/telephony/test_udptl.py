"""UDPTL (ITU-T T.38 clause 9.1): IFP packets in, datagrams out, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.native.library import load

IFP = st.binary(min_size=1, max_size=60)


class Udptl:
    """The C codec, one end."""

    def __init__(self, *, max_datagram: int = 0, redundancy: int = 3, fec: tuple[int, int] = (0, 0)) -> None:
        core = load()
        self._ffi, self._lib = core.ffi, core.lib
        new = self._lib.fc_udptl_new(max_datagram, redundancy, *fec)
        self._udptl = self._ffi.gc(new, self._lib.fc_udptl_free)
        self._room = self._ffi.new("unsigned char[1500]")
        self._seq = self._ffi.new("int *")
        self.heard: list[tuple[int, bytes]] = []

    def build(self, ifp: bytes) -> bytes:
        size = self._lib.fc_udptl_build(self._udptl, ifp, len(ifp), self._room, 1500)
        assert size > 0
        return bytes(self._room[0:size])

    def takes(self, datagram: bytes) -> bool:
        taken = self._lib.fc_udptl_receive(self._udptl, datagram, len(datagram)) >= 0
        while (size := self._lib.fc_udptl_next(self._udptl, self._room, 1500, self._seq)) >= 0:
            self.heard.append((self._seq[0], bytes(self._room[0:size])))
        return taken


def passed(packets: list[bytes], lost: set[int], sender: Udptl) -> Udptl:
    """What a receiver heard when these datagrams were lost."""
    receiver = Udptl()
    for number, ifp in enumerate(packets):
        datagram = sender.build(ifp)
        if number not in lost:
            receiver.takes(datagram)
    return receiver


@given(st.lists(st.binary(max_size=300), max_size=60))
def test_no_bytes_from_a_stranger_crash_it(datagrams):
    receiver = Udptl()

    for datagram in datagrams:
        receiver.takes(datagram)

    assert all(0 < len(ifp) <= 1400 for _, ifp in receiver.heard)


@given(st.lists(IFP, min_size=1, max_size=30), st.data())
def test_no_damage_to_a_true_datagram_crashes_it(packets, data):
    sender = Udptl(fec=data.draw(st.sampled_from([(0, 0), (3, 3)])))
    receiver = Udptl()

    for ifp in packets:
        datagram = bytearray(sender.build(ifp))
        for _ in range(data.draw(st.integers(0, 3))):
            datagram[data.draw(st.integers(0, len(datagram) - 1))] = data.draw(st.integers(0, 255))
        receiver.takes(bytes(datagram[: data.draw(st.integers(0, len(datagram)))]))

    assert all(0 < len(ifp) <= 1400 for _, ifp in receiver.heard)


@given(
    st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=60),
    st.integers(0, 7),
    st.sampled_from([(0, 0), (1, 1), (3, 3), (5, 2)]),
)
def test_what_is_sent_is_heard_in_order(packets, redundancy, fec):
    receiver = passed(packets, set(), Udptl(redundancy=redundancy, fec=fec))

    assert receiver.heard == list(enumerate(packets))


@given(st.lists(IFP, min_size=2, max_size=80), st.integers(0, 7), st.data())
def test_redundancy_has_back_every_gap_within_its_power(packets, redundancy, data):
    lost, run = set(), 0
    for number in range(len(packets) - 1):  # the last one arrives
        run = run + 1 if run < redundancy and data.draw(st.booleans()) else 0
        if run:
            lost.add(number)

    receiver = passed(packets, lost, Udptl(redundancy=redundancy))

    assert receiver.heard == list(enumerate(packets))


@given(st.lists(IFP, min_size=3, max_size=80), st.data())
def test_a_gap_beyond_redundancy_loses_only_what_nobody_repeats(packets, data):
    lost = data.draw(st.sets(st.integers(1, len(packets) - 2)))

    receiver = passed(packets, lost, Udptl(redundancy=2))

    told = {n for n in range(len(packets)) if any(m not in lost for m in range(n, min(n + 3, len(packets))))}
    assert receiver.heard == [(n, packets[n]) for n in sorted(told)]


@pytest.mark.parametrize(("span", "entries"), [(3, 3), (5, 2), (1, 4)])
@given(packets=st.lists(IFP, min_size=20, max_size=60), data=st.data())
def test_fec_has_back_a_gap_as_long_as_its_entries(span, entries, packets, data):
    start = data.draw(st.integers(0, len(packets) - entries - 1))
    lost = set(range(start, start + data.draw(st.integers(1, entries))))

    receiver = passed(packets, lost, Udptl(fec=(span, entries)))

    assert [seq for seq, _ in receiver.heard] == list(range(len(packets)))
    for (_, heard), sent in zip(receiver.heard, packets, strict=True):
        assert heard.rstrip(b"\0") == sent.rstrip(b"\0")  # FEC does not tell lengths: zeros may follow


@given(st.lists(IFP, min_size=2, max_size=40), st.data())
def test_datagrams_that_come_twice_are_heard_once(packets, data):
    sender, receiver = Udptl(), Udptl()
    sent: list[bytes] = []
    for ifp in packets:
        sent.append(sender.build(ifp))
        receiver.takes(sent[-1])
        receiver.takes(data.draw(st.sampled_from(sent)))

    assert receiver.heard == list(enumerate(packets))


@given(st.lists(IFP, min_size=4, max_size=40), st.integers(2, 4))
def test_datagrams_that_overtake_each_other_lose_nothing_while_they_repeat(packets, distance):
    sender, receiver = Udptl(), Udptl()
    sent = [sender.build(ifp) for ifp in packets]
    for at in range(0, len(sent), distance):
        for datagram in reversed(sent[at : at + distance]):
            receiver.takes(datagram)

    assert receiver.heard == list(enumerate(packets))


def test_numbers_wrap_after_65535():
    sender, receiver = Udptl(), Udptl()
    for number in range(65530 + 12):
        datagram = sender.build(b"%d" % number)
        if number >= 65530:
            receiver.takes(datagram)

    assert receiver.heard == [(number, b"%d" % (65530 + number)) for number in range(12)]


def test_a_stream_that_jumps_far_is_followed():
    first, second, receiver = Udptl(), Udptl(), Udptl()
    for _ in range(2000):
        datagram = first.build(b"x")
    receiver.takes(datagram)

    receiver.takes(second.build(b"y"))

    assert receiver.heard == [(0, b"x"), (1, b"y")]  # else spandsp would take the second for a late one


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=8, max_size=20), st.integers(40, 400))
def test_a_datagram_is_never_longer_than_the_peer_takes_unless_the_packet_alone_is(packets, limit):
    sender = Udptl(max_datagram=limit, redundancy=7)

    for ifp in packets:
        size = len(sender.build(ifp))

        assert size <= limit or size <= len(ifp) + 6


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0\0\1",
        b"\0\0\0\0",  # an empty primary
        b"\0\0\x05abc",  # shorter than it says
        b"\0\0\xc1abc",  # a fragment
        b"\0\0\x85\x79" + bytes(1401),  # longer than we ever promised to take
    ],
)
def test_lying_lengths_are_refused(datagram):
    receiver = Udptl()

    assert receiver.takes(datagram) is False
    assert receiver.heard == []


@pytest.mark.parametrize(
    "tail",
    [b"", b"\0", b"\0\xff", b"\0\x03\x02a", b"\x80", b"\x80\x01\x00\x00", b"\x80\x01\xff\xff", b"\x80\x02aa"],
)
def test_a_lie_about_the_rest_does_not_cost_the_packet(tail):
    receiver = Udptl()

    receiver.takes(b"\0\0\2ok" + tail)

    assert receiver.heard == [(0, b"ok")]


def test_the_largest_packet_we_promise_to_take_is_taken():
    receiver = Udptl()

    receiver.takes(b"\0\0\x85\x74" + bytes(1396) + b"\0\0")

    assert len(receiver.heard[0][1]) == 1396
