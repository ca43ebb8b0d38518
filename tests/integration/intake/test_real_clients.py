"""Real SMTP clients, the real listener and the real queue."""

import asyncio
import smtplib
import subprocess
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.schema import SmtpSection
from gateway.intake.smtp import SmtpIntake
from gateway.intake.users import UsersFile, set_user
from gateway.model.secret import Secret
from tests.patience import PATIENCE
from tests.stages import a_store

SAMPLES = Path(__file__).parents[3] / "samples" / "mails"
ANNA = "anna@example.com"
LOOPBACK = (ip_network("127.0.0.0/8"),)
_PROXIED = ["--proxy-source", "192.0.2.7", "--proxy-source-port", "40000"]
_PROXIED += ["--proxy-dest", "198.51.100.1", "--proxy-dest-port", "25"]


@asynccontextmanager
async def a_gateway(data_dir: Path, **settings):
    section = SmtpSection(
        listen="127.0.0.1:0",
        domains=("fax.example.com",),
        hostname="gateway.example.com",
        **{"relay_networks": (ip_network("127.0.0.0/8"),), **settings},
    )
    authenticator = UsersFile(section.users) if section.users else None
    async with (
        a_store(data_dir) as (store, _),
        SmtpIntake(section, store.jobs, data_dir, authenticator=authenticator) as intake,
    ):
        yield store, intake.tls_port or intake.lmtp_port or intake.port


