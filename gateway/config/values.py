"""How values are written in the configuration, read and shown. A reader raises ValueError in plain words."""

import re
import shutil
import string
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.config.schema import Network
from gateway.errors import InvalidNumber
from gateway.model.address import ascii_domain
from gateway.model.number import FaxNumber
from gateway.model.secret import Secret

Reader = Callable[[Any], Any]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_HEADER_FIELDS = ("station_id", "sender", "number", "date", "page", "pages")


def text(value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ValueError('must be text: write "..."')  # noqa: TRY004 - one kind of mistake for all readers
    return value


def matching(pattern: str, wanted: str, *, empty: bool = False) -> Reader:
    """Text of this shape; `wanted` says which, with an example."""

    def read(value: Any) -> str:
        found = text(value)
        if not (empty and not found) and not re.fullmatch(pattern, found):
            raise ValueError(f'"{found}" is not {wanted}')
        return found

    return read


def mail_domain(value: Any) -> str:
    """A mail domain; one with letters beyond ASCII becomes what the DNS has."""
    found = text(value)
    plain = found if found.isascii() else ascii_domain(found)
    if not re.fullmatch(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.?)+", plain):
        raise ValueError(f'"{found}" is not a mail domain, for example "fax.example.com"')
    return plain


def choice(*words: str) -> Reader:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError("must be " + " or ".join(f'"{word}"' for word in words))
        return str(value)

    return read


def number(low: int, high: int) -> Reader:
    """A whole number in this range."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def one_of_numbers(*numbers: int) -> Reader:
    """One of these numbers."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or value not in numbers:
            raise ValueError("must be one of " + ", ".join(str(n) for n in numbers))
        return int(value)

    return read


def yes_or_no(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - one kind of mistake for all readers
    return value


def path(value: Any) -> Path:
    """A path; one that is not absolute belongs beside the configuration file."""
    if not text(value):
        raise ValueError("must name a file or folder")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("names the home of a user whom this machine does not know") from None


def optional_path(value: Any) -> Path | None:
    """A path, or none when it is empty."""
    return path(value) if text(value) else None


def optional(read_one: Reader) -> Reader:
    """Nothing, or what `read_one` reads."""

    def read(value: Any) -> Any:
        return read_one(value) if value != "" else ""

    return read


def duration(low: timedelta = timedelta(seconds=1), high: timedelta = timedelta(days=365)) -> Reader:
    """A duration in this range: "90s", "15m", "72h", "5d"."""

    def read(value: Any) -> timedelta:
        match = re.fullmatch(r"(\d{1,9})([smhd])", value) if isinstance(value, str) else None
        if not match:
            raise ValueError('must be a duration with its unit, for example "90s", "15m", "72h" or "5d"')
        found = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
        if not low <= found <= high:
            raise ValueError(f"must be from {shown(low)} to {shown(high)}")
        return found

    return read


def size(low: int, high: int) -> Reader:
    """A size in bytes in this range: 1000, "500K", "50M", "2G"."""

    def read(value: Any) -> int:
        match = re.fullmatch(r"(\d{1,12})([KMG]?)B?", str(value)) if not isinstance(value, bool) else None
        if not match:
            raise ValueError('must be a size in bytes, or for example "500K" or "50M"')
        found = int(match[1]) * _SIZES[match[2]]
        if not low <= found <= high:
            raise ValueError(f"must be from {_size_shown(low)} to {_size_shown(high)}")
        return found

    return read


def list_of(read_one: Reader, *, at_least: int = 0, example: str = "") -> Reader:
    """A list whose items are read by `read_one`."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"must be a list, for example {example or '[...]'}")  # noqa: TRY004 - as above
        if len(value) < at_least:
            raise ValueError(f"must not be empty, for example {example}")
        return tuple(read_one(item) for item in value)

    return read


def network(value: Any) -> Network:
    """An IP network."""
    try:
        return ip_network(text(value))
    except ValueError as error:
        raise ValueError(f"{error}; write for example 192.0.2.0/24 or 2001:db8::/32") from None


def host_and_port(value: Any) -> str:
    """Where to listen: "address:port", "[address]:port"."""
    found = text(value)
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):(\d{1,5})", found)
    if not match or int(match[2]) > 65535:
        raise ValueError(f'"{found}" is not an address and a port, for example "127.0.0.1:2525"')
    return found


def port_range(value: Any) -> tuple[int, int]:
    """Two ports, the lower one first."""
    read = list_of(number(1024, 65535), at_least=2, example="[16384, 32767]")
    found = read(value)
    if len(found) != 2 or found[0] >= found[1]:
        raise ValueError("must be two ports, the lower one first, for example [16384, 32767]")
    return found[0], found[1]


def mailbox(value: Any) -> str:
    """A mail address."""
    found = text(value)
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", found):
        raise ValueError(f'"{found}" is not a mail address, for example "fax@example.com"')
    return found


def mailboxes(value: Any) -> tuple[str, ...]:
    """One mail address, or a list of them."""
    return (
        (mailbox(value),)
        if isinstance(value, str)
        else tuple(list_of(mailbox, at_least=1, example='["fax@example.com"]')(value))
    )


def fax_number(value: Any) -> str:
    """A number as it is dialled."""
    try:
        return FaxNumber.parse(text(value)).digits
    except InvalidNumber as error:
        raise ValueError(str(error).rstrip(".")) from None


def country(value: Any) -> str:
    """A country with a telephone numbering plan, or nothing."""
    found = text(value).upper()
    if found:
        from phonenumbers import SUPPORTED_REGIONS  # imported here: it takes a moment

        if found not in SUPPORTED_REGIONS:
            raise ValueError(f'"{value}" is not a country, for example "DE" (ISO 3166)')
    return found


def database_url(value: Any) -> str:
    """A database the queue can live in, without a password."""
    found = text(value)
    if re.match(r"\w+://[^/@]*:[^/@]*@", found):
        raise ValueError("has a password in it; put that into a file and name it in password_file")
    if found and not re.fullmatch(r"(?:sqlite|postgres(?:ql)?)://.+", found):
        raise ValueError(
            f'"{found}" is not a database the queue can live in, '
            'for example "postgresql://faxgw@db.example.com/faxgw"'
        )
    return found


def header_template(value: Any) -> str:
    """A header line with fields we know."""
    found = text(value)
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(found) if name is not None]
    except ValueError as error:
        raise ValueError(f"{error}; fields are written like {{page}}") from None
    for field in fields:
        if field not in _HEADER_FIELDS:
            known = ", ".join(f"{{{name}}}" for name in _HEADER_FIELDS)
            raise ValueError(f"unknown field {{{field}}}; known are {known}")
    return found


def timezone(value: Any) -> str:
    """The name of a time zone, or nothing for the machine's own."""
    found = text(value)
    if found:
        try:
            ZoneInfo(found)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f'"{found}" is not a time zone, for example "Europe/Berlin"') from None
    return found


def ocr_languages(value: Any) -> str:
    """Languages that Tesseract has been installed with, joined by "+"; or ""."""
    found = text(value)
    if not found:
        return found
    if shutil.which("tesseract") is None:
        raise ValueError("needs Tesseract: apt install tesseract-ocr, or leave it empty")
    for language in found.split("+"):
        if not re.fullmatch(r"[A-Za-z_]{2,30}", language):
            raise ValueError('must be languages as Tesseract names them, for example "eng+deu"')
        if not list(Path("/usr/share/tesseract-ocr").glob(f"*/tessdata/{language}.traineddata")):
            package = f"tesseract-ocr-{language.lower().replace('_', '-')}"
            raise ValueError(f'"{language}" is not installed: apt install {package}')
    return found


def secret_in(file: Path, written: str) -> Secret:
    """What stands in a file that holds nothing but a password; `written` is how the file was named."""
    try:
        found = file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ValueError(f'"{written}" cannot be read: {reason}') from None
    if not found or "\n" in found:
        raise ValueError(f'"{written}" must hold the password and nothing else')
    return Secret(found)


def shown(value: Any) -> str:
    """The value as it would be written in the file; a secret as ***."""
    for kind, show in _SHOWN:
        if isinstance(value, kind):
            return show(value)
    return f'"{value}"'


def _duration_shown(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit = next(u for u in ("d", "h", "m", "s") if seconds % _UNITS[u] == 0)
    return f'"{seconds // _UNITS[unit]}{unit}"'


def _size_shown(value: int) -> str:
    unit = next(u for u in ("G", "M", "K", "") if value % _SIZES[u] == 0)
    return f'"{value // _SIZES[unit]}{unit}"'


_SHOWN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: str(value).lower()),
    (int, str),
    (timedelta, _duration_shown),
    (Secret, repr),
    (NoneType, lambda _: ""),
    (tuple, lambda value: "[" + ", ".join(shown(item) for item in value) + "]"),
)
