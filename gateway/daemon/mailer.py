"""The way answers leave: by SMTP, or through a mailbox."""

from contextlib import AbstractAsyncContextManager

from gateway.config.schema import Config
from gateway.mail.smtp import SmtpMailer
from gateway.ports.mailer import Mailer


def open_mailer(config: Config) -> AbstractAsyncContextManager[Mailer]:
    """The mailer of [mailer]. What the others need is not imported."""
    kind, _, name = config.mailer.through.partition(".")
    if kind == "microsoft365":
        from gateway.mail.graph import GraphMailer

        return GraphMailer(name, config.microsoft365[name])
    if kind == "exchange":
        from gateway.mail.ews import ExchangeMailer

        return ExchangeMailer(name, config.exchange[name], config.exchange[name].mailboxes[0])
    return SmtpMailer(config.mailer)
