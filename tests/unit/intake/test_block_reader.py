"""The stream reader's private parts are still what we think they are."""

from gateway.intake.block_reader import BlockReader


async def test_lines_then_blocks_then_lines():
    reader = BlockReader(limit=16)
    reader.feed_data(b"DATA\r\n" + b"x" * 100)

    line = await reader.readuntil(b"\n")
    reader.set_limit(1000)
    block = await reader.read(1000)
    reader.put_back(b"NOOP\r\n")

    assert (line, block) == (b"DATA\r\n", b"x" * 100)
    assert reader.has_line()
    assert await reader.readuntil(b"\n") == b"NOOP\r\n"
    assert not reader.has_line()
