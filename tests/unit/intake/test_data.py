"""The bytes behind DATA, in blocks of any size."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.data import MessageData

#: What matters to the end of a message, more often than chance would have it.
PIECES = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"x", b"\r\n.", b"\0"])).map(b"".join)


def received(stream: bytes, cuts: list[int]) -> tuple[bytes, bytes, bool]:
    """Content, rest and whether it ended, when the stream comes in pieces."""
    data, content = MessageData(), b""
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        content += data.receive(stream[start:end])
        if data.ended:
            return content, data.rest + stream[end:], True
    return content, b"", False


def stuffed(content: bytes) -> bytes:
    """As a client sends it (RFC 5321 4.5.2): lines end in CRLF, and only those."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)


@given(PIECES, st.binary(max_size=20), st.lists(st.integers(0, 1000)))
def test_what_was_sent_is_what_arrives_however_it_is_cut(content, rest, cuts):
    content += b"\r\n"

    assert received(stuffed(content) + b".\r\n" + rest, cuts) == (content, rest, True)


@given(PIECES, st.lists(st.integers(0, 1000)))
def test_only_crlf_dot_crlf_ends_a_message(stream, cuts):
    _, rest, ended = received(stream, cuts)

    end = (b"\r\n" + stream).find(b"\r\n.\r\n")
    assert ended == (end >= 0)
    if ended:
        assert rest == (b"\r\n" + stream)[end + 5 :]


@given(PIECES)
def test_at_most_four_bytes_are_held_back(stream):
    data = MessageData()

    content = data.receive(stream)

    if not data.ended:
        assert len(content) + stream.count(b"\r\n.") + (stream[:1] == b".") + 4 >= len(stream)
