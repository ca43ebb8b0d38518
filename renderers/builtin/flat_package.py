"""Word's and PowerPoint's documents in one XML file, which LibreOffice does not read, as the usual archives.

Nothing is parsed but the names of the parts: what stands in them is copied as it is.

Spec: ECMA-376 part 2 (parts and their types); the file itself: Open Specifications, "Flat OPC".
"""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr, unescape

_PART = re.compile(rb"<pkg:part\b([^<>]{1,2000})>\s*<pkg:(xmlData|binaryData)\b[^<>]{0,200}>")
_NAME = re.compile(rb"""\bpkg:name\s*=\s*["']/?([^"'<>]{1,500})["']""")
_TYPE = re.compile(rb"""\bpkg:contentType\s*=\s*["']([^"'<>]{1,300})["']""")
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def write_archive(source: Path, target: Path) -> None:
    """Writes the document in `source` to `target`, as Word 2007 and later save it.

    Raises:
        ValueError: it has no parts, or they are damaged.
    """
    types = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kind, content in _parts(source.read_bytes()):
            archive.writestr(name, content)
            types.append(f"<Override PartName={quoteattr('/' + name)} ContentType={quoteattr(kind)}/>")
        if not types:
            raise ValueError("a package without parts")
        all_types = f'<Types xmlns="{_TYPES}">{"".join(types)}</Types>'
        archive.writestr("[Content_Types].xml", _HEAD + all_types.encode())


def _parts(data: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Name, type and content of each part."""
    at = 0
    while (start := _PART.search(data, at)) is not None:
        name, kind = _NAME.search(start[1]), _TYPE.search(start[1])
        at = data.find(b"</pkg:%s>" % start[2], start.end())
        if name is None or kind is None or at < 0:
            raise ValueError("a part that is cut off")
        content = data[start.end() : at].strip()
        is_xml = start[2] == b"xmlData"
        yield (
            unescape(name[1].decode()),
            kind[1].decode(),
            _HEAD + content if is_xml else base64.b64decode(content),
        )
