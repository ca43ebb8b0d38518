"""What to fax of a mail: the documents in it, in order, and the facts a header line or cover tells.

The body comes first, then the attachments as they stand; mails and archives among them are opened. Of
alternatives the HTML is taken. Left out is what no reader of a fax wants: signatures, reports, and pictures
the HTML shows anyway.

A mail that is broken never raises: what can be read is returned, and what was wrong is in `defects`.
"""

import mimetypes
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from gateway.config.schema import RenderingSection
from gateway.model.body_codes import read_codes
from gateway.rendering import invitations, locations, rtf
from gateway.rendering.containers import opener
from gateway.rendering.facts import facts_in
from gateway.rendering.mail_documents import DocumentPart, MailDocuments, Related
from gateway.rendering.mime import Part, parse
from gateway.rendering.one_text import joined, letters_in
from gateway.rendering.saved_mail import heading_of, with_heading
from gateway.rendering.texts import BODY_TYPES, RTF, is_body, is_empty, text_of
from gateway.rendering.wanted import says_nothing, tidied, wanted_attachments, wanted_texts
from renderers import decoded
from renderers.entities import unescaped

#: Parts that are about the mail, not in it.
_LEFT_OUT = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-encrypted",
        "application/applefile",
        "text/x-amp-html",
        "text/rfc822-headers",
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    }
)
#: Left out as one way to say what the mail says anyway; a file that someone attached is faxed.
_BESIDE_THE_TEXT = invitations.CALENDARS | {"text/vcard", "text/x-vcard", "text/directory"}
_SAYS_THE_SAME = "left out {}: it says what the text says"
#: What Exchange calls the text between two attachments of other mail programs.
_STRAY = re.compile(r"ATT\d{5}\.(?:txt|html?)", re.IGNORECASE)
_CID = re.compile(r"""cid:([^"'\s)>]+)""", re.IGNORECASE)
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\ud800-\udfff"*:<>?|]')
_MAX_NAME = 120  # characters
_DEFAULTS = RenderingSection()


def documents_in(
    message: bytes | Path,
    section: RenderingSection = _DEFAULTS,
    codes: Collection[str] = (),
    without: str = "",
) -> MailDocuments:
    """What to fax of a raw RFC 5322 message. Raises only what reading the file raises.

    `codes` are the dialects whose commands are taken out of the text (`gateway.model.body_codes`);
    the attachment `without` is left out: it was no document.
    """
    raw = message.read_bytes() if isinstance(message, Path) else message
    defects: list[str] = []
    root = parse(raw, defects)
    containers = opener(section, defects)
    containers.open_in(root)
    invitations.tell(root, defects)
    notes = containers.notes
    chosen = _without_twins(list(_chosen(root, defects, notes)), defects, notes)
    locations.give_ids(chosen)
    shown, ids = _pictures(chosen, defects), locations.by_location(chosen)
    facts = facts_in(root)
    texts = [part for part in chosen if is_body(part)]
    letters = letters_in(root)
    made_of = ((part, _body(part, shown, ids, codes, defects)) for part in texts)
    bodies = [replace(body, letter=letters[id(part)]) for part, body in made_of if body]
    if texts and not bodies:
        notes.append("left out an empty text")
    used = {content_id for body in bodies for content_id in body.related}
    bodies = [tidied(body, facts.subject, section, notes) for body in bodies]
    parts = [part for part in chosen if not is_body(part)]
    if any(part.header("content-location") for part in texts):
        parts = list(locations.without_unseen(parts, used, notes))
    made = [(part, _attachment(part, number, defects)) for number, part in enumerate(parts, start=1)]
    made = [(part, document) for part, document in made if not without or part.filename != without]
    attachments = wanted_attachments(made, used, section, notes, is_alone=says_nothing(bodies, section))
    bodies = wanted_texts(attachments, bodies, section, notes)
    documents = (*joined(bodies), *attachments)
    if not documents:
        documents = tuple(_beside(root, _BESIDE_THE_TEXT, defects, notes))
    elif not bodies and section.mail_text == "first" and not any(map(invitations.is_calendar, parts)):
        documents = (*_beside(root, invitations.CALENDARS, defects, notes), *documents)
    return MailDocuments(documents, facts, tuple(dict.fromkeys(defects)), tuple(notes))


def _beside(
    root: Part, media_types: Collection[str], defects: list[str], notes: list[str]
) -> Iterator[DocumentPart]:
    """The calendars and cards that usually say what the text says, of a mail whose text says nothing."""
    parts = [part for part in root.leaves() if part.media_type in media_types and part.content(defects)]
    for number, part in enumerate(parts, start=1):
        if (note := _SAYS_THE_SAME.format(part.media_type)) in notes:
            notes.remove(note)
        yield _attachment(part, number, defects)


def _without_twins(parts: list[Part], defects: list[str], notes: list[str]) -> list[Part]:
    """One text of the two that say the same: the HTML in winmail.dat, else the mail's own."""
    texts = [part for part in parts if is_body(part) and not is_empty(part, text_of(part, defects))]
    own = [part for part in texts if part.origin != "winmail.dat"]
    packed = [part for part in texts if part.origin == "winmail.dat"]
    if not own or not packed:
        return parts
    keeps_packed = packed[0].media_type == "text/html" and own[0].media_type != "text/html"
    twin = own[0] if keeps_packed else packed[0]
    notes.append(f"left out the text {'beside' if keeps_packed else 'in'} winmail.dat: the mail has it twice")
    return [part for part in parts if part is not twin]


