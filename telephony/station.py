"""Station ids: TSI of the sending and CSI of the called machine (ITU-T T.30 5.3.6.2.4 to 5.3.6.2.6)."""


def station_id(text: str) -> str:
    """`text` as a fax machine can show it: at most 20 printable ASCII characters."""
    return "".join(character for character in text if " " <= character <= "~").strip()[:20]
