"""What comes in and what goes out: a source document, and the fax pages it became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from renderers.profile import Resolution


@dataclass(frozen=True)
class SourceDocument:
    """One thing a person sent: an attachment, or the body of the mail."""

    name: str  #: as the sender knows it; errors name it
    path: Path  #: where its bytes are; the name of this file means nothing
    media_type: str | None = None  #: as declared; used only where bytes cannot tell (HTML, CSV, charset)
    parts: Mapping[str, Path] = field(default_factory=dict)  #: for HTML: Content-ID -> file
    charset: str | None = None  #: of text; None = as `media_type` says, or told from the bytes


@dataclass(frozen=True)
class FaxPages:
    """A TIFF class F file, ready for the line."""

    path: Path
    page_count: int
    rows: tuple[int, ...]  #: scan lines of each page
    resolution: Resolution  #: of the first page
    resolutions: tuple[Resolution, ...]  #: of each page; received faxes may change it between pages
    widths: tuple[int, ...]  #: dots in a scan line of each page; 1728 in what we draw
    dropped: int = 0  #: blank pages that were left out
