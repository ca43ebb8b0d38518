"""What mail programs add and nobody wants on a fax: logos, pixels, history, disclaimers, names of devices.

Pure: text and pictures in, text and decisions out. When in doubt it stays: a page too many is a nuisance, a
sentence too few is a wrong fax. Each decision is a note for the job's trace.
"""

import hashlib
import re
import struct
from collections.abc import Iterable, Sequence

from gateway.rendering.visible import words_of

_PIXEL = 3  #: dots; nobody can see a picture of this size
_SMALL = 400  #: dots, the longer side of a logo in a signature
_SMALL_AREA = 60_000  #: dots in all
_NAMED_BY_A_PROGRAM = re.compile(r"(?:image|img|outlook|inline|~wrd|att)[-_]?[0-9a-z]{0,12}\.\w{3,4}", re.I)
#: What telephones and mail programs write below a mail, in the languages people here write. It names the
#: device or the program: "Gesendet mit der Bitte um Rückruf" is somebody's own words.
_DEVICE = (
    r"i(?:phon|pad|pod)|galaxy|samsung|android|blackberry|smartphone|mobiltelefon|huawei|xiaomi|pixel"
    r"|\boutlook\b|\bmail\b(?! an\b)|\bmail\.ru|\bapp\b|\bgmx\b|\bweb\.de\b|\bspark\b|\byahoo\b|\bproton"
)
_SENT_FROM = (
    r"sent (?:from|via|with|using)|gesendet (?:von|mit|über|aus)|envoyé (?:de|depuis|à partir|avec)"
    r"|enviado (?:desde|do|de|da|a partir|por|pelo)|enviat de|inviato da(?:l|lla)?|trimis de"
    r"|(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit)|wysłan[eoy] (?:z|za)|skickat från|sendt fra"
    r"|lähetetty|odesláno z|odoslané z|elküldve az?|poslano|отправлено|надіслано|στάλθηκε από"
    r"|diese nachricht wurde von meinem|發自|发自"
)
_GET_OUTLOOK = (
    r"(?:get|holen sie sich|hämta|hent|pobierz|scarica|descargar|obtener|obtenez|obtenir|télécharger"
    r"|ladda ned|transferir|baixar|obter|stáhnout|download) (?:o |l')?outlook"
)
_PHONE = re.compile(
    rf"(?:(?:{_SENT_FROM})(?=[^\n]{{0,60}}(?:{_DEVICE}))|sent from my (?=\S)|{_GET_OUTLOOK} "
    r"|von outlook für .{1,20} beziehen|von meine[mr](?:/meiner)? .{1,40} gesendet"
    r"|iphone(?:から送信|'dan gönderildi|'umdan gönderildi))[^\n]{0,120}",
    re.IGNORECASE,
)
_LONGEST_TALK = 2000  #: characters; of longer texts nobody has to ask, which may be many millions
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|i|rv|doorst)\s*:", re.IGNORECASE)
#: How mail programs call it, in the languages people here write: Outlook, Notes, Apple, Google.
_ORIGINAL = (
    r"original message|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale"
    r"|oorspronkelijk bericht|mensagem original|wiadomość oryginalna|ursprungligt meddelande"
    r"|oprindelig meddelelse|alkuperäinen viesti|původní zpráva"
)
_FROM = r"from|von|de|da|van|od|från|fra|lähettäjä"
_SENT = (
    r"sent|gesendet|envoyé|enviado(?: el)?|enviada em|inviato|verzonden|wysłano|skickat|sendt|lähetetty"
    r"|odesláno"
)
_DATE = r"date|datum|fecha|data|dato"
_SUBJECT = r"subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|ämne|emne|aihe|předmět"
#: "From: Anna", perhaps "To: Bob", and "Sent: Monday", each on a line of its own.
_HISTORY = re.compile(
    rf"^[ \t]*(?:-{{3,}} ?(?:{_ORIGINAL}) ?-{{3,}}[ \t]*$"
    rf"|(?:_{{10,}}\s{{0,4}}\n\s{{0,4}})?(?:{_FROM}) ?:[ \t][^\n]{{1,300}}\n(?:[ \t]*\n)?"
    rf"(?:(?:to|an|à|para|a|aan|do|till|til|komu) ?:[ \t][^\n]{{1,300}}\n)?"
    # Without a subject it may be a journey: from, to, and when.
    rf"(?:(?:{_SENT}) ?:[ \t]|(?:{_DATE}) ?:[ \t](?=(?:[^\n]*\n){{1,6}}?[ \t]*(?:{_SUBJECT}) ?:))"
    # Notes quotes without marks.
    r"|(?!>)[^\n]{1,200} (?:wrote on|schrieb am|a écrit sur) \d\d?[./]\d\d?[./]\d{4}[^\n]{0,40}:[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_SAID = (
    r"(?:wrote|(?:schrieb|schreef|skrev)[^\n:]{0,100}|a écrit|escribió|ha scritto|escreveu|napisał\(?a?\)?"
    r"|kirjoitti|napsal\(?a?\)?) ?:[ \t]*\n(?=\s*>)"
)
#: "On Monday, Anna wrote:", in one line or two.
_WROTE = re.compile(
    r"^(?:(?:on|am|le|el|il|op|em|den|dne|w) [^\n]{1,200}\n(?!>)[^\n]{0,200}|(?:> )?(?!>)[^\n]{1,200})"
    rf"{_SAID}",
    re.IGNORECASE | re.MULTILINE,
)
_HTML_HISTORY = re.compile(
    r"""<div[^>]{0,300}(?:class=["']?(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote)"""
    r"""|id=["']?(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)"""
    r"""|border-top: ?solid #(?:e1e1e1|b5c4df) 1(?:\.0)?pt)"""
    r"""|<span[^>]{0,100}id=["']?OLK_SRC_BODY_SECTION|<blockquote[^>]{0,200}type=["']?cite""",
    re.IGNORECASE,
)
_BLOCK_START = re.compile(r"<(?:p|div|tr|td|table|li|br|hr|span|font)\b[^>]{0,1000}>", re.IGNORECASE)
_MOZ_SIGNATURE = re.compile(r"""<(div|pre)[^>]{0,200}class=["']?moz-signature""", re.IGNORECASE)
_QUOTE_TAG = re.compile(r"<(/?)blockquote\b", re.IGNORECASE)


