"""Who may not fax hears so at RCPT, where that is known without waiting."""

import pytest

from gateway.directory import SenderScreen
from gateway.intake.smtp import SmtpIntake
from gateway.model.permission import Permission, Rules
from gateway.model.sender import Person
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.job_store import FakeJobStore
from tests.unit.intake.test_smtp import Client, a_section

ANN = Person("ann@example.com", groups=frozenset({"Staff"}))
RULES = Rules((Permission("staff", ("Staff",), deny=("+49900",)),))


@pytest.fixture
def directory():
    return FakeDirectory(ANN)


@pytest.fixture
def jobs():
    return FakeJobStore()


@pytest.fixture
async def client(directory, jobs, tmp_path):
    screen = SenderScreen(directory, RULES, FakeClock(), refuse_unknown=True)
    async with SmtpIntake(a_section(), jobs, tmp_path, screen=screen, grace=5) as intake:
        client = await Client.connect(intake)
        await client.says(b"EHLO c\r\n", b"250 ")
        yield client
        client.leave()


@pytest.mark.parametrize(
    ("sender", "number", "reply"),
    [
        ("ann@example.com", "+49301", "250 2.1.5 OK"),
        ("bob@example.com", "+49301", "550 5.7.1 The directory does not know you. Ask your administrator"),
        (
            "ann@example.com",
            "+49900123",
            '550 5.7.1 You may not send faxes to numbers that begin with "+49900".',
        ),
    ],
)
async def test_a_sender_is_judged_before_his_mail_is_taken(client, sender, number, reply):
    await client.says(f"MAIL FROM:<{sender}>\r\n".encode(), b"250")

    said = await client.says(f"RCPT TO:<{number}@fax.example.com>\r\n".encode(), b"")

    assert said.startswith(reply)


async def test_while_the_directory_is_away_the_client_tries_again(client, directory):
    directory.is_away = True
    await client.says(b"MAIL FROM:<ann@example.com>\r\n", b"250")

    said = await client.says(b"RCPT TO:<+49301@fax.example.com>\r\n", b"")

    assert said == "451 4.3.0 Cannot look up the sender now; try again later"


async def test_a_refused_recipient_gets_no_fax_and_the_others_do(client, jobs):
    await client.says(b"MAIL FROM:<ann@example.com>\r\n", b"250")
    commands = b"RCPT TO:<+49900123@fax.example.com>\r\nRCPT TO:<+49301@fax.example.com>\r\nDATA\r\n"

    await client.says(commands, b"354")
    await client.says(b"Subject: x\r\n\r\ny\r\n.\r\n", b"250")

    (stored,) = jobs.stored
    assert [recipient.number.digits for recipient in stored.submission.recipients] == ["+49301"]
