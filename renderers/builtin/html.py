"""HTML mail bodies and files, laid out by WeasyPrint.

Nothing is fetched, ever: no pixel tells who read a mail.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

from renderers.builtin.html_laid_out import LaidOut, letters_of
from renderers.builtin.html_long_pictures import cut_long_pictures
from renderers.builtin.pdf import pdf_pages
from renderers.charset import utf_16_in
from renderers.document import SourceDocument
from renderers.errors import DocumentTooLarge, DocumentUnsupported
from renderers.media_type import HTML
from renderers.profile import Paper, Profile
from renderers.spec import BUILTIN, NOT_MINE, RasterPage, Workshop

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.ERROR)

#: Mail is written for screens without margins; 8 mm is what fax machines may not reach.
_STYLE = """
@page { size: %(width)dmm %(height)dmm; margin: 8mm }
html { font-family: "Liberation Sans", "DejaVu Sans", sans-serif }
* { page: auto !important }
iframe, frame, embed { display: none }
img, div, section, article, p, pre, table { max-width: 100%% !important }
img, svg { max-height: %(longest)dmm !important }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
"""
_BESIDE = 16  #: mm: the margins
_ABOVE_AND_BELOW = 18  #: mm: the margins, and what letters beside a picture need below it
#: Where something ends below the page: what goes on one page only goes on like text.
_FLOWING = """
* { float: none !important; position: static !important; overflow: visible !important;
    max-height: none !important; break-inside: auto !important }
html, body, div, section, article, main, p, blockquote, table, tbody, tr, td, th { height: auto !important }
"""
_LEAST_SHOWN = 0.98  #: of the letters; with fewer it is tried whether there are more in text that flows
_IN_ONE_PIECE = re.compile(rb"display\s{0,20}:\s{0,20}inline-(block|flex|grid|table)", re.IGNORECASE)
#: Where it is too wide to be read when it is made smaller: lines that shall not be broken are.
_WRAPPING = "* { white-space: normal !important; overflow-wrap: anywhere !important }"
#: Where a picture keeps neither its width nor its height: at least it keeps its shape.
_SHAPED = "img { width: auto !important; height: auto !important }"

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
        laid = _laid_out(source, document, workshop.profile)
        if not laid.shows_something:
            _refuse_hollow(source, document.name)
        laid.pages.write_pdf(target)
    except RecursionError as error:
        raise DocumentTooLarge.nested(document.name, repr(error)) from error
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
            raise DocumentTooLarge.nested(name, f"elements {_DEEPEST} deep")


def _refuse_hollow(source: bytes, name: str) -> None:
    """Returns when nothing says where the words and pictures are.

    Raises:
        DocumentUnsupported: all that the page shows is in other files, or made by its scripts.
    """
    if _FRAME.search(source):
        sentence = f'The document "{name}" shows other files in frames, and these are not in it.'
    elif _SCRIPT.search(source):
        sentence = f'The document "{name}" shows nothing without its scripts, and none are run here.'
    else:
        return
    raise DocumentUnsupported(
        name, sentence=sentence, remedy="Open it in a browser, print it to a PDF, and send that."
    )


def _charset(source: bytes) -> str | None:
    """UTF-8 or UTF-16 when the bytes can be nothing else, whatever a program wrote into them; else None."""
    if (name := utf_16_in(source)) is not None:
        return name
    try:
        source.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _laid_out(source: bytes, document: SourceDocument, profile: Profile) -> LaidOut:
    """The document on pages; on larger ones, to be made smaller, where it is larger than the paper."""
    width, height = _SIZES[profile.paper]
    html, styles = _parsed(source, document, profile), list[str]()
    laid = _on_pages(html, width, height, styles)
    if laid.has_bent_picture:
        styles.append(_SHAPED)
        laid = _on_pages(html, width, height, styles)
    if laid.lower_end > 1.0 or laid.letters < _LEAST_SHOWN * letters_of(html.etree_element):
        pieces = _IN_ONE_PIECE.sub(rb"display:\1", source)
        html_in_pieces = _parsed(pieces, document, profile)
        flowing = _on_pages(html_in_pieces, width, height, [*styles, _FLOWING])
        more = flowing.letters - laid.letters
        if laid.lower_end > 1.0 or more > (1 - _LEAST_SHOWN) * laid.letters:
            laid, source, html = flowing, pieces, html_in_pieces
            styles.append(_FLOWING)
    if laid.right_end > _MOST_SHRUNK:
        styles.append(_WRAPPING)
        laid = _on_pages(html, width, height, styles)
    too_large = max(laid.right_end, laid.lower_end)
    if too_large <= 1.0:
        return laid
    scale = min(too_large, _MOST_SHRUNK)
    html = _parsed(_PAGE_RULE.sub(b"", source), document, profile)
    return _on_pages(html, round(width * scale), round(height * scale), styles)


def _parsed(source: bytes, document: SourceDocument, profile: Profile) -> Any:
    fetcher, (width, height) = PartsOnly(document.parts), _SIZES[profile.paper]
    html = weasyprint.HTML(
        file_obj=io.BytesIO(source),
        encoding=document.charset or _charset(source),
        base_url="about:blank",
        url_fetcher=fetcher,
    )
    room = (width - _BESIDE, height - _ABOVE_AND_BELOW)
    cut_long_pictures(html.etree_element, fetcher, profile, room)
    return html


def _on_pages(html: Any, width: int, height: int, styles: Sequence[str]) -> LaidOut:
    usual = _STYLE % {"width": width, "height": height, "longest": height - _ABOVE_AND_BELOW}
    css = [weasyprint.CSS(string=text, url_fetcher=PartsOnly({})) for text in (usual, *styles)]
    return LaidOut(html.render(stylesheets=css, presentational_hints=True))
