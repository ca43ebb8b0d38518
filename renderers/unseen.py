"""Text that lies unseen on a PDF page, so that the page can be searched and copied from.

Letters of every writing: each font is one of ours without shapes (Type 3), and its table says which letters
its codes stand for. So nothing is embedded, and no reader looks for a font it does not have.

Spec: ISO 32000-1 9.3 (text state), 9.6.5 (Type 3 fonts), 9.10.3 (ToUnicode).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from renderers.ocr import Word, reads_leftwards

_POINTS_PER_INCH = 72
_WIDTH = 600  #: of each letter, in thousandths of its size
_CODES = 255  #: of a font: all but 0
_RANGE = 100  #: the most lines of a table of a CMap
#: How a page is turned, in degrees clockwise: the matrix of its text, without the place.
_TURNED = {0: (1, 0, 0, 1), 90: (0, -1, 1, 0), 180: (-1, 0, 0, -1), 270: (0, 1, -1, 0)}


class UnseenText:
    """The letters of a whole PDF, and the fonts that have them."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def drawn(self, words: Sequence[Word], page_height: float) -> bytes:
        """The words as operators for the content of a page so many points high; b"" when there are none."""
        if not words:
            return b""
        return b" BT 3 Tr%b ET" % b"".join(self._word(word, page_height) for word in words)

    def fonts(self, add: Callable[[bytes], int]) -> bytes:
        """The dictionary of the fonts, each of which `add` has taken into the file and numbered."""
        letters = list(self._codes)
        found = [_font(letters[at : at + _CODES], add) for at in range(0, len(letters), _CODES)]
        return b"<<%b>>" % b"".join(b"/H%d %d 0 R" % named for named in enumerate(found))

    def _word(self, word: Word, page_height: float) -> bytes:
        """The word, as long as it is on the page; from right to left what is read so."""
        left, top = word.left * _POINTS_PER_INCH, page_height - word.top * _POINTS_PER_INCH
        right, bottom = left + word.width * _POINTS_PER_INCH, top - word.height * _POINTS_PER_INCH
        begin, end = {
            0: ((left, bottom), (right, bottom)),
            90: ((left, top), (left, bottom)),
            180: ((right, top), (left, top)),
            270: ((right, bottom), (right, top)),
        }[word.turned]
        a, b, c, d = _TURNED[word.turned]
        if reads_leftwards(word.text):
            a, b, begin = -a, -b, end
        length, size = right - left, max(1.0, top - bottom)
        if word.turned in (90, 270):
            length, size = top - bottom, max(1.0, right - left)
        stretch = 100 * 1000 * length / (_WIDTH * size * len(word.text))
        place = b"%d %d %d %d %.2f %.2f Tm" % (a, b, c, d, *begin)
        return b" %.2f Tz %b%b" % (stretch, place, self._shown(word.text, size))

    def _shown(self, text: str, size: float) -> bytes:
        codes = [divmod(self._codes.setdefault(letter, len(self._codes)), _CODES) for letter in text]
        return b"".join(
            b" /H%d %.2f Tf <%b> Tj" % (font, size, b"".join(b"%02X" % (code + 1) for _, code in run))
            for font, run in groupby(codes, key=lambda code: code[0])
        )


def _font(letters: Sequence[str], add: Callable[[bytes], int]) -> int:
    """A font whose codes from 1 on are these letters."""
    shape = add(_stream(b"%d 0 0 0 %d 1000 d1" % (_WIDTH, _WIDTH)))
    last = len(letters)
    names, widths = b"/n" * last, b" %d" % _WIDTH * last
    return add(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 %d 1000]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<</n %d 0 R>>/Encoding<</Type/Encoding/Differences[1%b]>>/Resources<<>>"
        b"/FirstChar 1/LastChar %d/Widths[%b]/ToUnicode %d 0 R>>"
        % (_WIDTH, shape, names, last, widths, add(_stream(_table(letters))))
    )


def _table(letters: Sequence[str]) -> bytes:
    """Which letter each code is, as a CMap."""
    lines = [
        b"<%02X> <%b>\n" % (code, letter.encode("utf-16-be").hex().upper().encode())
        for code, letter in enumerate(letters, 1)
    ]
    parts = [lines[at : at + _RANGE] for at in range(0, len(lines), _RANGE)]
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        b"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n%b"
        b"endcmap CMapName currentdict /CMap defineresource pop end end"
        % b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(part), b"".join(part)) for part in parts)
    )


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content)
