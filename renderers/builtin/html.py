"""HTML mail bodies and files, laid out by WeasyPrint.

Nothing is fetched, ever: no pixel tells who read a mail.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import weasyprint
from weasyprint.formatting_structure.boxes import ReplacedBox, TextBox
from weasyprint.urls import URLFetcher, URLFetcherResponse

from renderers.builtin.pdf import pdf_pages
from renderers.charset import utf_16_in
from renderers.document import SourceDocument
from renderers.errors import DocumentTooLarge, DocumentUnsupported
from renderers.media_type import HTML
from renderers.profile import Paper
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.ERROR)

#: Mail is written for screens without margins; 8 mm is what fax machines may not reach.
_STYLE = """
@page { size: %dmm %dmm; margin: 8mm }
html { font-family: "Liberation Sans", "DejaVu Sans", sans-serif }
* { page: auto !important }
iframe, frame, embed { display: none }
img, div, section, article, p, pre, table { max-width: 100%% !important }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
"""

#: Width and height in mm.
_SIZES = {Paper.A4: (210, 297), Paper.LETTER: (216, 279), Paper.LEGAL: (216, 356)}
#: What is wider still is cut off: nobody could read it.
_MOST_SHRUNK = 3.0
#: Word's mails name their own paper.
_PAGE_RULE = re.compile(rb"@page\b[^{}]{0,200}\{[^{}]{0,5000}\}", re.IGNORECASE)
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")
#: Elements that have no end, or need none.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd td th tr thead tbody tfoot option optgroup body html head o:p".split()
)
_DEEPEST = 2_000
_FRAME, _SCRIPT = re.compile(rb"<i?frame\b", re.IGNORECASE), re.compile(rb"<script\b", re.IGNORECASE)


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
    _refuse_nest(source, document.name)
    target = workshop.folder / "html.pdf"
    try:
        pages = _laid_out(source, document, workshop.profile.paper)
        _refuse_hollow(pages, source, document.name)
        pages.write_pdf(target)
    except RecursionError as error:
        raise DocumentTooLarge(document.name, detail="nested too deeply") from error
    return pdf_pages(target, document.name, workshop.profile)


def _refuse_nest(source: bytes, name: str) -> None:
    """Returns when the elements are not nested so deeply that reading them alone takes minutes.

    Raises:
        DocumentTooLarge
    """
    depth = 0
    for tag in _TAG.finditer(source):
        if tag[2].lower() not in _FLAT:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > _DEEPEST:
            raise DocumentTooLarge(name, detail=f"elements nested {_DEEPEST} deep")


def _refuse_hollow(pages: Any, source: bytes, name: str) -> None:
    """Returns when there are words or pictures, or nothing that says where they are.

    Raises:
        DocumentUnsupported: all that the page shows is in other files, or made by its scripts.
    """
    if any(_is_seen(box) for page in pages.pages for box in page._page_box.descendants()):
        return
    if _FRAME.search(source):
        sentence = f'The document "{name}" shows other files in frames, and these are not in it.'
    elif _SCRIPT.search(source):
        sentence = f'The document "{name}" shows nothing without its scripts, and none are run here.'
    else:
        return
    raise DocumentUnsupported(
        name, sentence=sentence, remedy="Open it in a browser, print it to a PDF, and send that."
    )


def _is_seen(box: Any) -> bool:
    return isinstance(box, ReplacedBox) or (isinstance(box, TextBox) and not box.text.isspace())


def _charset(source: bytes) -> str | None:
    """UTF-8 or UTF-16 when the bytes can be nothing else, whatever a program wrote into them; else None."""
    if (name := utf_16_in(source)) is not None:
        return name
    try:
        source.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _laid_out(source: bytes, document: SourceDocument, paper: Paper) -> Any:
    """The document on pages; on larger ones, which are made smaller then, when it is wider than the paper."""
    width, height = _SIZES[paper]
    pages = _on_pages(source, document, width, height)
    widest = max((_right_edge(page) / page.width for page in pages.pages), default=1.0)
    if widest <= 1.0:
        return pages
    scale = min(widest, _MOST_SHRUNK)
    return _on_pages(_PAGE_RULE.sub(b"", source), document, round(width * scale), round(height * scale))


def _on_pages(source: bytes, document: SourceDocument, width: int, height: int) -> Any:
    layout = weasyprint.HTML(
        file_obj=io.BytesIO(source),
        encoding=document.charset or _charset(source),
        base_url="about:blank",
        url_fetcher=PartsOnly(document.parts),
    )
    style = weasyprint.CSS(string=_STYLE % (width, height), url_fetcher=PartsOnly({}))
    return layout.render(stylesheets=[style], presentational_hints=True)


def _right_edge(page: Any) -> float:
    """Where the rightmost letter or picture of a page ends."""
    boxes = page._page_box.descendants()  # WeasyPrint tells it nowhere else
    shown = (box for box in boxes if isinstance(box, (TextBox, ReplacedBox)))
    return max((box.position_x + box.margin_width() for box in shown), default=0.0)
