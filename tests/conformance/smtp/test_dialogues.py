"""SMTP dialogues as data, played against the real listener. One file a rule."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.schema import SmtpSection
from gateway.intake.smtp import SmtpIntake
from tests.conformance.smtp.player import Player
from tests.fakes.job_store import FakeJobStore

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.dialog"))
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda path: path.stem)
async def test_the_listener_speaks_smtp_as_written(dialogue, tmp_path):
    jobs = FakeJobStore()
    section = SmtpSection(
        listen="127.0.0.1:0",
        domains=("fax.example.com",),
        relay_networks=() if "stranger" in dialogue.stem else LOOPBACK,
        max_message_size=100_000,
        max_recipients=3,
        hostname="gateway.example.com",
    )

    async with SmtpIntake(section, jobs, tmp_path, grace=0.1) as intake:
        reader, writer = await asyncio.open_connection("127.0.0.1", intake.port, limit=1 << 20)
        await Player(reader, writer, jobs).play(dialogue)
        writer.close()

    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["lock"]


def test_there_are_dialogues():
    assert len(DIALOGUES) >= 20
