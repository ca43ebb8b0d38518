"""Commands in the text of a mail: RightFax's `<CODE:value>`, eFax's `{word}`, Zetafax's `%%[Fax: number]`.

What is found here is taken out of the text, so that it is never printed: whoever reads the wishes and whoever
makes the pages use the same function. A word in brackets that is no command we know is one all the same when
it looks like one; its sender is told that nothing came of it.

Spec: RightFax, embedded codes (not over several lines); eFax, `{nocoverpage}` and `{showbodytext}` before the
text; Zetafax, embedded addressing; XM Fax, `@@UseBody`, which asks for what we do anyway.
"""

import re
from collections.abc import Callable, Collection

from gateway.model.options import Wish
from gateway.model.seen_html import SeenHtml

#: Names of [options] dialects that stand in the text.
BODY_DIALECTS = frozenset({"rightfax", "efax", "zetafax", "xm"})
_PLAIN = re.compile(r"<([A-Za-z][A-Za-z0-9]{2,20})(?::([^<>\r\n]{0,400}))?>")
_LESS_THAN = re.compile(r"&(?:lt|#0*60|#[xX]0*3[cC]);")
_ZETAFAX = re.compile(r"%%\[([A-Za-z][A-Za-z ]{1,20}):([^\[\]\r\n]{0,200})\]")
_XM = re.compile(r"@@UseBody\b", re.IGNORECASE)
_NO_CODES = frozenset({"URL", "HTTP", "HTTPS", "FTP", "MAILTO", "FILE", "TEL", "SIP", "SIPS", "NEWS"})
_WORD = re.compile(r"\{([A-Za-z]{3,30})\}")
_SPACE = re.compile(r"(?:\s|&nbsp;|\ufeff)+")
_TAG = re.compile(r"<[^>]{0,2000}>")
_UNSEEN = re.compile(r"<(head|style|title|!--)", re.IGNORECASE)
_BEFORE_THE_TEXT = 64 * 1024  # characters in which eFax's words are looked for
_RIGHTFAX = {
    "NOCOVER": ("cover", "none"),
    "PRIORITY": ("priority", ""),
    "SENDAT": ("send_at", ""),
    "RETRYCOUNT": ("retries", ""),
    "BILLINFO1": ("billing_code", ""),
    "NOTE": ("note", ""),
    "FROMNAME": ("sender_name", ""),
    "UNIQUEID": ("reference", ""),
    "TOFAXNUM": ("to_number", ""),
    "TONAME": ("to_name", ""),
    "TOCOMPANY": ("to_company", ""),
}
_ZETAFAX_NAMES = {"fax": "to_number", "to": "to_name", "organisation": "to_company"}
_EFAX = {"nocoverpage": ("cover", "none"), "showbodytext": ("text", "on")}


def read_codes(text: str, dialects: Collection[str], *, is_html: bool) -> tuple[list[Wish], str]:
    """The wishes in a text, and the text without them."""
    wishes: list[Wish] = []
    if "efax" in dialects:
        text = _without_words(text, wishes)
    if "rightfax" in dialects and (not is_html or _LESS_THAN.search(text)):
        text = _without(_PLAIN, _rightfax, wishes, text, is_html=is_html)
    if "zetafax" in dialects and "%%" in text:
        text = _without(_ZETAFAX, _zetafax, wishes, text, is_html=is_html)
    if "xm" in dialects:
        text = _XM.sub("", text)
    return wishes, text


def _without(
    pattern: re.Pattern[str],
    read: Callable[[re.Match[str]], Wish | None],
    wishes: list[Wish],
    text: str,
    *,
    is_html: bool,
) -> str:
    """The text without what `read` finds to be a wish."""

    def takes(found: re.Match[str]) -> bool:
        wish = read(found)
        if wish is not None:
            wishes.append(wish)
        return wish is not None

    if is_html:
        return SeenHtml(text).without(pattern, takes)
    return pattern.sub(lambda found: "" if takes(found) else found[0], text)


def _rightfax(found: re.Match[str]) -> Wish | None:
    code, value = found[1].upper(), " ".join((found[2] or "").split())
    if code not in _RIGHTFAX and (not found[1].isupper() or code in _NO_CODES):
        return None
    name, meant = _RIGHTFAX.get(code, (code.lower(), ""))
    return Wish.of(name, meant or value, " ".join(found[0].split()))


def _zetafax(found: re.Match[str]) -> Wish:
    name = _ZETAFAX_NAMES.get(found[1].strip().lower(), found[1].strip().lower())
    return Wish.of(name, " ".join(found[2].split()), " ".join(found[0].split()))


def _without_words(text: str, wishes: list[Wish]) -> str:
    """The text without the {words} before its first other word; of HTML the tags stay."""
    kept, at = [], 0
    while at < min(len(text), _BEFORE_THE_TEXT):
        if (word := _WORD.match(text, at)) is not None:
            name, value = _EFAX.get(word[1].lower(), (word[1].lower(), ""))
            wishes.append(Wish.of(name, value, word[0]))
            at = word.end()
            continue
        end = _end_of_what_is_not_read(text, at)
        if end == at:
            break
        kept.append(text[at:end])
        at = end
    return "".join(kept) + text[at:]


def _end_of_what_is_not_read(text: str, at: int) -> int:
    """Where spaces, a tag, or what a tag hides ends that begins here; `at` when none does."""
    if (unseen := _UNSEEN.match(text, at)) is not None:
        closing = "-->" if unseen[1] == "!--" else f"</{unseen[1]}"
        end = text.lower().find(closing.lower(), at, _BEFORE_THE_TEXT)
        return at if end < 0 else end + len(closing) if closing == "-->" else text.find(">", end) + 1 or at
    found = _SPACE.match(text, at) or _TAG.match(text, at)
    return found.end() if found else at
