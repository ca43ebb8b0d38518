"""Which texts and attachments of a mail get pages: what readers of a fax want, as the settings say."""

from dataclasses import replace

from gateway.config.schema import RenderingSection
from gateway.rendering import hygiene
from gateway.rendering.mail_documents import DocumentPart
from gateway.rendering.mime import Part
from gateway.rendering.texts import RTF, SHOWS
from gateway.rendering.visible import words_of


def says_nothing(bodies: list[DocumentPart], section: RenderingSection) -> bool:
    """Whether no text that gets pages says anything."""
    return section.mail_text == "never" or all(hygiene.is_small_talk(_words(body)) for body in bodies)


def wanted_attachments(
    made: list[tuple[Part, DocumentPart]],
    used: set[str],
    section: RenderingSection,
    notes: list[str],
    *,
    is_alone: bool,
) -> list[DocumentPart]:
    """The attachments that get pages: not what the HTML shows, nor what mail programs add.

    `is_alone`: no text says anything, so that what looks like a logo may be what shall be faxed.
    """
    left = [
        (part, document)
        for part, document in made
        if part.content_id not in used or (part.disposition == "attachment" and not part.origin)
    ]
    if section.signature_pictures:
        return [document for _, document in left]
    pictures = [
        (document.name, document.content, bool(part.content_id) or not part.filename)
        for part, document in left
    ]
    needless = hygiene.needless_pictures(pictures)
    if is_alone and len(needless) == len(left):
        needless = hygiene.needless_pictures(pictures, logos=False)
    notes.extend(needless.values())
    return [document for index, (_, document) in enumerate(left) if index not in needless]


def wanted_texts(
    attachments: list[DocumentPart], bodies: list[DocumentPart], section: RenderingSection, notes: list[str]
) -> list[DocumentPart]:
    """The texts that get pages, which may depend on there being attachments."""
    if section.mail_text == "never" or (section.mail_text == "alone" and attachments):
        if bodies:
            notes.append("left out the text of the mail, as mail_text says")
        return []
    kept = [body for body in bodies if not (attachments and hygiene.is_small_talk(_words(body)))]
    if len(kept) < len(bodies):
        notes.append("left out a text that only names the device it was written on")
    return kept


def tidied(body: DocumentPart, subject: str, section: RenderingSection, notes: list[str]) -> DocumentPart:
    """The text of a mail without history and disclaimers, as far as the settings want them cut."""
    if body.media_type == RTF:
        return body
    text = before = body.content.decode("utf-8", "replace")
    is_html = body.media_type.startswith("text/html")
    if section.quoted_mail == "cut":
        text = (hygiene.html_without_history if is_html else hygiene.without_history)(text, subject)
        if text != before:
            notes.append("cut the mails that are quoted below the text")
    beginnings = section.disclaimers
    shorter = (hygiene.html_without_disclaimer if is_html else hygiene.without_disclaimer)(text, beginnings)
    if shorter != text:
        notes.append("cut the disclaimer below the text")
    return body if shorter == before else replace(body, content=shorter.encode("utf-8", "replace"))


def _words(body: DocumentPart) -> str:
    text = body.content.decode("utf-8", "replace")
    if body.media_type.startswith("text/html"):
        return "" if SHOWS.search(text) else words_of(text)
    return "" if body.media_type == RTF else text