def _chosen(part: Part, defects: list[str], notes: list[str]) -> Iterator[Part]:
    """The leaves that are faxed: one of each alternatives, no signatures."""
    if part.media_type in _LEFT_OUT:
        notes.append(
            f"left out {safe_name(part.filename) or part.media_type}: it is about the mail, not in it"
        )
        return
    if not part.parts:
        is_attached = part.disposition == "attachment" or part.filename
        if part.media_type.startswith("multipart/"):
            return
        if _STRAY.fullmatch(part.filename) and is_empty(part, text_of(part, defects)):
            notes.append(f"left out {part.filename}: it is empty, and nobody attached it")
            return
        if part.media_type in _BESIDE_THE_TEXT and not is_attached:
            notes.append(_SAYS_THE_SAME.format(part.media_type))
            return
        yield part
    elif part.media_type == "multipart/alternative":
        best = _best(part.parts, defects)
        for child in part.parts:
            if child is best or _is_file(child):
                yield from _chosen(child, defects, notes)
    elif part.media_type == "multipart/signed":
        notes.extend("left out the signature of the mail" for _ in part.parts[1:2])
        yield from _chosen(part.parts[0], defects, notes)
    else:
        for child in part.parts:
            yield from _chosen(child, defects, notes)


def _is_file(alternative: Part) -> bool:
    """Whether it is no other way to say the same, though its sender put it there."""
    is_other_kind = alternative.media_type not in (*BODY_TYPES, *_BESIDE_THE_TEXT, *_LEFT_OUT)
    is_text = alternative.media_type in BODY_TYPES and alternative.disposition == "attachment"
    return not alternative.parts and (is_text or (is_other_kind and bool(alternative.filename)))


def _best(alternatives: list[Part], defects: list[str]) -> Part:
    """HTML that shows something, else text that does, else the last alternative we can show at all."""
    for media_type in BODY_TYPES:
        for part in reversed(alternatives):
            for leaf in _bodies(part):
                if leaf.media_type == media_type and not is_empty(leaf, text_of(leaf, defects)):
                    return part
    shown = (part for part in reversed(alternatives) if part.media_type not in _LEFT_OUT | _BESIDE_THE_TEXT)
    return next(shown, alternatives[-1])


def _bodies(part: Part) -> Iterator[Part]:
    """The leaves of a part that are text of the mail."""
    return (leaf for leaf in part.leaves() if is_body(leaf))


def _body(
    part: Part, shown: Related, ids: dict[str, str], codes: Collection[str], defects: list[str]
) -> DocumentPart | None:
    """The text as UTF-8 with the pictures it shows, or None when it says nothing."""
    _, text = read_codes(text_of(part, defects), codes, is_html=part.media_type == "text/html")
    if is_empty(part, text):
        return None
    if part.media_type == RTF:
        content, lines = part.content(defects), heading_of(part)
        return DocumentPart("mail.rtf", rtf.with_lines(content, lines) if lines else content, RTF)
    is_html = part.media_type == "text/html"
    text = with_heading(text, part, is_html=is_html)
    if is_html:
        text = locations.with_ids(text, part.header("content-location"), ids)
    content_ids = {unquote(unescaped(cid)) for cid in set(_CID.findall(text))} if is_html else set()
    related = {cid: shown[cid] for cid in sorted(content_ids) if cid in shown}
    return DocumentPart(
        name="mail.html" if is_html else "mail.txt",
        content=text.encode("utf-8", "replace"),
        media_type=f"{part.media_type}; charset=utf-8",
        related=related,
    )


def _pictures(parts: list[Part], defects: list[str]) -> Related:
    """Whatever has a Content-ID: mail programs put what HTML shows in any multipart."""
    return {
        part.content_id: (part.media_type, part.content(defects))
        for part in parts
        if part.content_id and not is_body(part)
    }


def _attachment(part: Part, number: int, defects: list[str]) -> DocumentPart:
    media_type, content = part.media_type, part.content(defects)
    charset = part.parameter("content-type", "charset")
    if media_type == "text/plain" and charset:
        content = decoded(content, charset).encode("utf-8", "replace")
        media_type = "text/plain; charset=utf-8"
    fallback = f"attachment-{number}{mimetypes.guess_extension(part.media_type) or ''}"
    return DocumentPart(safe_name(part.filename) or fallback, content, media_type, fault=part.fault)


def safe_name(name: str) -> str:
    """The last component of a name a stranger gave, without what file systems or readers trip over."""
    name = _UNSAFE.sub("", name.replace("\\", "/")).rpartition("/")[2].strip(" .")
    if len(name) > _MAX_NAME:
        stem, dot, ending = name.rpartition(".")
        keeps = dot and len(ending) <= 10
        name = f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}" if keeps else name[:_MAX_NAME]
    return name
