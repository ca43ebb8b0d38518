"""What the settings of mailboxes and folders may be, and which of them are needed."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from gateway.config import values
from gateway.config.sources import ExchangeSection, FolderSection, ImapSection, Microsoft365Section
from gateway.config.values import Reader

_HOST = values.matching(r"[A-Za-z0-9_.:-]{1,253}", 'a host, for example "mail.example.com"', empty=True)
_URL = values.matching(
    r"https?://\S+", 'an address, for example "https://login.example.com/token"', empty=True
)
_TENANT = values.matching(
    r"[A-Za-z0-9.-]{1,100}", 'a tenant, for example "contoso.onmicrosoft.com"', empty=True
)
_FOLDER = values.matching(r".{1,200}", 'a folder, for example "INBOX"')
_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)

#: `section.*.setting` -> how it is read.
SOURCE_RULES: dict[str, Reader] = {
    "folder.*.path": values.optional_path,
    "folder.*.sender": values.optional(values.mailbox),
    "folder.*.look_every": values.duration(_SECOND, _HOUR),
    "imap.*.host": _HOST,
    "imap.*.port": values.number(1, 65535),
    "imap.*.tls": values.choice("implicit", "starttls", "none"),
    "imap.*.ca_file": values.optional_path,
    "imap.*.token_url": _URL,
    "imap.*.folder": _FOLDER,
    "imap.*.senders": values.choice("proved", "internal"),
    "imap.*.look_every": values.duration(_SECOND, _HOUR),
    "microsoft365.*.tenant": _TENANT,
    "microsoft365.*.certificate": values.optional_path,
    "microsoft365.*.mailbox": values.optional(values.mailbox),
    "microsoft365.*.folder": _FOLDER,
    "microsoft365.*.look_every": values.duration(_SECOND, _HOUR),
    "microsoft365.*.authority": _URL,
    "microsoft365.*.endpoint": _URL,
    "microsoft365.*.ca_file": values.optional_path,
    "exchange.*.url": values.matching(
        r"https://\S+", 'an address, for example "https://mail.example.com/EWS/Exchange.asmx"', empty=True
    ),
    "exchange.*.mailboxes": values.list_of(values.mailbox, example='["fax@example.com"]'),
    "exchange.*.auth": values.choice("ntlm", "basic", "oauth"),
    "exchange.*.token_url": _URL,
    "exchange.*.access": values.choice("delegate", "impersonation"),
    "exchange.*.folder": _FOLDER,
    "exchange.*.stream_minutes": values.number(1, 30),
    "exchange.*.look_every": values.duration(_SECOND, _HOUR),
    "exchange.*.ca_file": values.optional_path,
    "mailer.through": values.matching(
        r"(?:microsoft365|exchange)\.[A-Za-z0-9_-]{1,40}",
        '"microsoft365.NAME", "exchange.NAME", or "" for SMTP',
        empty=True,
    ),
}

_SECRETS = ("password", "client_secret")
#: Sections of which there may be several, each with a name of its own.
SOURCES: dict[str, Any] = {
    "folder": FolderSection,
    "imap": ImapSection,
    "microsoft365": Microsoft365Section,
    "exchange": ExchangeSection,
}


def lacking_in_source(section: object) -> list[tuple[str, str]]:
    """Settings that this section cannot do without, each with an example."""
    wanted: dict[str, str] = {}
    if isinstance(section, FolderSection):
        wanted = {"path": '"/var/spool/faxgw/drop"', "sender": '"sap@example.com"'}
    elif isinstance(section, ImapSection):
        wanted = {"host": '"mail.example.com"', "username": '"fax@example.com"'}
        if section.token_url:
            wanted |= {"client_id": '"faxgw"', "client_secret": '"/run/secrets/client"'}
        else:
            wanted |= {"password": '"/run/secrets/mailbox"'}
    elif isinstance(section, Microsoft365Section):
        wanted = {
            "tenant": '"contoso.onmicrosoft.com"',
            "client_id": '"00000000-0000-0000-0000-000000000000"',
        }
        wanted |= {"mailbox": '"fax@example.com"'}
        if section.certificate is None:
            wanted |= {"client_secret": '"/run/secrets/client"'}
    elif isinstance(section, ExchangeSection):
        wanted = {"url": '"https://mail.example.com/EWS/Exchange.asmx"', "mailboxes": '["fax@example.com"]'}
        if section.auth == "oauth":
            wanted |= {"token_url": '"https://adfs.example.com/adfs/oauth2/token"', "client_id": '"faxgw"'}
            wanted |= {"client_secret": '"/run/secrets/client"'}
        else:
            wanted |= {"username": "'EXAMPLE\\faxgw'", "password": '"/run/secrets/mailbox"'}
    missing = [(name, example) for name, example in wanted.items() if not getattr(section, name)]
    return [(f"{name}_file" if name in _SECRETS else name, example) for name, example in missing]


def mistakes_in_sources(sections: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What each section alone cannot tell: the setting, and what is wrong about it."""
    relay = getattr(sections.get("resolving"), "authserv_id", "")
    for name, section in sections.get("imap", {}).items():
        if section.senders == "proved" and not relay:
            yield (
                f"imap.{name}.senders",
                '"proved" needs resolving.authserv_id, whose Authentication-Results prove senders. '
                'Write "internal" only if nobody but your own people, logged in, can put mails there',
            )
    kind, _, name = getattr(sections.get("mailer"), "through", "").partition(".")
    if name and name not in sections.get(kind, {}):
        yield "mailer.through", f"there is no [{kind}.{name}]"
    elif kind == "exchange" and not sections[kind][name].mailboxes:
        yield "mailer.through", f"[{kind}.{name}] has no mailboxes"
