"""What each setting may be, beyond its type: ranges, shapes, and which ones are required."""

from datetime import timedelta

from gateway.config import values
from gateway.config.people_rules import PEOPLE_RULES
from gateway.config.sources_rules import SOURCE_RULES
from gateway.config.trunk_rules import TRUNK_RULES
from gateway.config.values import Reader
from gateway.model.options import PRIORITIES
from gateway.model.quiet import QuietHours

_STATION_ID = values.matching(
    r"[ -~]{0,20}",
    'a station id of at most 20 plain characters, for example "+49 30 1234567" (ITU-T T.30 5.3.6.2.4)',
)
_CALLER = values.matching(r"[0-9A-Za-z+*#._-]{1,40}", 'a number, for example "+49301234567"', empty=True)
_HOST = values.matching(r"[A-Za-z0-9_.:-]{1,253}", 'a host, for example "mail.example.com"')
_HOST_OR_NONE = values.matching(
    r"[A-Za-z0-9_.:-]{1,253}", 'a host, for example "fax.example.com"', empty=True
)
_PREFIX = values.matching(r"[0-9*#]{1,15}", 'digits, for example "0"', empty=True)
_BEGINNING = values.matching(r"\+?[0-9*#]{1,20}", 'the beginning of a number, for example "+49900"')
_INTERNAL = values.matching(
    r"[0-9XNZ]{1,20}", 'a pattern of an internal number, for example "2XX" (X any digit, N 2 to 9, Z 1 to 9)'
)
_DIALECTS = (
    *("plain", "outlook", "imceafax", "rfc3192", "faximum", "notes"),
    *("faxback", "efax", "faxfinder", "hylafax", "rightfax", "domain", "mailbox"),
)
_MAILBOX = values.matching(
    r"[^\s@<>\"]{1,64}(?:@[A-Za-z0-9.-]{1,253})?",
    'the part before the @, or a whole address, for example "list"',
)
_COVER = values.matching(
    r"[A-Za-z0-9_-]{1,40}", 'a cover page, for example "standard" (`faxgw cover list`), or "none"'
)
_STATION_ID_OF_NUMBER = values.matching(
    r"\+?[0-9*#]{1,20}=[ -~]{0,20}", 'NUMBER=STATION ID, for example "+49301234567=ACME Sales"'
)
_COVER_OF_NUMBER = values.matching(
    r"\+?[0-9*#]{1,20}=[A-Za-z0-9_-]{1,40}", 'BEGINNING=TEMPLATE, for example "+4930=letter"'
)
_COVER_OF_SENDER = values.matching(
    r"[^\s@]*@[^\s@]+=[A-Za-z0-9_-]{1,40}", 'ADDRESS=TEMPLATE, for example "ann@example.com=letter"'
)
_LANGUAGE = values.matching(r"[a-z]{2,3}", 'a language, for example "de" (ISO 639)')


def _quiet_hours(value: object) -> str:
    """Two times of the day, or nothing."""
    found = values.text(value)
    if found:
        QuietHours.read(found, None, ())
    return found


_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

