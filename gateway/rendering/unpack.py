"""The documents of a mail as files, which is how renderers take them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config.schema import RenderingSection
from gateway.rendering.attachments import documents_in
from gateway.rendering.mail_documents import DocumentPart
from renderers import RenderError, SourceDocument


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A mail taken apart into files."""

    documents: tuple[SourceDocument, ...]  #: in the order they are faxed
    faults: Mapping[int, RenderError]  #: what is known to be wrong already, by index of the document
    defects: tuple[str, ...]  #: what was wrong with the message, for the operator
    notes: tuple[str, ...]  #: what was decided about it, for the job's trace
    language: str = ""  #: of the text, as the mail says it


def unpack(
    message: Path, folder: Path, section: RenderingSection, codes: Collection[str] = (), without: str = ""
) -> Unpacked:
    """The documents of the raw message but the one called `without`; no commands in the dialects of `codes`.

    Their files lie in `folder`, under names of ours.
    """
    mail = documents_in(message, section, codes, without)
    documents = tuple(
        _document(part, folder / f"{number:03}") for number, part in enumerate(mail.parts, start=1)
    )
    faults = {index: part.fault for index, part in enumerate(mail.parts) if part.fault is not None}
    return Unpacked(documents, faults, mail.defects, mail.notes, mail.facts.language)


def _document(part: DocumentPart, path: Path) -> SourceDocument:
    path.write_bytes(part.content)
    return SourceDocument(part.name, path, part.media_type, _related(part, path))


def _related(part: DocumentPart, path: Path) -> Mapping[str, Path]:
    files = {}
    for number, (content_id, (_, content)) in enumerate(part.related.items(), start=1):
        file = path.with_name(f"{path.name}-{number:03}")
        file.write_bytes(content)
        files[content_id] = file
    return files
