"""Parts that hold others: winmail.dat, saved mails (.msg, .eml), what S/MIME signed, uuencode and archives.

They are opened where they stand, so what is in them goes the way of everything else in a mail. What a file is
is told from its bytes; depth, number and size are bounded for the mail as a whole.
"""

import io
import re
import zipfile
from codecs import BOM_UTF8
from dataclasses import dataclass, field

from gateway.config.schema import RenderingSection
from gateway.rendering import archive, msg, smime, tnef, uuencode
from gateway.rendering.mime import Part, parse
from gateway.rendering.saved_mail import head, mark
from renderers import DocumentDamaged, DocumentError, DocumentTooLarge, compound_file, is_document

MAX_DEPTH = 5
MAX_OPENED = 100
_HEAD = 4096
_ZIP = b"PK\x03\x04"
_SIGNATURES = {
    tnef.SIGNATURE: "winmail.dat",
    b"-----BEGIN PGP MESSAGE-----": "encrypted.asc",  # RFC 9580 6.2: for a key, not for a reader
}
#: Two header lines that only mails have, before anything else.
_MAIL = re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}")
_MAIL_HEADER = re.compile(rb"^(?:received|from|date|message-id|mime-version|return-path|to):", re.I | re.M)
#: Office programs and wikis save web pages with their pictures like a mail, under names of office documents.
_WEB_PAGE = re.compile(rb"^content-type:[ \t]*multipart/related\b", re.I | re.M)
_OFFICE_NAMES = (".doc", ".xls", ".ppt", ".htm", ".html")


@dataclass(slots=True)
class Opener:
    """Opens the containers of one mail."""

    defects: list[str]
    budget: archive.Budget
    archives: bool = True  #: whether they are opened, too
    notes: list[str] = field(default_factory=list)
    _opened: int = 0

    def open_in(self, part: Part, depth: int = 0) -> None:
        """Each container below the part has become a multipart of what is in it, or has its fault."""
        if part.media_type == "message/rfc822" and part.parts:
            head(part.parts[0])
        if part.parts:
            for child in part.parts:
                self.open_in(child, depth)
        elif part.fault is None and (kind := self._kind(part)):
            self._open(part, kind, depth)

    def _open(self, part: Part, kind: str, depth: int) -> None:
        name = part.filename or kind
        if depth >= MAX_DEPTH or self._opened >= MAX_OPENED:
            part.fault = DocumentTooLarge(
                name,
                sentence=f'The document "{name}" has too many documents in documents.',
                remedy="Attach the document that shall be faxed by itself.",
            )
            return
        self._opened += 1
        try:
            inner = self._inside(part, kind, name)
        except DocumentError as error:
            part.fault = error
            return
        except ValueError as error:
            part.fault = DocumentDamaged(name, detail=str(error))
            return
        if inner is None:
            part.media_type = "application/pkcs7-signature"
            return
        part.media_type, part.parts, part.origin = "multipart/mixed", [inner], kind
        # The whole mail may be a container: what it says about itself is still true.
        part.headers = {name: said for name, said in part.headers.items() if not name.startswith("content-")}
        if kind == "winmail.dat":
            part.heading += inner.facts
        if part.heading:
            mark(inner, part.heading)
        if kind in ("mail.msg", "mail.eml"):
            head(inner)
        for child in inner.parts if kind in ("winmail.dat", "mail.msg") else ():
            child.origin = kind
        self.notes.append(f"opened {name}")
        self.open_in(inner, depth + 1)

    def _inside(self, part: Part, kind: str, name: str) -> Part | None:
        if kind == "uuencoded":
            return uuencode.part_of(part, self.defects)
        content = part.content(self.defects)
        if kind == "winmail.dat":
            return tnef.part_of(content, self.defects)
        if kind == "mail.msg":
            return msg.part_of(content, self.defects)
        if kind in ("mail.eml", "page.mht"):
            return parse(content, self.defects)
        if kind == "smime.p7m":
            return smime.part_of(content, name, self.defects)
        if kind == "encrypted.asc":
            raise smime.encrypted(name, "PGP")
        return archive.part_of(content, name, self.budget)

    def _kind(self, part: Part) -> str:
        """Which container an attachment is; "" for none."""
        if part.media_type in ("text/html", "text/plain") and not part.filename:
            has_files = part.media_type == "text/plain" and uuencode.is_in(part, self.defects)
            return "uuencoded" if has_files else ""
        beginning = part.beginning(_HEAD, self.defects)
        for signature, kind in _SIGNATURES.items():
            if beginning.startswith(signature):
                return kind
        if beginning.startswith(compound_file.SIGNATURE) and msg.is_msg(part.content(self.defects)):
            return "mail.msg"
        if beginning.startswith(_ZIP) and _is_archive(part.content(self.defects)):
            return "archive.zip" if self.archives else ""
        if smime.is_wrapped(beginning, part):
            return "smime.p7m"
        return _kind_of_mail(beginning, part)


def opener(section: RenderingSection, defects: list[str]) -> Opener:
    """An opener with the limits of the configuration."""
    return Opener(defects, archive.Budget(section.archive_files, section.archive_size))


def opener_of_mails(defects: list[str]) -> Opener:
    """An opener that leaves archives as they are."""
    return Opener(defects, archive.Budget(0, 0), archives=False)


def _is_archive(content: bytes) -> bool:
    """A zip that is no office document; a damaged or endless one is an archive to be complained about."""
    if archive.has_too_many(content):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as found:
            names = found.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return True
    return not is_document(names)


def _kind_of_mail(head: bytes, part: Part) -> str:
    """A mail or web page saved as a file: by its name, and in any case by its headers; "" for neither."""
    name = part.filename.lower()
    lines = _MAIL.match(head.removeprefix(BOM_UTF8))
    if lines is None or not _MAIL_HEADER.search(lines[0]):
        return ""
    if name.endswith((".eml", ".mht", ".mhtml")):
        return "mail.eml"
    return "page.mht" if name.endswith(_OFFICE_NAMES) and _WEB_PAGE.search(lines[0]) else ""
