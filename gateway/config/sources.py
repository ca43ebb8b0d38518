"""[folder], [imap], [microsoft365] and [exchange]: where mails lie until the gateway collects them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.model.secret import Secret


@dataclass(frozen=True, slots=True)
class FolderSection:
    """[folder.NAME]: a folder that programs drop mails and documents into."""

    path: Path | None = None  #: required
    sender: str = ""  #: whose faxes they are, who gets the answers; required
    trust_from: bool = False  #: whoever may write there may name another sender
    look_every: timedelta = timedelta(seconds=30)  #: where inotify tells nothing


@dataclass(frozen=True, slots=True)
class ImapSection:
    """[imap.NAME]: a mailbox that mails are collected from by IMAP."""

    host: str = ""  #: required
    port: int = 993
    tls: str = "implicit"  #: "implicit", "starttls" or "none"
    ca_file: Path | None = None  #: PEM; None means the system's authorities
    username: str = ""  #: required
    password: Secret | None = None  #: read from password_file
    token_url: str = ""  #: XOAUTH2 in place of a password
    client_id: str = ""
    client_secret: Secret | None = None  #: read from client_secret_file
    scope: str = ""
    folder: str = "INBOX"
    done: str = "Faxed"  #: folder for what was accepted; "" deletes it
    refused: str = "Not faxed"  #: folder for what was refused; "" deletes it
    senders: str = "proved"  #: "proved" or "internal"
    look_every: timedelta = timedelta(minutes=5)  #: beside IDLE


@dataclass(frozen=True, slots=True)
class Microsoft365Section:
    """[microsoft365.NAME]: a mailbox at Microsoft 365, by Graph."""

    tenant: str = ""  #: required
    client_id: str = ""  #: required
    client_secret: Secret | None = None  #: read from client_secret_file; this or a certificate
    certificate: Path | None = None  #: PEM, with its key
    mailbox: str = ""  #: required
    collect: bool = True  #: False: mails are only sent through it
    folder: str = "inbox"
    done: str = "Faxed"  #: folder for what was accepted; "" deletes it
    refused: str = "Not faxed"  #: folder for what was refused; "" deletes it
    look_every: timedelta = timedelta(seconds=15)
    authority: str = "https://login.microsoftonline.com"
    endpoint: str = "https://graph.microsoft.com"
    ca_file: Path | None = None  #: PEM; None means the system's authorities


@dataclass(frozen=True, slots=True)
class ExchangeSection:
    """[exchange.NAME]: mailboxes of an Exchange server on-premises, by EWS."""

    url: str = ""  #: required
    mailboxes: tuple[str, ...] = ()  #: required
    auth: str = "ntlm"  #: "ntlm", "basic" or "oauth"
    username: str = ""
    password: Secret | None = None  #: read from password_file
    token_url: str = ""  #: with auth = "oauth"
    client_id: str = ""
    client_secret: Secret | None = None  #: read from client_secret_file
    scope: str = ""
    access: str = "delegate"  #: "delegate" or "impersonation"
    collect: bool = True  #: False: mails are only sent through it
    folder: str = "inbox"
    done: str = "Faxed"  #: folder for what was accepted; "" deletes it
    refused: str = "Not faxed"  #: folder for what was refused; "" deletes it
    streaming: bool = True  #: new mails are announced
    stream_minutes: int = 10  #: after which the stream is opened anew
    look_every: timedelta = timedelta(minutes=1)
    ca_file: Path | None = None  #: PEM; None means the usual authorities