#: `section.setting` -> how it is read; `*` stands for any name. Others are read by their type.
RULES: dict[str, Reader] = {
    "node.name": values.matching(
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", 'a node name, for example "fax1"', empty=True
    ),
    "queue.url": values.database_url,
    "queue.lease": values.duration(timedelta(seconds=5), _HOUR),
    "smtp.listen": values.host_and_port,
    "smtp.domains": values.list_of(values.mail_domain, at_least=1, example='["fax.example.com"]'),
    "smtp.relay_networks": values.list_of(values.network, example='["192.0.2.0/24"]'),
    "smtp.max_message_size": values.size(64 * 1024, 1024**3),
    "smtp.max_recipients": values.number(1, 100_000),
    "smtp.hostname": _HOST_OR_NONE,
    "smtp.tls_listen": values.optional(values.host_and_port),
    "smtp.lmtp_listen": values.optional(values.host_and_port),
    "smtp.certificate": values.optional_path,
    "smtp.key": values.optional_path,
    "smtp.client_ca": values.optional_path,
    "smtp.users": values.optional_path,
    "smtp.max_connections": values.number(1, 100_000),
    "smtp.max_client_connections": values.number(0, 100_000),
    "smtp.max_messages_per_hour": values.number(0, 1_000_000),
    "smtp.max_recipients_per_hour": values.number(0, 10_000_000),
    "smtp.max_sender_messages_per_hour": values.number(0, 1_000_000),
    "smtp.max_sender_recipients_per_hour": values.number(0, 10_000_000),
    "smtp.proxy_networks": values.list_of(values.network, example='["192.0.2.10/32"]'),
    "smtp.xclient_networks": values.list_of(values.network, example='["192.0.2.10/32"]'),
    "smtp.max_guesses": values.number(0, 1000),
    "smtp.ban": values.duration(timedelta(seconds=1), timedelta(days=30)),
    "smtp.processes": values.number(0, 64),
    "addresses.dialects": values.list_of(values.choice(*_DIALECTS), at_least=1, example='["plain"]'),
    "addresses.mailboxes": values.list_of(_MAILBOX, example='["list", "faxes@example.com"]'),
    "options.dialects": values.list_of(
        values.choice("faxgw", "gfi", "hylafax", "rightfax", "efax", "zetafax", "xm", "facsys"),
        example='["faxgw"]',
    ),
    "options.billing_code": values.choice("optional", "required"),
    "broadcast.max_recipients": values.number(1, 100_000),
    "broadcast.answer": values.choice("summary", "each"),
    "dialling.country": values.country,
    "dialling.area_code": _PREFIX,
    "dialling.national_prefix": _PREFIX,
    "dialling.international_prefix": _PREFIX,
    "dialling.internal": values.list_of(_INTERNAL, example='["2XX"]'),
    "dialling.outside_line": _PREFIX,
    "dialling.dial_as": values.choice("e164", "international", "national"),
    "dialling.extensions": values.choice("refuse", "append", "tones"),
    "dialling.pauses": values.choice("refuse", "tones"),
    "dialling.allow": values.list_of(_BEGINNING, example='["+49"]'),
    "dialling.deny": values.list_of(_BEGINNING, example='["+49900"]'),
    "rendering.resolution": values.choice("standard", "fine", "superfine", "auto"),
    "rendering.paper": values.choice("a4", "letter", "legal"),
    "rendering.margin": values.number(0, 40),
    "rendering.workers": values.number(1, 256),
    "rendering.page_limit": values.number(1, 10_000),
    "rendering.timeout": values.duration(timedelta(seconds=5), _HOUR),
    "rendering.ocr": values.ocr_languages,
    "rendering.blank_pages": values.choice("drop", "keep"),
    "rendering.on_partial": values.choice("fail", "send_rest_with_note", "hold"),
    "rendering.mail_text": values.choice("first", "alone", "never"),
    "rendering.quoted_mail": values.choice("keep", "cut"),
    "rendering.disclaimers": values.list_of(values.text, example='["This e-mail is confidential"]'),
    "rendering.archive_files": values.number(0, 10_000),
    "rendering.archive_size": values.size(1024, 1024**3),
    "cover.template": _COVER,
    "cover.numbers": values.list_of(_COVER_OF_NUMBER, example='["+4930=letter"]'),
    "cover.senders": values.list_of(_COVER_OF_SENDER, example='["ann@example.com=letter"]'),
    "cover.folder": values.optional_path,
    "cover.language": _LANGUAGE,
    "cover.on_failure": values.choice("hold", "fail", "send_without"),
    "cover.continuation": _COVER,
    "sending.station_id": _STATION_ID,
    "sending.caller_number": _CALLER,
    "sending.header": values.header_template,
    "sending.timezone": values.timezone,
    "sending.attempts": values.number(1, 100),
    "sending.give_up_after": values.duration(_MINUTE, timedelta(days=30)),
    "sending.deadline": values.duration(_MINUTE, timedelta(days=365)),
    "sending.quiet_hours": _quiet_hours,
    "sending.quiet_for": values.list_of(values.choice(*PRIORITIES), example='["low", "normal"]'),
    "sending.remember": values.duration(_HOUR, timedelta(days=365)),
    "retry.*.attempts": values.number(0, 100),
    "retry.*.delay": values.duration(timedelta(seconds=1), timedelta(days=7)),
    "sip.listen": values.host_and_port,
    "sip.media_ports": values.port_range,
    "sip.media_address": _HOST_OR_NONE,
    "receiving.station_id": _STATION_ID,
    "receiving.station_ids": values.list_of(_STATION_ID_OF_NUMBER, example='["+49301234567=ACME Sales"]'),
    "receiving.channels": values.number(0, 10_000),
    "receiving.operators": values.mailbox,
    "did.*": values.mailboxes,
    "polling.*.document": values.optional_path,
    "mailer.host": _HOST,
    "mailer.port": values.number(1, 65535),
    "mailer.sender": values.mailbox,
    "mailer.tls": values.choice("none", "starttls", "implicit"),
    "mailer.timeout": values.duration(timedelta(seconds=1), _HOUR),
    "mailer.give_up_after": values.duration(_MINUTE, timedelta(days=30)),
    **PEOPLE_RULES,
    **TRUNK_RULES,
    **SOURCE_RULES,
}

#: What has no default, and what it may look like.
REQUIRED: dict[str, str] = {
    "smtp.domains": '["fax.example.com"]',
    "trunk.*.proxy": '"sip:pbx.example.com"',
    "receiving.operators": '"fax-operators@example.com"',
    "mailer.sender": '"fax@example.com"',
}
