"""The documents of a mail as files, which is how renderers take them."""

from collections.abc import Mapping
from pathlib import Path

from gateway.rendering.attachments import DocumentPart, documents_in
from renderers import SourceDocument


def unpack(message: Path, folder: Path) -> tuple[list[SourceDocument], tuple[str, ...]]:
    """The documents of the raw message, in the order they are faxed, and what was wrong with the message.

    Their files lie in `folder`, under names of ours.
    """
    mail = documents_in(message)
    documents = [_document(part, folder / f"{number:03}") for number, part in enumerate(mail.parts, start=1)]
    return documents, mail.defects


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
