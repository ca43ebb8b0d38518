"""Mails leave through a real SMTP server, with and without TLS, and its refusals are told apart."""

import shlex
import socket
import ssl
import subprocess
from datetime import timedelta
from email.message import EmailMessage

import pytest

from gateway.config.schema import MailerSection
from gateway.errors import MailerRefused, MailerUnavailable
from gateway.mail.smtp import SmtpMailer
from gateway.model.secret import Secret
from tests.fakes.mail_sink import ScriptedMailServer
from tests.patience import PATIENCE

ANNA = "anna@example.com"


def a_mail(subject: str = "Fax delivered") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "fax@example.com", ANNA
    mail.set_content("Every page was confirmed — Grüße.\n")
    return mail


def a_mailer(server: ScriptedMailServer, **settings) -> SmtpMailer:
    trust = settings.pop("trust", None)
    section = MailerSection(
        host=settings.pop("host", "127.0.0.1"),
        port=server.port,
        sender="fax@example.com",
        timeout=timedelta(seconds=PATIENCE),
        **settings,
    )
    return SmtpMailer(section, trust=trust)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        shlex.split(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
            "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem"
        ),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def server_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


@pytest.fixture
def trust(certificate):
    return ssl.create_default_context(cafile=certificate / "cert.pem")


async def test_a_mail_leaves_with_the_null_sender():
    async with ScriptedMailServer() as server, a_mailer(server) as mailer:
        await mailer.send(a_mail(), mail_from="", recipient=ANNA)

        assert server.envelopes == [("<>", [ANNA])]
        assert server.mails[0].get_content().splitlines() == ["Every page was confirmed — Grüße."]


async def test_a_busy_queue_uses_one_connection():
    async with ScriptedMailServer() as server, a_mailer(server) as mailer:
        for _ in range(5):
            await mailer.send(a_mail(), mail_from="", recipient=ANNA)

        assert (len(server.mails), server.connections) == (5, 1)


async def test_a_connection_the_server_closed_is_opened_again():
    async with ScriptedMailServer() as server, a_mailer(server) as mailer:
        await mailer.send(a_mail("one"), mail_from="", recipient=ANNA)
        server.hang_up()

        await mailer.send(a_mail("two"), mail_from="", recipient=ANNA)

        assert [mail["Subject"] for mail in server.mails] == ["one", "two"]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "error"), [("550 5.1.1 No such user", MailerRefused), ("451 4.3.0 Later", MailerUnavailable)]
)
async def test_refusals_for_good_and_for_now_are_told_apart(verb, reply, error):
    async with ScriptedMailServer() as server, a_mailer(server) as mailer:
        server.next_reply(verb, reply)

        with pytest.raises(error, match=reply):
            await mailer.send(a_mail(), mail_from="", recipient=ANNA)

        await mailer.send(a_mail("the next one"), mail_from="", recipient=ANNA)
        assert [mail["Subject"] for mail in server.mails] == ["the next one"]


async def test_no_server_is_a_matter_of_time():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        section = MailerSection(host="127.0.0.1", port=nobody.getsockname()[1])
        async with SmtpMailer(section) as mailer:
            with pytest.raises(MailerUnavailable, match="cannot be used"):
                await mailer.send(a_mail(), mail_from="", recipient=ANNA)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_tls_with_a_password(tls, server_tls, trust):
    server = ScriptedMailServer(tls=server_tls, implicit=tls == "implicit", password="secret")
    settings = {"host": "localhost", "tls": tls, "username": "fax", "password": Secret("secret")}
    async with server, a_mailer(server, trust=trust, **settings) as mailer:
        await mailer.send(a_mail(), mail_from="", recipient=ANNA)

        assert len(server.mails) == 1


async def test_a_wrong_password_loses_no_mail(server_tls, trust):
    server = ScriptedMailServer(tls=server_tls, password="secret")
    settings = {"host": "localhost", "tls": "starttls", "username": "fax", "password": Secret("wrong")}
    async with server, a_mailer(server, trust=trust, **settings) as mailer:
        with pytest.raises(MailerUnavailable, match="535"):
            await mailer.send(a_mail(), mail_from="", recipient=ANNA)


async def test_a_certificate_nobody_vouches_for_is_not_believed(server_tls):
    async with (
        ScriptedMailServer(tls=server_tls) as server,
        a_mailer(server, host="localhost", tls="starttls") as mailer,
    ):
        with pytest.raises(MailerUnavailable, match="certificate"):
            await mailer.send(a_mail(), mail_from="", recipient=ANNA)


async def test_tls_is_not_given_up_when_the_server_has_none():
    async with ScriptedMailServer() as server, a_mailer(server, tls="starttls") as mailer:
        with pytest.raises(MailerUnavailable):
            await mailer.send(a_mail(), mail_from="", recipient=ANNA)

        assert server.mails == []
