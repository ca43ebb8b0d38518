"""FaxBack: flags behind the number, `5035550123^COMPANY=FaxBack^NOCOVER@...`.

Its STANDARD is 200 dots an inch, which a fax calls fine; its COARSE is a fax's standard. Its TEMPLATE is the
path of a file on a Windows machine; the name of that file is the name of the cover page here.
"""

from pathlib import PureWindowsPath

from gateway.intake.addresses.form import is_number
from gateway.model.address import ParsedAddress, Written
from gateway.model.options import Wish

_MAX_FLAGS = 16


def parse(written: Written) -> ParsedAddress | None:
    """The number and its flags."""
    number, *flags = written.local_part.split("^")
    if not 1 <= len(flags) <= _MAX_FLAGS or not is_number(number):
        return None
    pairs = [flag.partition("=") for flag in flags]
    company = next((value for key, _, value in pairs if key.upper() == "COMPANY"), "")
    wishes = (
        _wish(key.upper(), value, f"^{key}{equals}{value}")
        for key, equals, value in pairs
        if key.upper() != "COMPANY"
    )
    return ParsedAddress(number, company=company.replace("_", " "), wishes=tuple(wishes))


def _wish(key: str, value: str, written: str) -> Wish:
    name, meant = _FLAGS.get(key, (key.lower(), ""))
    if name == "cover" and not meant:
        value = PureWindowsPath(value).stem
    return Wish.of(name, meant or value, written)


_FLAGS = {
    "STANDARD": ("resolution", "fine"),
    "COARSE": ("resolution", "standard"),
    "NOCOVER": ("cover", "off"),
    "TEMPLATE": ("cover", ""),
    "PORT": ("trunk", ""),
    "A4": ("paper", "a4"),
    "LEGAL": ("paper", "legal"),
    "RETRIES": ("retries", ""),
    "BILLING": ("billing_code", ""),
}