def is_small_talk(text: str) -> bool:
    """Whether a text says nothing but which device it was written on."""
    said = text.replace("\xa0", " ").strip()
    return 0 < len(said) <= _LONGEST_TALK and not _PHONE.sub("", said).strip(" \t\r\n.>-_*|<")


def without_history(text: str, subject: str) -> str:
    """A plain text without the mails it answers; unchanged when they are what it is about.

    A forwarded mail keeps them, and so does one that answers between the lines of another.
    """
    if _FORWARDED.match(subject):
        return text
    unified = text.replace("\r\n", "\n")
    cuts = []
    if found := _HISTORY.search(unified):
        cuts.append(found.start())
    if (found := _WROTE.search(unified)) and _only_quotes(unified[found.end() :]):
        cuts.append(found.start())
    return _cut(unified, min(cuts)) if cuts else text


def html_without_history(page: str, subject: str) -> str:
    """The same for HTML. What is open where it is cut is closed by every HTML parser."""
    if _FORWARDED.match(subject) or not (found := _HTML_HISTORY.search(page)):
        return page
    at = found.start()
    if not words_of(page[:at]).strip() or (
        _is_quote(found[0]) and words_of(_without_signature(_behind_quotes(page[at:]))).strip()
    ):
        return page
    return page[:at]


