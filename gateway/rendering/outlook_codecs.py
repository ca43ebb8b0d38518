"""Python's names for the code pages of Windows."""

WESTERN = "cp1252"
#: 20127 is ASCII, which Outlook says of letters with accents, too.
_CODECS = {
    65000: "utf-7",
    65001: "utf-8",
    20127: WESTERN,
    20866: "koi8-r",
    21866: "koi8-u",
    50220: "iso2022_jp",
    50221: "iso2022_jp",
    50222: "iso2022_jp",
    51932: "euc_jp",
    51949: "euc_kr",
    54936: "gb18030",
}


def codec_of(codepage: int) -> str:
    """Python's name for a Windows code page; Western European for one it does not know."""
    if 28591 <= codepage <= 28606:
        return f"iso8859-{codepage - 28590}"
    name = _CODECS.get(codepage, f"cp{codepage}")
    try:
        b"".decode(name)
    except LookupError:
        return WESTERN
    return name
