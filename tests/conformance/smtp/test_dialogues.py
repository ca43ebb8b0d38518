"""SMTP dialogues as data, played against the real listener. One file a rule."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.schema import Network, SmtpSection
from gateway.intake.smtp import SmtpIntake
from gateway.intake.users import UsersFile, set_user
from gateway.model.secret import Secret
from tests.conformance.smtp.player import Player
from tests.fakes.job_store import FakeJobStore
from tests.fix_certificates import Certificates

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.dialog"))
LOOPBACK = (ip_network("127.0.0.0/8"),)
CLIENTS = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda path: path.stem)
async def test_the_listener_speaks_smtp_as_written(dialogue, tmp_path, certificates):
    jobs = FakeJobStore()
    section = a_section(dialogue.stem, tmp_path, certificates)
    authenticator = UsersFile(section.users) if section.users else None
    trust = certificates.client_context(with_certificate="certificate" in dialogue.stem)

    async with SmtpIntake(
        section, jobs, tmp_path, authenticator=authenticator, tarpit=0, grace=0.1
    ) as intake:
        port = intake.lmtp_port or intake.tls_port or intake.port
        tls = trust if intake.tls_port else None
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20, ssl=tls)
        await Player(reader, writer, jobs, trust).play(dialogue)
        writer.close()

    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["lock"]


def a_section(name: str, folder: Path, certificates: Certificates) -> SmtpSection:
    """The words in a dialogue's name say what it is played against."""
    words = set(name.split("_"))
    section = SmtpSection(
        listen="127.0.0.1:0",
        domains=("fax.example.com",),
        relay_networks=_relays(words),
        max_message_size=100_000,
        max_recipients=3,
        max_messages_per_hour=2 if {"mails", "hour"} <= words else 0,
        max_recipients_per_hour=2 if {"faxes", "hour"} <= words else 0,
        max_sender_messages_per_hour=1 if {"sender", "hour"} <= words else 0,
        proxy_networks=LOOPBACK if "proxy" in words and "elsewhere" not in words else (),
        xclient_networks=LOOPBACK if "xclient" in words else (),
        max_guesses=3,
        hostname="gateway.example.com",
    )
    if words & {"auth", "starttls", "tls", "certificate"}:
        section = replace(section, certificate=certificates.server, client_ca=certificates.authority)
    if "auth" in words:
        set_user(folder / "users", "anna", ("anna@example.com",), Secret("right"))
        section = replace(section, users=folder / "users")
    if "implicit" in words:
        section = replace(section, tls_listen="127.0.0.1:0")
    return replace(section, lmtp_listen="127.0.0.1:0") if "lmtp" in words else section


def _relays(words: set[str]) -> tuple[Network, ...]:
    if words & {"proxy", "xclient"}:
        return CLIENTS
    return () if words & {"stranger", "auth", "certificate"} else LOOPBACK


def test_there_are_dialogues():
    assert len(DIALOGUES) >= 20
