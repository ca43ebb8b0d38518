"""The listener with a queue in memory: what happens around the dialogue."""

import asyncio
import resource
from ipaddress import ip_network

import pytest

from gateway.config.schema import SmtpSection
from gateway.errors import ConfigError, StoreUnavailable
from gateway.intake.smtp import SmtpIntake
from tests.fakes.job_store import FakeJobStore
from tests.patience import PATIENCE

ENVELOPE = b"EHLO c\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<101@fax.example.com>\r\nDATA\r\n"


def a_section(**settings) -> SmtpSection:
    return SmtpSection(
        **{
            "listen": "127.0.0.1:0",
            "domains": ("fax.example.com",),
            "relay_networks": (ip_network("127.0.0.0/8"),),
            "hostname": "gateway.example.com",
            **settings,
        }
    )


class Client:
    """An SMTP client that pipelines and looks at the last reply."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, intake: SmtpIntake) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", intake.port))

    async def says(self, data: bytes, until: bytes) -> str:
        self.writer.write(data)
        await self.writer.drain()
        return await self.hears(until)

    async def hears(self, until: bytes) -> str:
        """The line that begins with `until`."""
        async with asyncio.timeout(PATIENCE):
            while not (line := await self.reader.readline()).startswith(until):
                assert line, "closed"
        return line.decode().rstrip()

    def leave(self) -> None:
        self.writer.close()


@pytest.fixture
def jobs():
    return FakeJobStore()


@pytest.fixture
async def intake(jobs, tmp_path):
    async with SmtpIntake(a_section(), jobs, tmp_path, grace=5) as intake:
        yield intake


async def test_a_store_that_is_away_means_try_again_later(intake, jobs):
    jobs.next_submit_fails(StoreUnavailable())
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")

    assert await client.says(b"x\r\n.\r\n", b"4") == "451 4.3.0 Cannot store the mail now; try again later"

    assert jobs.stored == []
    await client.says(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<102@fax.example.com>\r\nDATA\r\n", b"354")
    assert await client.says(b"x\r\n.\r\n", b"2") == "250 2.0.0 Accepted as S1"
    client.leave()


async def test_nothing_is_promised_before_the_store_has_it(intake, jobs):
    gate = jobs.hold_submits()
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")
    client.writer.write(b"x\r\n.\r\nNOOP\r\n")
    await jobs.submit_started.wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.readline(), 0.05)

    gate.set()
    assert (await client.hears(b"250")).startswith("250 2.0.0 Accepted")
    client.leave()


async def test_a_bug_in_the_store_is_not_a_promise(intake, jobs):
    jobs.next_submit_fails(RuntimeError("a bug"))
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")

    assert (await client.says(b"x\r\n.\r\n", b"4")).startswith("451 4.3.0")

    assert await client.reader.read() == b""
    client.leave()


async def test_a_client_that_half_closes_still_gets_its_reply(intake, jobs):
    gate = jobs.hold_submits()
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")
    client.writer.write(b"x\r\n.\r\n")
    client.writer.write_eof()
    await jobs.submit_started.wait()
    (session,) = intake._service.sessions
    while not session._blocks.at_eof():
        await asyncio.sleep(0)

    gate.set()

    assert await client.hears(b"250") == "250 2.0.0 Accepted as S1"
    client.leave()


async def test_a_message_that_is_being_stored_is_stored_though_its_client_leaves(intake, jobs, tmp_path):
    gate = jobs.hold_submits()
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")
    client.writer.write(b"x" * 600_000 + b"\r\n.\r\n")
    await jobs.submit_started.wait()
    client.writer.transport.abort()

    gate.set()
    await intake.__aexit__()

    assert len(jobs.stored) == 1


async def test_a_large_message_is_handed_over_as_a_file(intake, jobs):
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")
    await client.says(b"x" * 70 + b"\r\n" + b"y" * 1_000_000 + b"\r\n.\r\n", b"250")

    (stored,) = jobs.stored
    assert stored.was_a_file
    assert stored.message.endswith(b"\r\n" + b"y" * 1_000_000 + b"\r\n")
    client.leave()


async def test_a_mail_of_100_mb_is_refused_and_costs_no_memory(jobs, tmp_path):
    async with SmtpIntake(a_section(max_message_size=2_000_000), jobs, tmp_path) as intake:
        client = await Client.connect(intake)
        await client.says(ENVELOPE, b"354")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(100):
            client.writer.write(b"0123456789012345678901234567890123456789012345678\r\n" * 20_000)
            await client.writer.drain()

        assert (await client.says(b".\r\n", b"5")).startswith("552 5.3.4")

        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB
        assert (await client.says(b"NOOP\r\n", b"250")).startswith("250")
        client.leave()
    assert jobs.stored == []


async def test_the_received_line_says_where_it_came_from(intake, jobs):
    client = await Client.connect(intake)
    await client.says(ENVELOPE.replace(b"EHLO c", b"EHLO a b\x01c"), b"354")
    await client.says(b"Subject: x\r\n\r\n.\r\n", b"250")

    lines = jobs.stored[0].message.decode().splitlines()
    assert lines[0] == "Received: from a?b?c ([127.0.0.1])"
    assert lines[1].startswith("\tby gateway.example.com with ESMTP; ")
    assert lines[2] == "Subject: x"
    client.leave()


async def test_too_many_connections_are_turned_away(jobs, tmp_path):
    async with SmtpIntake(a_section(), jobs, tmp_path, max_connections=1) as intake:
        first, second = await Client.connect(intake), await Client.connect(intake)

        assert await first.hears(b"2") == "220 gateway.example.com ESMTP faxgw"
        assert (await second.hears(b"4")).startswith("421 4.3.2")
        first.leave()
        second.leave()


async def test_idle_clients_are_told_goodbye_when_it_closes(jobs, tmp_path):
    async with SmtpIntake(a_section(), jobs, tmp_path) as intake:
        client = await Client.connect(intake)
        await client.hears(b"220")

    assert (await client.hears(b"4")).startswith("421 4.3.2")
    client.leave()


async def test_a_message_under_way_is_finished_when_it_closes(jobs, tmp_path):
    intake = await SmtpIntake(a_section(), jobs, tmp_path).__aenter__()
    gate = jobs.hold_submits()
    client = await Client.connect(intake)
    await client.says(ENVELOPE, b"354")
    client.writer.write(b"x\r\n.\r\n")
    await jobs.submit_started.wait()

    closing = asyncio.create_task(intake.__aexit__())
    gate.set()
    await closing

    assert await client.hears(b"250 2.0.0 Acc") == "250 2.0.0 Accepted as S1"
    client.leave()


async def test_a_client_that_idles_is_hung_up_on(intake):
    intake._service.idle_timeout = 0.05
    client = await Client.connect(intake)

    assert (await client.hears(b"4")).startswith("421 4.4.2")
    client.leave()


async def test_two_processes_may_share_a_port_but_not_by_accident(jobs, tmp_path):
    async with SmtpIntake(a_section(), jobs, tmp_path, share_port=True) as one:
        section = a_section(listen=f"127.0.0.1:{one.port}")

        with pytest.raises(ConfigError, match="in use by another program"):
            await SmtpIntake(section, jobs, tmp_path).__aenter__()
        async with SmtpIntake(section, jobs, tmp_path, share_port=True) as other:
            assert other.port == one.port


@pytest.mark.parametrize("listen", ["2525x", "127.0.0.1", "127.0.0.1:99999", "192.0.2.1:2525"])
async def test_an_address_that_cannot_be_listened_on_is_said_clearly(jobs, tmp_path, listen):
    with pytest.raises(ConfigError, match=r"smtp\.listen"):
        await SmtpIntake(a_section(listen=listen), jobs, tmp_path).__aenter__()


async def test_a_data_dir_that_cannot_be_written_is_said_clearly(jobs, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="data_dir"):
        await SmtpIntake(a_section(), jobs, tmp_path / "file").__aenter__()


async def test_every_interface_can_be_listened_on(jobs, tmp_path):
    async with SmtpIntake(a_section(listen="0.0.0.0:0"), jobs, tmp_path) as intake:
        client = await Client.connect(intake)
        assert (await client.hears(b"220")).startswith("220")
        client.leave()
