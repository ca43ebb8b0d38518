"""The sink for trying things out keeps every mail."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from gateway.config.schema import MailerSection
from gateway.errors import ConfigError
from gateway.mail.sink import MailSink
from gateway.mail.smtp import SmtpMailer


async def test_mails_are_files_in_the_order_they_came(tmp_path):
    mail = EmailMessage()
    mail["Subject"] = "Fax delivered"
    mail.set_content("Grüße\n")

    async with (
        MailSink("127.0.0.1:0", tmp_path) as sink,
        SmtpMailer(MailerSection(host="127.0.0.1", port=sink.port)) as mailer,
    ):
        await mailer.send(mail, mail_from="", recipient="anna@example.com")
        await mailer.send(mail, mail_from="fax@example.com", recipient="b/../../o@example.com")

    assert [path.name for path in sink.mails()] == [
        "0001-anna@example.com.eml",
        "0002-b_.._.._o@example.com.eml",
    ]
    kept = message_from_bytes(sink.mails()[0].read_bytes(), policy=policy.default)
    assert (kept["Return-Path"], kept["Delivered-To"]) == ("<>", "anna@example.com")
    assert kept.get_content() == "Grüße\r\n"


async def test_a_port_in_use_is_said_clearly(tmp_path):
    async with MailSink("127.0.0.1:0", tmp_path) as sink:
        with pytest.raises(ConfigError, match="Choose another port"):
            await MailSink(f"127.0.0.1:{sink.port}", tmp_path).__aenter__()
