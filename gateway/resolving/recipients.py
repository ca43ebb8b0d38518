"""The numbers that stand in a mail: in an attached list, in its text, in its subject, or beside its address.

The first of these that names any counts:
- an attached list: `distribution-list.txt`, or any .csv, one recipient a row. The first row may name its
  columns: number, name, company, any option (note, subject, billing_code ...), and others of one's own;
- RightFax's `<TOFAXNUM:...>` with `<TONAME:...>` and `<TOCOMPANY:...>` behind it;
- the subject: `[FAX]number,number;number`, or `SEND number, number`;
- the names beside our own addresses in To: `"Anne Anderson 5035550123" <fax@...>`, `"/fax=847 680-4777/"`.

`{column}` in a note or subject that the mail asks for is replaced by what the row says.
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from io import StringIO

from gateway.model.options import JobOptions, Wish

#: Wishes that name recipients.
RECIPIENT_WISHES = frozenset({"to_number", "to_name", "to_company"})
_PARSER = BytesParser(policy=policy.compat32)  # reads anything
_LIST = "distribution-list.txt"
_SUBJECT = re.compile(r"\s*(?:\[[A-Za-z0-9_-]{1,20}\]|SEND\s)\s*(\+?[0-9(][^\[\]]*)", re.IGNORECASE)
_NAMED = re.compile(r"(.*?)[\s,]*(\+?[0-9][0-9() .-]{4,30})")
_RIGHTFAX_NAME = re.compile(r"/fax=([^/]+)/(?:name=([^/]*)/)?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;]")
_NUMBER_COLUMNS = ("number", "fax", "fax_number", "faxnumber", "phone", "to")
_NAME_COLUMNS = ("name", "to_name", "recipient")
_COMPANY_COLUMNS = ("company", "to_company", "organisation", "organization")
#: What a row may ask for by the name of a column.
_OPTIONS = frozenset(
    {"cover", "note", "subject", "reference", "billing_code", "priority", "send_at", "resolution", "header"}
)
_MERGED = ("note", "subject", "reference", "header")


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient as the mail names him."""

    number: str  #: as it was written
    name: str = ""
    company: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)  #: what else the row says

    def merged(self, options: JobOptions) -> JobOptions:
        """The options of the mail for this recipient: with his own, and with {columns} filled in."""
        own = [Wish.of(name, value) for name, value in self.columns.items() if name in _OPTIONS and value]
        options = JobOptions().with_wishes(own).over(options)
        known = {"number": self.number, "name": self.name, "company": self.company, **self.columns}
        filled = {
            name: _filled(text, known) for name in _MERGED if "{" in (text := getattr(options, name) or "")
        }
        return replace(options, **filled)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Named:
    """The recipients in a mail."""

    rows: tuple[Row, ...]
    list_name: str = ""  #: of the attachment they stand in, which is not faxed


def recipients_in(message: bytes, wishes: Iterable[Wish], ours: Collection[str]) -> Named:
    """The recipients that this raw message names; `ours` are the domains of the gateway, in lower case.

    Never raises: a mail that cannot be read names nobody.
    """
    try:
        mail = _PARSER.parsebytes(message)
        if (listed := _attached(mail)) is not None:
            return listed
        return Named(tuple(_in_text(wishes) or _in_subject(mail) or _in_to(mail, ours)))
    except (RecursionError, ValueError, LookupError, csv.Error):
        return Named(())


def _attached(mail: Message) -> Named | None:
    for part in mail.walk():
        name = part.get_filename() or ""
        if name.casefold() != _LIST and not name.casefold().endswith(".csv"):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            return Named(tuple(_rows(_decoded(content))), name)
    return None


def _decoded(content: bytes) -> str:
    """Text as programs write lists: UTF-8, or UTF-16 with its mark, or what Windows has in the West."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows(text: str) -> Iterator[Row]:
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    delimiter = max(";\t,", key=lines[0].count) if lines else ","
    table = [
        [cell.strip() for cell in row] for row in csv.reader(StringIO("\n".join(lines)), delimiter=delimiter)
    ]
    names = [cell.casefold().replace(" ", "_") for cell in table[0]] if table else []
    if not any(name in _NUMBER_COLUMNS for name in names):
        names = ["number", "name", "company"]
        body = table
    else:
        body = table[1:]
    for cells in body:
        columns = dict(zip(names, cells, strict=False))
        number = _taken(columns, _NUMBER_COLUMNS)
        if number:
            yield Row(number, _taken(columns, _NAME_COLUMNS), _taken(columns, _COMPANY_COLUMNS), columns)


def _taken(columns: dict[str, str], names: Sequence[str]) -> str:
    return next((columns.pop(name) for name in names if columns.get(name)), "")


def _in_text(wishes: Iterable[Wish]) -> list[Row]:
    rows: list[Row] = []
    for wish in wishes:
        if wish.name == "to_number" and wish.value:
            rows.append(Row(wish.value))
        elif rows and wish.name == "to_name":
            rows[-1] = replace(rows[-1], name=wish.value)
        elif rows and wish.name == "to_company":
            rows[-1] = replace(rows[-1], company=wish.value)
    return rows


def _in_subject(mail: Message) -> list[Row]:
    subject = " ".join(str(mail.get("Subject", "")).split())[:10_000]
    found = _SUBJECT.fullmatch(subject)
    return [Row(number.strip()) for number in _SEPARATORS.split(found[1]) if number.strip()] if found else []


def _in_to(mail: Message, ours: Collection[str]) -> list[Row]:
    fields = [str(value) for name in ("To", "Cc") for value in mail.get_all(name, [])]
    rows = []
    for name, address in getaddresses(fields):
        if address.rpartition("@")[2].casefold() not in ours:
            continue
        if (found := _RIGHTFAX_NAME.fullmatch(name.strip())) is not None:
            rows.append(Row(found[1].strip(), (found[2] or "").strip()))
        elif (found := _NAMED.fullmatch(name.strip()[:200])) is not None:
            rows.append(Row(found[2].strip(), found[1].strip()))
    return rows


def _filled(text: str, columns: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w{1,40})\}", lambda found: columns.get(found[1].casefold(), found[0]), text)
