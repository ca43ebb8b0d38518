"""Why a document could not become pages, in words for the person who sent it.

    RenderError
    + DocumentError          this document will never do
    |   + DocumentEmpty  + DocumentProtected  + DocumentDamaged  + DocumentUnsupported
    |   + DocumentTooLarge   + TooManyPages
    + ConverterError         our side failed; another try, or an administrator, may help
        + ConverterTimedOut  + ConverterCrashed  + ConverterMissing

Each error has a stable `code`, a `sentence` that says what happened, a `remedy` that says what to do
next, the `document`'s name, and a `detail` for the operator's log which the sender never sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class RenderError(Exception):
    """The document could not be turned into fax pages."""

    code: ClassVar[str] = "render-error"
    says: ClassVar[str] = "The document{name} could not be turned into fax pages."
    advises: ClassVar[str] = "Print it to a new PDF and send that."

    def __init__(
        self, document: str = "", *, detail: str = "", sentence: str | None = None, remedy: str | None = None
    ) -> None:
        self.document = document
        self.detail = detail
        self.sentence = sentence or self.says.format(name=f' "{document}"' if document else "")
        self.remedy = remedy or self.advises
        super().__init__(f"{self.sentence} {self.remedy}")

    def to_wire(self) -> dict[str, str]:
        """The error as plain strings, to cross from a worker process to its owner."""
        return {
            "code": self.code,
            "document": self.document,
            "sentence": self.sentence,
            "remedy": self.remedy,
            "detail": self.detail,
        }

    @staticmethod
    def from_wire(facts: Mapping[str, str]) -> RenderError:
        """The error that `to_wire` wrote, of the same class."""
        cls = _BY_CODE.get(facts["code"], RenderError)
        return cls(
            facts["document"], detail=facts["detail"], sentence=facts["sentence"], remedy=facts["remedy"]
        )


class DocumentError(RenderError):
    """This document will never become pages as it is."""

    code = "document-error"


class DocumentEmpty(DocumentError):
    """The file has no bytes, or nothing in it to print."""

    code = "document-empty"
    says = "The document{name} is empty."
    advises = "Check the file and send it again."


class DocumentProtected(DocumentError):
    """The file cannot be opened without a password."""

    code = "document-protected"
    says = "The document{name} is protected by a password."
    advises = "Send it again without one."


class DocumentDamaged(DocumentError):
    """The file says it is of a kind we know, but cannot be read."""

    code = "document-damaged"
    says = "The document{name} is damaged and cannot be read."
    advises = "Open it on your computer, save it again, and send the new file."


class DocumentUnsupported(DocumentError):
    """No renderer knows this kind of file."""

    code = "document-unsupported"
    says = "The document{name} is of a kind that cannot be faxed."
    advises = "Send it as PDF, Word, Excel, PowerPoint, OpenDocument, HTML, text, TIFF, PNG or JPEG."


class DocumentTooLarge(DocumentError):
    """Rendering the file would need more memory, disk or pixels than one document may have."""

    code = "document-too-large"
    says = "The document{name} is too large to be turned into fax pages."
    advises = "Send it with smaller pictures, or in several parts."

    @classmethod
    def nested(cls, document: str, detail: str) -> DocumentTooLarge:
        """The error of a document whose elements stand in each other, thousands deep."""
        return cls(
            document,
            detail=detail,
            sentence=f'The document "{document}" is nested too deeply to be turned into fax pages.',
            remedy="Open it on your computer, print it to a PDF, and send that.",
        )


class TooManyPages(DocumentError):
    """The fax would have more pages than the profile allows."""

    code = "too-many-pages"
    says = "The document{name} makes the fax longer than is allowed."
    advises = "Send it in several parts."

    @classmethod
    def over(cls, limit: int, document: str) -> TooManyPages:
        """The error that names the limit, in pages."""
        name = f' "{document}"' if document else ""
        return cls(document, sentence=f"With the document{name} the fax has more than {limit} pages.")


class ConverterError(RenderError):
    """Our side failed; the document may be good."""

    code = "converter-error"
    advises = "Print it to a new PDF and send that. If that fails too, tell your administrator."


class ConverterTimedOut(ConverterError):
    """The document took longer than one document may."""

    code = "converter-timed-out"
    says = "The document{name} took too long to be turned into fax pages."
    advises = "Send it in smaller parts, or print it to a PDF and send that."


class ConverterCrashed(ConverterError):
    """The converter ended without an answer."""

    code = "converter-crashed"
    says = "The document{name} made the converter fail."


class ConverterMissing(ConverterError):
    """A program or library this kind of document needs is not installed."""

    code = "converter-missing"
    says = "The document{name} cannot be converted because a program is missing on the fax server."
    advises = "Tell your administrator, or send it as a PDF."

    @classmethod
    def needs(cls, what: str, package: str, document: str = "") -> ConverterMissing:
        """The error that tells the administrator which Debian packages to install."""
        return cls(document, detail=f"{what} is missing: apt-get install {package}")


def _tree(cls: type[RenderError]) -> dict[str, type[RenderError]]:
    found = {cls.code: cls}
    for child in cls.__subclasses__():
        found |= _tree(child)
    return found


_BY_CODE = _tree(RenderError)