def without_disclaimer(text: str, beginnings: Iterable[str]) -> str:
    """A plain text that ends before the first line that begins with one of these."""
    lines = text.splitlines(keepends=True)
    starts = tuple(" ".join(start.lower().split()) for start in beginnings if start.strip())
    for index, line in enumerate(lines):
        if starts and " ".join(line.lower().split()).strip("*_ ").startswith(starts):
            return _cut(text, sum(map(len, lines[:index])))
    return text


def html_without_disclaimer(page: str, beginnings: Iterable[str]) -> str:
    """The same for HTML: it ends before the block that holds the words."""
    for start in beginnings:
        words = [re.escape(word) for word in start.split()]
        if not words:
            continue
        found = re.search(r"(?:\s|&nbsp;)+".join(words), page, re.IGNORECASE)
        if found is None:
            continue
        blocks = [
            block.start()
            for block in _BLOCK_START.finditer(page, max(0, found.start() - 4000), found.start())
        ]
        at = blocks[-1] if blocks else found.start()
        return page[:at] if words_of(page[:at]).strip() else page
    return page


def needless_pictures(pictures: Sequence[tuple[str, bytes, bool]], *, logos: bool = True) -> dict[int, str]:
    """Which of these (name, content, placed by a program) get no page, by index, and why in words.

    Without `logos` small pictures get theirs: they may be all that there is.
    """
    found: dict[int, str] = {}
    seen: set[bytes] = set()
    for index, (name, content, by_program) in enumerate(pictures):
        size = picture_size(content)
        if size is None:
            continue
        digest = hashlib.sha256(content).digest()
        across, down = size
        shown = f"{name} ({across} x {down} dots)"
        if max(size) <= _PIXEL:
            found[index] = f"left out {shown}: too small to be seen"
        elif digest in seen:
            found[index] = f"left out {shown}: the same picture again"
        elif (
            logos
            and (by_program or _NAMED_BY_A_PROGRAM.fullmatch(name))
            and max(size) <= _SMALL
            and across * down <= _SMALL_AREA
        ):
            found[index] = f"left out {shown}: a small picture that a mail program attached"
        seen.add(digest)
    return found


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Dots across and down of a PNG, GIF, JPEG or BMP, as its first bytes say; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return struct.unpack_from(">II", content, 16)
    if content.startswith((b"GIF87a", b"GIF89a")) and len(content) >= 10:
        return struct.unpack_from("<HH", content, 6)
    if content.startswith(b"BM") and content[6:10] == bytes(4) and len(content) >= 26:
        across, down = struct.unpack_from("<ii", content, 18)
        return abs(across), abs(down)
    return _jpeg_size(content) if content.startswith(b"\xff\xd8\xff") else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """From the frame header (ITU-T T.81 B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            down, across = struct.unpack_from(">HH", content, at + 5)
            return across, down
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return None


def _cut(text: str, at: int) -> str:
    """The text up to there, unless nothing would be left."""
    return text[:at].rstrip() + "\n" if text[:at].strip() else text


def _only_quotes(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith(">") for line in text.splitlines())


def _is_quote(tag: str) -> bool:
    return tag.lower().startswith("<blockquote") or "moz-cite-prefix" in tag.lower()


def _without_signature(page: str) -> str:
    """What stands above the signature that Thunderbird puts below an answer."""
    found = _MOZ_SIGNATURE.search(page)
    return page[: found.start()] if found else page


def _behind_quotes(page: str) -> str:
    """What stands outside of all quotes, from the first one on."""
    outside, depth, at, opened = [], 0, 0, False
    last = page.rfind(">")  # behind it none is looked for, at each tag in vain
    for tag in _QUOTE_TAG.finditer(page):
        if depth == 0 and opened:
            outside.append(page[at : tag.start()])
        depth = max(0, depth + (-1 if tag[1] else 1))
        opened = True
        at = page.find(">", tag.end()) + 1 if tag.end() <= last else len(page)
    return "".join(outside) + (page[at:] if depth == 0 and opened else "")
