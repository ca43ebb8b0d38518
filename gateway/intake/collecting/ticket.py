"""What a program writes beside a document in a drop folder: a ticket (TOML or JSON), or a GFI text file.

All of them become a mail, so that a fax from a folder goes the way of every other fax.

Syntax of GFI's text API: lines that begin with `::` in front of the text, one a recipient or a list of
options (docs/collecting.md#drop-folders).
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from mimetypes import guess_type
from pathlib import Path
from typing import Any

TICKETS = (".toml", ".json")
_LARGEST = 1024 * 1024  # bytes of a ticket
_KEYS = ("to", "from", "subject", "text", "documents", "options")
_NUMBER = re.compile(r"\+?[0-9(][0-9 ()/.,#*-]*")
_OPTION = re.compile(r"[a-z][a-z_-]{0,40}")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FIRST_NAME, _COMPANY, _LAST_NAME = 0, 1, 2  # places in a recipient of GFI's; the number is behind them


class BadTicket(ValueError):
    """A ticket that cannot be understood; its text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket asks for."""

    to: tuple[str, ...]  #: numbers, or addresses of a fax domain
    sender: str = ""
    subject: str = ""
    text: str = ""
    documents: tuple[str, ...] | None = None  #: file names; None: whatever has the ticket's name
    options: Mapping[str, str] = field(default_factory=dict)  #: of the dialect `faxgw`
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)  #: name and company, by number

    def message(self, sender: str, documents: list[Path]) -> bytes:
        """The mail that would have sent these documents."""
        message = EmailMessage()
        message["From"] = sender
        message["Message-ID"] = make_msgid(domain="faxgw.invalid")
        message["Subject"] = " ".join(self.subject.split())
        for name, value in self.options.items():
            message[f"X-Faxgw-{name.replace('_', '-').title()}"] = " ".join(value.split())
        if self.text.strip():
            message.set_content(self.text)
        for file in documents:
            kind, _, subtype = (guess_type(file.name)[0] or "application/octet-stream").partition("/")
            content = file.read_bytes()
            message.add_attachment(content, maintype=kind, subtype=subtype, filename=file.name)
        return message.as_bytes()


def is_text_api(file: Path) -> bool:
    """Whether a .txt file is a fax in itself, and not a document.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        return _decoded(opened.read(64), "replace").startswith("::")


def read_ticket(file: Path) -> Ticket:
    """The ticket in this file.

    Raises:
        BadTicket: it cannot be understood.
        OSError: it cannot be read.
    """
    if file.stat().st_size > _LARGEST:
        raise BadTicket("The ticket is larger than 1 MB. Put documents into files of their own.")
    try:
        text = _decoded(file.read_bytes())
    except UnicodeDecodeError as error:
        if file.suffix.lower() == ".txt":
            return read_text_api(file.read_bytes().decode("cp1252", "replace"))
        raise BadTicket("The ticket is not UTF-8 text. Save it as UTF-8.") from error
    if file.suffix.lower() == ".txt":
        return read_text_api(text)
    try:
        found = tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadTicket(f"The ticket is not {file.suffix[1:].upper()}: {error}. Correct it.") from error
    return _ticket(found)


def _decoded(content: bytes, errors: str = "strict") -> str:
    """UTF-8, or UTF-16 with its mark, as PowerShell and older Windows programs write."""
    return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig", errors)


def _ticket(found: Any) -> Ticket:
    if not isinstance(found, dict):
        raise BadTicket('The ticket must have names and values, for example to = "+49301234567".')
    for name in found:
        if name not in _KEYS:
            raise BadTicket(f'The ticket has an unknown name "{name[:40]}"; known are {", ".join(_KEYS)}.')
    options = found.get("options", {})
    if not isinstance(options, dict) or not all(_OPTION.fullmatch(name) for name in options):
        raise BadTicket('options must be names and values, for example resolution = "fine".')
    documents = found.get("documents")
    return Ticket(
        to=_texts(found, "to"),
        sender=_text(found, "from"),
        subject=_text(found, "subject"),
        text=_text(found, "text"),
        documents=None if documents is None else _file_names(_texts(found, "documents")),
        options={name: _option(value) for name, value in options.items()},
    )


def _option(value: object) -> str:
    """As a field of a mail would say it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise BadTicket(f"{name} must be text, in quotation marks.")
    return value


def _texts(found: dict[str, Any], name: str) -> tuple[str, ...]:
    value = found.get(name, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) and item.strip() for item in values):
        raise BadTicket(f"{name} must be text or a list of texts, in quotation marks.")
    return tuple(item.strip() for item in values)


def _file_names(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if "/" in name or "\\" in name or "\0" in name or name.startswith("."):
            raise BadTicket(f'"{name[:80]}" is not the name of a file in this folder.')
    return names


def read_text_api(text: str) -> Ticket:
    """The ticket in a file of GFI's text API.

    Raises:
        BadTicket: a line that begins with :: cannot be understood.
    """
    lines = text.splitlines()
    commands: list[str] = []
    while lines and (lines[0].startswith("::") or (not lines[0].strip() and not commands)):
        commands.append(lines.pop(0)[2:].strip())
    to: list[str] = []
    people: dict[str, tuple[str, str]] = {}
    options: list[str] = []
    for command in filter(None, commands):
        parts = [part.strip() for part in command.split(",")]
        numbers = [part for part in parts if _NUMBER.fullmatch(part)]
        if len(numbers) != 1 or "=" in command:
            options += parts
            continue
        to += numbers
        if len(parts) > 1:
            people[numbers[0]] = _person([part if part not in numbers else "" for part in parts])
    documents = tuple(option[2:].strip() for option in options if option.lower().startswith("a="))
    subject = next((option[2:].strip() for option in options if option.lower().startswith("s=")), "")
    rest = [option for option in options if not option.lower().startswith(("a=", "s="))]
    brackets = "".join(f" [::{option.replace('[', '(').replace(']', ')')}]" for option in rest if option)
    return Ticket(
        tuple(to),
        subject=f"{subject}{brackets}".strip(),
        text="\n".join(lines),
        documents=_file_names(documents),
        people=people,
    )


def _person(parts: list[str]) -> tuple[str, str]:
    """Name and company of `first name, company, last name, ...`; any of them may be empty or missing."""
    parts = [*parts, "", "", ""]
    return f"{parts[_FIRST_NAME]} {parts[_LAST_NAME]}".strip(), parts[_COMPANY]
