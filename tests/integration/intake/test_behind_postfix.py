"""A real Postfix in front, which hands the fax domain on by a transport map: over SMTP and over LMTP."""

import asyncio
import smtplib
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.schema import SmtpSection
from gateway.intake.smtp import SmtpIntake
from gateway.mail.sink import MailSink
from gateway.store import Store
from tests.fix_postfix import Postfix, a_postfix
from tests.free_port import a_free_port
from tests.patience import PATIENCE
from tests.stages import a_store

ANNA = "anna@example.com"
HOW = ("smtp", "lmtp")
SETTINGS = """\
myhostname = mail.example.com
smtp_host_lookup = native
relay_domains = smtp.example.com, lmtp.example.com, example.com
transport_maps = inline:{{ smtp.example.com=smtp:[127.0.0.1]:{smtp}, lmtp.example.com=lmtp:[127.0.0.1]:{lmtp},
  example.com=smtp:[127.0.0.1]:{sink} }}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""


@dataclass
class Site:
    """A gateway that can be started, with a Postfix before it, and the mailboxes of its users."""

    how: str
    store: Store
    folder: Path
    ports: dict[str, int]
    postfix: Postfix
    sink: MailSink

    def gateway(self) -> SmtpIntake:
        section = SmtpSection(
            listen=f"127.0.0.1:{self.ports['smtp']}",
            lmtp_listen=f"127.0.0.1:{self.ports['lmtp']}",
            domains=tuple(f"{how}.example.com" for how in HOW),
            relay_networks=(ip_network("127.0.0.0/8"),),
        )
        return SmtpIntake(section, self.store.jobs, self.folder)

    async def send(self, *numbers: str, mail_options=(), rcpt_options=()) -> None:
        def send_it() -> None:
            with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=PATIENCE) as client:
                recipients = [f"{number}@{self.how}.example.com" for number in numbers]
                message = b"From: anna@example.com\r\nSubject: Offer\r\n\r\nHello\r\n"
                assert client.sendmail(ANNA, recipients, message, mail_options, rcpt_options) == {}

        await asyncio.to_thread(send_it)

    async def until_jobs(self, count: int) -> list:
        async with asyncio.timeout(PATIENCE):
            while len(jobs := await self.store.jobs.list()) < count:
                await asyncio.sleep(0.05)
        return jobs


@pytest.fixture(scope="module")
def ports():
    return {name: a_free_port() for name in (*HOW, "sink")}


@pytest.fixture(scope="module")
def postfix(ports, postfix_folder):
    with a_postfix(postfix_folder, SETTINGS.format(**ports)) as postfix:
        yield postfix


@pytest.fixture(params=HOW)
async def site(request, tmp_path, ports, postfix):
    mails = MailSink(f"127.0.0.1:{ports['sink']}", tmp_path / "mails")
    async with a_store(tmp_path) as (store, _), mails as sink:
        yield Site(request.param, store, tmp_path, ports, postfix, sink)


async def test_a_mail_comes_through_and_a_wrong_address_is_bounced_with_the_reason(site):
    async with site.gateway():
        await site.send("+49301234567", "dr.whitcombe", "+49307654321")

        jobs = await site.until_jobs(2)
        async with asyncio.timeout(PATIENCE):
            while not (bounces := site.sink.mails()):
                await asyncio.sleep(0.05)

    assert {job.number.digits for job in jobs} == {"+49301234567", "+49307654321"}
    assert len({job.submission_id for job in jobs}) == 1
    (bounce,) = bounces
    assert ANNA in bounce.name
    text = bounce.read_text()
    assert f"Final-Recipient: rfc822; dr.whitcombe@{site.how}.example.com" in text
    assert "Status: 5.1.3" in text
    assert "550 5.1.3 Not a fax number; write it" in text


async def test_while_the_gateway_is_down_mails_wait_at_the_server_before_it(site):
    before = site.postfix.log.count("status=deferred")
    await site.send("+49301234567")
    async with asyncio.timeout(PATIENCE):
        while site.postfix.log.count("status=deferred") == before:
            await asyncio.sleep(0.05)

    async with site.gateway():
        (job,) = await site.until_jobs(1)

    assert job.number.digits == "+49301234567"
    assert site.sink.mails() == []


async def test_what_the_sender_wants_to_hear_comes_through(site):
    async with site.gateway():
        await site.send(
            "+49301234567",
            mail_options=["RET=HDRS", "ENVID=A+2B1"],
            rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Ted@example.com"],
        )

        (job,) = await site.until_jobs(1)

    options = (job.options.ret, job.options.envid, job.options.notify, job.options.orcpt)
    assert options == ("HDRS", "A+1", "SUCCESS,FAILURE", "rfc822;Ted@example.com")
