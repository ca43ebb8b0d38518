"""What Outlook knows of a mail, as the MIME parts that other programs would have made of it.

winmail.dat (tnef.py) and .msg files (msg.py) carry the same properties in different wrappings.

Spec: [MS-OXPROPS] (the properties), [MS-OXCMSG] 2.2.2 (attachments).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath

from gateway.rendering import rtf, rtf_html
from gateway.rendering.mime import Part, made_part
from gateway.rendering.outlook_codecs import codec_of
from gateway.rendering.outlook_items import is_mail, lines_of
from gateway.rendering.outlook_properties import TEXT8, TEXT16, Properties, person
from gateway.rendering.saved_mail import head
from renderers import decoded

#: Property ids.
SUBJECT, BODY, RTF_COMPRESSED, HTML, CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_SENDER_NAME, _SENDER_MAIL, _SENDER_ADDRESS, _DISPLAY_NAME = 0x0C1A, 0x5D01, 0x0C1F, 0x3001
_SENT, _TO, _CC = 0x0039, 0x0E04, 0x0E03
DATA, _SHORT_NAME, METHOD, _LONG_NAME, _MEDIA_TYPE, _CONTENT_ID = (
    0x3701,
    0x3704,
    0x3705,
    0x3707,
    0x370E,
    0x3712,
)
EMBEDDED_MESSAGE = 5  #: of METHOD


@dataclass(slots=True)
class OutlookAttachment:
    """One attachment, or a mail that is one."""

    properties: Properties
    content: bytes = b""
    message: Part | None = None


def message_part(mail: Properties, attachments: Sequence[OutlookAttachment], defects: list[str]) -> Part:
    """The mail as a multipart/mixed: its text in every form it has, then its attachments."""
    texts, facts = _text_parts(mail, defects), lines_of(mail)
    if facts and not texts:
        texts, facts = [made_part("\n".join(facts).encode("utf-8", "replace"), "text/plain")], []
    files = [_attachment_part(one, number) for number, one in enumerate(attachments, start=1)]
    headers = {name: [value] for name, value in _headers(mail).items() if value}
    return Part(headers, memoryview(b""), "multipart/mixed", [*texts, *files], facts=facts)


def _headers(mail: Properties) -> Mapping[str, str]:
    if not is_mail(mail):
        return {"subject": mail.text(SUBJECT)}
    return {
        "subject": mail.text(SUBJECT),
        "from": person(mail, _SENDER_NAME, _SENDER_MAIL, _SENDER_ADDRESS),
        "to": mail.text(_TO),
        "cc": mail.text(_CC),
        "date": mail.moment(_SENT),
    }


def _text_parts(mail: Properties, defects: list[str]) -> list[Part]:
    """The HTML, else that in the RTF, else the RTF unless it was plain text, else the plain text."""
    kind, html = mail.values.get(HTML, (0, b""))
    if html and kind in (TEXT8, TEXT16):
        return [made_part(mail.text(HTML).encode("utf-8", "replace"), "text/html")]
    if html:
        codec = codec_of(mail.number(CODEPAGE)) if mail.number(CODEPAGE) else mail.codec
        return [made_part(decoded(html, codec).encode("utf-8", "replace"), "text/html")]
    if packed := mail.bytes(RTF_COMPRESSED):
        try:
            plain = rtf.decompressed(packed)
            hidden = rtf_html.html_in(plain)
            if hidden is not None:
                return [made_part(hidden.encode("utf-8", "replace"), "text/html")]
            if not (rtf.was_text(plain) and mail.text(BODY).strip()):
                return [made_part(plain, "application/rtf")]
        except ValueError as error:
            defects.append(f"an Outlook mail has {error}")
    text = mail.text(BODY)
    return [made_part(text.encode("utf-8", "replace"), "text/plain")] if text.strip() else []


def _attachment_part(attachment: OutlookAttachment, number: int) -> Part:
    facts = attachment.properties
    named = facts.text(_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME)
    if attachment.message is not None:
        head(attachment.message)
        return attachment.message
    name = PureWindowsPath(named.strip()).name or f"attachment-{number}"
    media_type = facts.text(_MEDIA_TYPE).strip().lower()
    if "/" not in media_type or not media_type.isascii() or not media_type.isprintable():
        media_type = "application/octet-stream"
    return made_part(
        attachment.content, media_type, name=name, content_id=facts.text(_CONTENT_ID).strip().strip("<>")
    )