def send(port: int, recipients: list[str], content: bytes) -> dict[str, tuple[int, bytes]]:
    """The refused recipients."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.com", timeout=PATIENCE) as client:
        return client.sendmail(ANNA, recipients, content)


def run(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
    """What the program said, and how it ended."""
    return subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("0[1-4]*.eml")), ids=lambda path: path.stem)
async def test_a_mail_lies_in_the_queue_byte_for_byte(tmp_path, sample):
    async with a_gateway(tmp_path) as (store, port):
        refused = await asyncio.to_thread(
            send, port, ["+493055501001@fax.example.com", "102@fax.example.com"], sample.read_bytes()
        )

        jobs = await store.jobs.list()
        submission = await store.jobs.submission(jobs[0].submission_id)
        message = await store.blobs.get(submission.message)
    assert refused == {}
    assert {job.number.digits for job in jobs} == {"+493055501001", "102"}
    assert submission.mail_from == ANNA
    assert message.startswith(b"Received: from client.example.com ([127.0.0.1])\r\n")
    assert message.endswith(b"\r\n" + sample.read_bytes())


async def test_a_large_mail_lies_in_the_queue_byte_for_byte(tmp_path):
    content = b"Subject: large\r\n\r\n" + b"".join(b"..%060d\r\n.\r\n" % n for n in range(40_000))
    async with a_gateway(tmp_path) as (store, port):
        await asyncio.to_thread(send, port, ["102@fax.example.com"], content)

        (job,) = await store.jobs.list()
        submission = await store.jobs.submission(job.submission_id)
        assert (await store.blobs.get(submission.message)).endswith(b"\r\n" + content)


async def test_a_wrong_address_is_refused_with_the_reason(tmp_path):
    sample = SAMPLES / "05-wrong-address.eml"
    async with a_gateway(tmp_path) as (store, port):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await asyncio.to_thread(send, port, ["dr.whitcombe@fax.example.com"], sample.read_bytes())

        assert await store.jobs.list() == []
    code, reply = refused.value.recipients["dr.whitcombe@fax.example.com"]
    assert code == 550
    assert reply.startswith(b"5.1.3 Not a fax number")


async def test_what_can_be_taken_is_taken_when_one_address_is_wrong(tmp_path):
    async with a_gateway(tmp_path) as (store, port):
        refused = await asyncio.to_thread(send, port, ["no@fax.example.com", "102@fax.example.com"], b"x\r\n")

        assert list(refused) == ["no@fax.example.com"]
        assert len(await store.jobs.list()) == 1


async def test_a_mail_of_100_mb_is_refused_before_it_is_sent(tmp_path):
    async with a_gateway(tmp_path) as (store, port):
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            await asyncio.to_thread(send, port, ["102@fax.example.com"], b"x" * 78 + b"\r\n" * 50_000_000)

        assert await store.jobs.list() == []
    assert refused.value.smtp_code == 552


@pytest.mark.needs("swaks")
async def test_swaks_sends_an_attachment(tmp_path):
    document = SAMPLES.parent / "documents" / "invoice.pdf"
    async with a_gateway(tmp_path) as (store, port):
        client = await asyncio.create_subprocess_exec(
            *(
                "swaks",
                "--server",
                f"127.0.0.1:{port}",
                "--from",
                ANNA,
                "--to",
                "0301234567@fax.example.com",
            ),
            *("--attach-type", "application/pdf", "--attach-name", "invoice.pdf", "--attach", f"@{document}"),
            stdout=subprocess.PIPE,
        )
        said, _ = await client.communicate()

        assert client.returncode == 0, said.decode()
        (job,) = await store.jobs.list()
    assert job.number.digits == "0301234567"


@pytest.mark.parametrize(
    ("setting", "options"),
    [
        ("xclient_networks", ["--xclient-addr", "192.0.2.7", "--xclient-helo", "pc.example.com"]),
        ("proxy_networks", ["--proxy-version", "1", "--proxy-family", "TCP4", *_PROXIED]),
        ("proxy_networks", ["--proxy-version", "2", "--proxy-family", "AF_INET", *_PROXIED]),
    ],
    ids=["xclient", "proxy-v1", "proxy-v2"],
)
async def test_swaks_speaks_for_another_client(tmp_path, setting, options):
    settings = {setting: LOOPBACK, "relay_networks": (ip_network("192.0.2.7/32"),)}
    async with a_gateway(tmp_path, **settings) as (store, port):
        command = ["swaks", "--server", f"127.0.0.1:{port}", "--from", ANNA, "--to", "102@fax.example.com"]
        done = await asyncio.to_thread(run, [*command, *options])

        assert done.returncode == 0, done.stdout.decode()
        (job,) = await store.jobs.list()
        submission = await store.jobs.submission(job.submission_id)
        message = await store.blobs.get(submission.message)
    assert submission.client == "smtp 192.0.2.7"
    assert b" ([192.0.2.7])\r\n" in message[:200]


async def test_several_clients_at_once_lose_nothing(tmp_path):
    async with a_gateway(tmp_path) as (store, port):
        await asyncio.gather(
            *(
                asyncio.to_thread(
                    send, port, [f"{1000 + n}@fax.example.com"], b"Subject: %d\r\n\r\nx\r\n" % n
                )
                for n in range(40)
            )
        )

        assert {job.number.digits for job in await store.jobs.list()} == {str(1000 + n) for n in range(40)}


def with_users(folder: Path, certificates, **more) -> dict:
    set_user(folder / "users", "anna", (ANNA,), Secret("right"))
    return {"certificate": certificates.server, "users": folder / "users", "relay_networks": (), **more}


async def test_smtplib_logs_in_under_starttls(tmp_path, certificates):
    async with a_gateway(tmp_path, **with_users(tmp_path, certificates)) as (store, port):

        def send_it() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
                client.starttls(context=certificates.client_context())
                client.login("anna", "right")
                client.sendmail(ANNA, ["102@fax.example.com"], b"Subject: x\r\n\r\nx")

        await asyncio.to_thread(send_it)
        (job,) = await store.jobs.list()
        submission = await store.jobs.submission(job.submission_id)
        message = await store.blobs.get(submission.message)

    assert submission.client == "smtp 127.0.0.1 login anna"
    assert b" with ESMTPSA; " in message


async def test_a_large_mail_comes_through_tls_byte_for_byte(tmp_path, certificates):
    content = b"Subject: large\r\n\r\n" + b"..%060d\r\n" * 30_000 % tuple(range(30_000))
    settings = with_users(tmp_path, certificates, tls_listen="127.0.0.1:0")
    async with a_gateway(tmp_path, **settings) as (store, port):

        def send_it() -> None:
            context = certificates.client_context()
            with smtplib.SMTP_SSL("127.0.0.1", port, timeout=PATIENCE, context=context) as client:
                client.login("anna", "right")
                client.sendmail(ANNA, ["102@fax.example.com"], content)

        await asyncio.to_thread(send_it)
        (job,) = await store.jobs.list()
        message = await store.blobs.get((await store.jobs.submission(job.submission_id)).message)

    assert message.endswith(b"\r\n" + content)


@pytest.mark.parametrize(
    ("password", "code", "stored"), [("right", 0, 1), ("wrong", 28, 0)], ids=["right", "wrong"]
)
async def test_swaks_logs_in_under_tls(tmp_path, certificates, password, code, stored):
    async with a_gateway(tmp_path, **with_users(tmp_path, certificates)) as (store, port):
        command = ["swaks", "--server", f"127.0.0.1:{port}", "--from", ANNA, "--to", "102@fax.example.com"]
        command += ["--tls", "--tls-ca-path", str(certificates.authority), "--auth", "LOGIN"]
        command += ["--auth-user", "anna", "--auth-password", password]
        done = await asyncio.to_thread(run, command)

        assert done.returncode == code, done.stdout.decode()
        assert len(await store.jobs.list()) == stored


async def test_smtplib_speaks_lmtp(tmp_path):
    async with a_gateway(tmp_path, lmtp_listen="127.0.0.1:0") as (store, port):

        def send_it() -> None:
            with smtplib.LMTP("127.0.0.1", port) as client:
                client.sendmail(ANNA, ["102@fax.example.com"], b"Subject: x\r\n\r\nx")

        await asyncio.to_thread(send_it)

        assert [job.number.digits for job in await store.jobs.list()] == ["102"]


@pytest.mark.needs("postfix")
@pytest.mark.parametrize("how", ["smtp", "lmtp"])
async def test_smtp_source_hands_in_many_mails_by_many_sessions(tmp_path, how):
    settings = {"lmtp_listen": "127.0.0.1:0"} if how == "lmtp" else {}
    async with a_gateway(tmp_path, **settings) as (store, port):
        command = [
            "/usr/sbin/smtp-source",
            "-4",
            "-s",
            "20",
            "-m",
            "200",
            "-l",
            "5000",
            "-r",
            "2",
            "-f",
            ANNA,
        ]
        command += ["-L"] * (how == "lmtp") + ["-t", "102@fax.example.com", f"127.0.0.1:{port}"]
        done = await asyncio.to_thread(run, command)

        assert done.returncode == 0, done.stderr.decode()
        assert len({job.submission_id for job in await store.jobs.list(limit=1000)}) == 200
