"""HTML mail bodies and files, laid out by WeasyPrint.

Nothing is fetched, ever: no pixel tells who read a mail.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

from renderers.builtin.pdf import pdf_pages
from renderers.document import SourceDocument
from renderers.errors import DocumentTooLarge
from renderers.media_type import HTML
from renderers.profile import Paper
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.ERROR)

#: Mail is written for screens without margins; 8 mm is what fax machines may not reach.
_STYLE = """
@page { size: %s; margin: 8mm }
html { font-family: "Liberation Sans", "DejaVu Sans", sans-serif }
img { max-width: 100%% }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
"""


class PartsOnly(URLFetcher):  # type: ignore[misc]
    """Gives out the mail's own parts by `cid:` and what `data:` links carry. Everything else is refused."""

    def __init__(self, parts: Mapping[str, Path]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._parts = parts

    def fetch(self, url: str, headers: Any = None) -> Any:
        """The part or the data behind the link.

        Raises:
            ValueError: the link leads anywhere else; WeasyPrint then leaves the picture out.
        """
        scheme, _, rest = url.partition(":")
        if scheme.lower() == "data":
            return super().fetch(url, headers)
        part = self._parts.get(unquote(rest).strip("<>")) if scheme.lower() == "cid" else None
        if part is None:
            raise ValueError("remote content is never fetched")
        return URLFetcherResponse(url, part.read_bytes())


class HtmlRenderer:
    """HTML and XHTML, with the pictures that came along in the same mail."""

    name = "html"

    def score(self, document: SourceDocument) -> int:
        """Accepts HTML."""
        return BUILTIN if document.media_type == HTML else NOT_MINE

    def pages(self, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
        """The pages a printer would get."""
        return html_pages(document.path.read_bytes(), document, workshop)


def html_pages(source: bytes, document: SourceDocument, workshop: Workshop) -> Iterator[RasterPage]:
    """The pages of HTML given as bytes; its declared charset is `document.media_type`'s, else its own."""
    target = workshop.folder / "html.pdf"
    try:
        layout = weasyprint.HTML(
            file_obj=io.BytesIO(source),
            encoding=document.charset or _charset(source),
            base_url="about:blank",
            url_fetcher=PartsOnly(document.parts),
        )
        layout.write_pdf(target, stylesheets=[_style(workshop.profile.paper)], presentational_hints=True)
    except RecursionError as error:
        raise DocumentTooLarge(document.name, detail="nested too deeply") from error
    return pdf_pages(target, document.name, workshop.profile)


def _charset(source: bytes) -> str | None:
    """UTF-8 when the bytes can be nothing else, whatever a mail program wrote into them; else None."""
    try:
        source.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _style(paper: Paper) -> Any:
    name = {Paper.A4: "A4", Paper.LETTER: "letter", Paper.LEGAL: "legal"}[paper]
    return weasyprint.CSS(string=_STYLE % name, url_fetcher=PartsOnly({}))
