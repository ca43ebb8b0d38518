"""When a document of a mail cannot become pages: each one is tried alone, and what fails is named on a page.

The recipient reads on the last page what is missing; the sender reads it in the answer. The note travels in
the file of pages itself, because all jobs of a mail share it.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from gateway.errors import DocumentRejected
from gateway.model.job import Failure
from renderers import (
    ConverterCrashed,
    ConverterTimedOut,
    FaxPages,
    Profile,
    RenderError,
    SourceDocument,
    TooManyPages,
    read_description,
)

Render = Callable[[Sequence[SourceDocument], Profile, Path], Awaitable[FaxPages]]

#: Documents of a mail that may hang or crash, each for minutes, before nobody tries the others.
_MOST_HUNG = 3
#: Documents that fail in any way before that, and that are named to anybody.
_MOST_FAILED = 50
_NOTES = {
    "en": """\
THIS FAX IS NOT COMPLETE

The sender wanted to send more. This could not be transmitted:

{what}

Please ask the sender for it.
""",
    "de": """\
DIESES FAX IST NICHT VOLLSTÄNDIG

Der Absender wollte mehr senden. Dies konnte nicht übertragen werden:

{what}

Bitte fragen Sie den Absender danach.
""",
    "fr": """\
CETTE TÉLÉCOPIE EST INCOMPLÈTE

L'expéditeur voulait envoyer davantage. Ceci n'a pas pu être transmis :

{what}

Veuillez le demander à l'expéditeur.
""",
}
#: Language -> code of the error -> reason; others than these have the reason "".
_REASONS = {
    "de": {
        "document-empty": "leer",
        "document-protected": "durch ein Kennwort geschützt",
        "document-damaged": "beschädigt",
        "document-unsupported": "Dateityp kann nicht gefaxt werden",
        "document-too-large": "zu groß",
        "too-many-pages": "zu viele Seiten",
        "": "konnte nicht umgewandelt werden",
    },
    "fr": {
        "document-empty": "vide",
        "document-protected": "protégé par un mot de passe",
        "document-damaged": "endommagé",
        "document-unsupported": "ce type de fichier ne peut pas être télécopié",
        "document-too-large": "trop volumineux",
        "too-many-pages": "trop de pages",
        "": "n'a pas pu être converti",
    },
}


class PartlySent(DocumentRejected):
    """Part of the mail could not be faxed."""

    code: ClassVar[str] = "partly-sent"
    remedy: ClassVar[str] = "Send what is missing again as a PDF."

    @classmethod
    def told(cls, failures: Sequence[RenderError]) -> Failure:
        """What the sender reads when the rest was faxed."""
        cause, remedy = in_words(failures)
        return Failure(cls.code, f"{cls.__doc__} {cause}", remedy or cls.remedy)


def all_of(failures: Sequence[RenderError]) -> RenderError:
    """One error that names every document which failed, of the kind of the first."""
    cause, remedy = in_words(failures)
    detail = "; ".join(error.detail for error in failures if error.detail)
    return type(failures[0])(failures[0].document, detail=detail, sentence=cause, remedy=remedy)


def in_words(failures: Sequence[RenderError]) -> tuple[str, str]:
    """Causes and remedies; each remedy names its documents where there are several remedies."""
    whose: dict[str, list[str]] = {}
    named, more = failures[:_MOST_FAILED], len(failures[_MOST_FAILED:])
    for error in named:
        whose.setdefault(error.remedy, []).append(f'"{error.document}"')
    remedies = (f"{', '.join(names)}: {remedy}" for remedy, names in whose.items())
    sentences = [error.sentence for error in named]
    if more:
        sentences.append(f"{more} more could not be faxed.")
    return " ".join(sentences), " ".join(remedies if len(whose) > 1 else whose)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a mail."""

    documents: tuple[SourceDocument, ...]  #: pages already; empty when nothing could be rendered
    failures: tuple[RenderError, ...]  #: one a document


async def each_alone(
    render: Render,
    documents: Sequence[SourceDocument],
    faults: Mapping[int, RenderError],
    profile: Profile,
    folder: Path,
) -> Rest:
    """Every document rendered alone into `folder`, as far as the others left pages and patience."""
    left = profile.page_limit
    rest: list[SourceDocument] = []
    failures: list[RenderError] = []
    for index, document in enumerate(documents):
        try:
            if index in faults:
                raise faults[index]
            if _is_enough(failures):
                raise _untried(document.name)
            if left < 1:
                raise TooManyPages.over(profile.page_limit, document.name)
            out = folder / f"alone-{index:03}.tif"
            pages = await render([document], replace(profile, page_limit=left), out)
        except TooManyPages:
            failures.append(TooManyPages.over(profile.page_limit, document.name))
        except RenderError as error:
            failures.append(error)
        else:
            left -= pages.page_count
            rest.append(SourceDocument(document.name, pages.path, "image/tiff"))
    return Rest(tuple(rest), tuple(failures))


def _is_enough(failures: Sequence[RenderError]) -> bool:
    hung = sum(isinstance(error, ConverterTimedOut | ConverterCrashed) for error in failures)
    return hung >= _MOST_HUNG or len(failures) >= _MOST_FAILED


def _untried(name: str) -> ConverterTimedOut:
    return ConverterTimedOut(
        name,
        sentence=f'The document "{name}" was not tried: too many others of the mail failed.',
        remedy="Send it in a mail of its own.",
    )


def note_page(failures: Sequence[RenderError], path: Path, language: str = "en") -> SourceDocument:
    """The page that tells the recipient, written to `path`; in English where we do not have the language."""
    lines = [f"- {_missing(error, language)}" for error in failures[:_MOST_FAILED]]
    if more := len(failures[_MOST_FAILED:]):
        lines.append(f"- + {more}")
    what = "\n".join(lines)
    path.write_text(_NOTES.get(language, _NOTES["en"]).format(what=what), encoding="utf-8")
    return SourceDocument("note.txt", path, "text/plain; charset=utf-8")


def _missing(error: RenderError, language: str) -> str:
    reasons = _REASONS.get(language)
    if reasons is None:
        return error.sentence
    return f"{error.document}: {reasons.get(error.code, reasons[''])}"


def to_description(failure: Failure) -> str:
    """The failure as text in the file of pages."""
    return json.dumps({"code": failure.code, "reason": failure.reason, "remedy": failure.remedy})


def failure_in(pages: Path) -> Failure | None:
    """What the file of pages says is missing in it; None when it is complete."""
    text = read_description(pages)
    if not text.startswith("{"):
        return None
    facts = json.loads(text)
    return Failure(facts["code"], facts["reason"], facts["remedy"])
