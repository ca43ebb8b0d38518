"""Python's names for the code pages of Windows."""

_CODECS = {65000: "utf-7", 65001: "utf-8", 20127: "ascii", 20866: "koi8-r", 50220: "iso2022_jp"}
WESTERN = "cp1252"


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
