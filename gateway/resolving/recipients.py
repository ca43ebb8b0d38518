"""The numbers that stand in a mail: in an attached list, in its text, in its subject, or beside its address.

The first of these that names any counts:
- an attached list: `distribution-list.txt` or `.xlsx`, any .csv, or an .xlsx whose first row names a column
  of numbers; one recipient a row. The first row may name its columns: number, name, company, any option (note
  ...), and others of one's own;
- RightFax's `<TOFAXNUM:...>` with `<TONAME:...>` and `<TOCOMPANY:...>` behind it;
- the subject: `[FAX]number,number;number`, or `SEND number, number`;
- the names beside our own addresses in To: `"Anne Anderson 5035550123" <fax@...>`, `"/fax=847 680-4777/"`.

`{column}` in a note or subject that the mail asks for is replaced by what the row says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from email.message import Message

from gateway.model.address import ascii_domain
from gateway.model.attached import Attached
from gateway.model.header_addresses import addresses_in, decoded
from gateway.model.mail_header import HEADER_SIZE, header_of
from gateway.model.options import JobOptions, Wish
from gateway.resolving.spreadsheet import rows_of
from gateway.resolving.text_table import BadList, table_of

#: Wishes that name recipients.
RECIPIENT_WISHES = frozenset({"to_number", "to_name", "to_company"})
_LIST = "distribution-list"
_SUBJECT = re.compile(r"\s*(?:\[[A-Za-z0-9_-]{1,20}\]|SEND\s)\s*(\+?[0-9(][^\[\]]*)", re.IGNORECASE)
_NAMED = re.compile(r"(.*?)[\s,]*(\+?[0-9(][0-9() ./-]{4,30})")
_RIGHTFAX_NAME = re.compile(r"/fax=([^/]+)/(?:name=([^/]*)/)?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;]")
_NO_WORD = re.compile(r"[\W_]+")
_NUMBER_COLUMNS = (
    *("number", "fax", "fax_number", "faxnumber", "fax_no", "phone", "to", "business_fax"),
    *("faxnummer", "fax_nummer", "fax_nr", "faxnr", "telefax", "nummer", "fax_gesch\u00e4ftlich"),
    *("telefaxnummer", "telefax_nummer", "telefax_nr", "recipient_fax", "to_number", "fax_business"),
    *("num\u00e9ro_de_fax", "t\u00e9l\u00e9copie"),
)
_NAME_COLUMNS = ("name", "to_name", "recipient", "full_name", "last_name", "empf\u00e4nger", "nachname")
_FIRST_NAMES = ("first_name", "vorname")  # beside a last name
_LAST_NAMES = ("name", "last_name", "nachname")
_COMPANY_COLUMNS = ("company", "to_company", "organisation", "organization", "firma")
#: What a row may ask for by the name of a column.
_OPTIONS = frozenset(
    {
        "cover",
        "note",
        "subject",
        "reference",
        "billing_code",
        "priority",
        "send_at",
        "resolution",
        "header",
        "sub_address",
    }
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
    fault: str = ""  #: why that cannot be read
    is_encrypted: bool = False  #: it names nobody that could be read


def recipients_in(
    message: bytes, attached: Iterable[Attached], wishes: Iterable[Wish], ours: Set[str]
) -> Named:
    """The recipients that a raw message with these files names.

    `ours` are our domains and addresses, in lower case. Never raises: what cannot be read names nobody.
    """
    attached = list(attached)
    try:
        if (listed := _listed(attached)) is not None:
            return listed
        mail = header_of(message[:HEADER_SIZE])
        rows = tuple(_in_text(wishes) or _in_subject(mail) or _in_to(mail, ours))
        return Named(rows, is_encrypted=not rows and any(file.is_encrypted for file in attached))
    except BadList as error:
        return Named((), fault=str(error))
    except (RecursionError, ValueError, LookupError):
        return Named(())


def _listed(attached: Iterable[Attached]) -> Named | None:
    files = [_File(file) for file in attached]
    # A workbook may also be what is to be faxed.
    lists = [file for file in files if file.stem == _LIST] or [
        file for file in files if file.kind == "csv" or (file.kind == "xlsx" and _names(_cells(file)))
    ]
    if len(lists) > 1:
        raise BadList(_SEVERAL.format(", ".join(file.name[:60] for file in lists[:5])))
    if not lists:
        return None
    (file,) = lists
    if not (table := _table_in(file)):
        raise BadList(_NO_LIST.format(file.name[:60]))
    return Named(tuple(_rows(table)), file.name)


_SEVERAL = "The mail has several lists of recipients: {}. Put all of them into one"
_NO_LIST = "{} is empty, or no list that can be read. Save it as .xlsx or .csv"


class _File:
    """An attachment."""

    def __init__(self, attached: Attached) -> None:
        self.name = attached.name
        self.stem, _, self.kind = attached.name.casefold().strip().rpartition(".")
        self.content = attached.content


def _table_in(file: _File) -> list[list[str]]:
    if file.kind in ("csv", "txt"):
        return table_of(file.content())
    return _cells(file) if file.kind == "xlsx" else []


def _cells(workbook: _File) -> list[list[str]]:
    try:
        return rows_of(workbook.content())
    except ValueError:
        return []


def _names(table: list[list[str]]) -> list[str]:
    """What the first row calls the columns, where it names one of numbers."""
    names = [_NO_WORD.sub("_", cell.casefold()).strip("_") for cell in table[0]] if table else []
    return names if any(name in _NUMBER_COLUMNS for name in names) else []


def _rows(table: list[list[str]]) -> Iterator[Row]:
    names = _names(table)
    for cells in table[1:] if names else table:
        columns = dict(zip(names or ("number", "name", "company"), cells, strict=False))
        number = _taken(columns, _NUMBER_COLUMNS)
        if number or any(columns.values()):
            yield Row(number, _name(columns), _taken(columns, _COMPANY_COLUMNS), columns)


def _name(columns: dict[str, str]) -> str:
    """Whom the row names; what it says of him stays there for {fields}, but for his whole or last name."""
    first = next((columns[name] for name in _FIRST_NAMES if columns.get(name)), "")
    of_whole = next((name for name in _NAME_COLUMNS if columns.get(name)), "")
    name = _taken(columns, _NAME_COLUMNS)
    if of_whole not in _LAST_NAMES or first.casefold() in name.casefold().split():
        return name or first
    return f"{first} {name}".strip()


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
    subject = decoded(str(mail.get("Subject", "")), longest=10_000)
    found = _SUBJECT.fullmatch(subject)
    return [Row(number.strip()) for number in _SEPARATORS.split(found[1]) if number.strip()] if found else []


def _in_to(mail: Message, ours: Set[str]) -> list[Row]:
    fields = [str(value) for name in ("To", "Cc") for value in mail.get_all(name, [])]
    rows = []
    for beside in (found for text in fields for found in addresses_in(text)):
        name, address = beside.name, beside.address.casefold()
        if ours.isdisjoint((address, ascii_domain(address.rpartition("@")[2]))):
            continue
        if (found := _RIGHTFAX_NAME.fullmatch(name.strip())) is not None:
            rows.append(Row(found[1].strip(), (found[2] or "").strip()))
        elif (found := _NAMED.fullmatch(name.strip()[:200])) is not None:
            rows.append(Row(found[2].strip(), found[1].strip()))
    return rows


def _filled(text: str, columns: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w{1,40})\}", lambda found: columns.get(found[1].casefold(), found[0]), text)
