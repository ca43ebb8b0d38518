"""Files in a .zip, as attachments. Nothing is unpacked that is not bounded first.

What an archive says of its sizes may lie, so unpacking itself counts; names are only names.

Spec: APPNOTE.TXT 6.3 (PKWARE), 4.4.4 (the flag of encryption).
"""

import io
import lzma
import mimetypes
import zipfile
import zlib
from dataclasses import dataclass

from gateway.rendering.mime import Part, made_part
from renderers import DocumentDamaged, DocumentProtected, DocumentTooLarge, DocumentUnsupported

_ENCRYPTED = 0x1
_ENTRY = b"PK\x01\x02"  # each of them begins so in the list at the end (4.3.12)
_MOST_LISTED = 20_000  # entries of an archive that is looked at at all
_CHUNK = 1 << 20
#: What other systems leave in archives; nobody means to send it.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(slots=True)
class Budget:
    """What all archives of one mail may still unpack to."""

    files: int
    size: int  #: bytes


def part_of(data: bytes, name: str, budget: Budget) -> Part:
    """The files of the archive in its order, as a multipart/mixed; uses up the budget.

    Raises:
        DocumentUnsupported: archives are switched off.
        DocumentTooLarge, DocumentProtected, DocumentDamaged: what is wrong with it, in words.
    """
    if budget.files == 0:
        raise DocumentUnsupported(
            name,
            sentence=f'The document "{name}" is an archive, and archives are not faxed here.',
            remedy="Attach the files in it instead.",
        )
    if has_too_many(data):
        raise _too_many(name, "so many that they were not counted")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [entry for entry in archive.infolist() if _is_wanted(entry)]
            _check(files, name, budget)
            parts = [_file(archive, entry, name, budget) for entry in files]
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise DocumentDamaged(name, detail=str(error)) from error
    except NotImplementedError as error:
        raise DocumentUnsupported(name, detail=str(error)) from error
    return Part({}, memoryview(b""), "multipart/mixed", parts)


def has_too_many(data: bytes) -> bool:
    """Whether an archive lists more files than anybody looks at: to read the list may take minutes."""
    return data.count(_ENTRY) > _MOST_LISTED


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and not any(litter in entry.filename for litter in _LITTER)


def _check(files: list[zipfile.ZipInfo], name: str, budget: Budget) -> None:
    if len(files) > budget.files:
        raise _too_many(name, f"{len(files)} files in archives, {budget.files} are left")
    if any(entry.flag_bits & _ENCRYPTED for entry in files):
        raise DocumentProtected(name)
    if sum(entry.file_size for entry in files) > budget.size:
        raise _too_large(name)
    budget.files -= len(files)


def _file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: Budget) -> Part:
    content = bytearray()
    with archive.open(entry) as file:
        while chunk := file.read(min(_CHUNK, budget.size + 1)):
            content += chunk
            budget.size -= len(chunk)
            if budget.size < 0:
                raise _too_large(name)
    media_type = mimetypes.guess_type(entry.filename)[0] or "application/octet-stream"
    return made_part(bytes(content), media_type, name=entry.filename)


def _too_many(name: str, detail: str) -> DocumentTooLarge:
    return DocumentTooLarge(
        name,
        detail=detail,
        sentence=f'The archive "{name}" has too many files.',
        remedy="Attach the files that shall be faxed, without an archive.",
    )


def _too_large(name: str) -> DocumentTooLarge:
    return DocumentTooLarge(name, sentence=f'The archive "{name}" unpacks to more than may be faxed at once.')
