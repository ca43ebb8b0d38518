"""Calendar entries (.ics) and address cards (.vcf) as pages one can read."""

from __future__ import annotations

import html
from collections.abc import Iterator

from renderers.builtin.card_entries import Entry, entries, labelled
from renderers.builtin.html import html_pages
from renderers.charset import decoded
from renderers.document import SourceDocument
from renderers.errors import DocumentEmpty, DocumentTooLarge
from renderers.media_type import ICS, VCF
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

_MOST_BYTES = 5_000_000
_STYLE = (
    "<style>body{font:11pt 'Liberation Sans',sans-serif} table{border-collapse:collapse;width:100%;"
    "margin-bottom:8mm} td{padding:1.5mm 3mm;border-bottom:1px solid #000;vertical-align:top;"
    "white-space:pre-wrap} td:first-child{width:28mm;font-weight:bold}</style>"
)


class CardRenderer:
    """Calendars and cards: a table for each entry."""

    name = "card"

    def score(self, document: SourceDocument) -> int:
        """Accepts calendars and cards."""
        return BUILTIN if document.media_type in (ICS, VCF) else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """What the entries say, without what only programs read."""
        if document.path.stat().st_size > _MOST_BYTES:
            raise DocumentTooLarge(document.name)
        found = entries(decoded(document.path.read_bytes(), document.charset))
        if not found:
            raise DocumentEmpty(document.name)
        page = "<!doctype html><meta charset=utf-8>" + _STYLE + "".join(map(_table, found))
        return html_pages(page.encode(), document, workshop)


def _table(entry: Entry) -> str:
    rows = [f"<tr><td>{label}<td>{html.escape(value)}" for label, value in labelled(entry)]
    return f"<table>{''.join(rows)}</table>"
