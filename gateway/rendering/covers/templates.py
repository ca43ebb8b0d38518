"""Templates of cover pages: HTML, or Word documents (.docx), both with fields as Jinja writes them.

A template is a file `NAME.html` or `NAME.docx`, and for a language `NAME.de.docx`. Those of the site's folder
come before the ones that are built in. What a template says comes from the administrator, what stands in its
fields from strangers: fields are escaped, and no template reaches anything but its fields.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from gateway.errors import PermanentError
from gateway.rendering.covers.faults import FAULTS, is_empty, missing_pictures, why
from gateway.rendering.covers.fields import EXAMPLE, CoverFields, qr_png, qr_uri
from renderers import SourceDocument

BUILT_IN = Path(__file__).parent / "templates"
NONE = "none"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HTML = "text/html; charset=utf-8"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FILE = re.compile(r"([A-Za-z0-9_-]{1,40})(?:\.([a-z]{2,3}))?\.(html|docx)")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".svg"})
_MOST_PICTURES = 50
_QR_SIZE = Mm(24)
_JINJA = SandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


class CoverFailed(PermanentError):
    """The cover page could not be made."""

    code: ClassVar[str] = "cover-failed"
    remedy: ClassVar[str] = 'Tell your administrator, or send it again without one ("X-Faxgw-Cover: none").'


@dataclass(frozen=True, slots=True)
class Template:
    """One file."""

    name: str
    language: str  #: "" for all
    path: Path

    @property
    def is_word(self) -> bool:
        """It goes through LibreOffice, which takes longer."""
        return self.path.suffix == ".docx"


class Templates:
    """The templates of a site, and those that are built in."""

    def __init__(self, folder: Path | None = None) -> None:
        """Files in `folder` are looked at when they are needed, so that changes hold at once."""
        self._folders = [folder, BUILT_IN] if folder else [BUILT_IN]

    def all(self) -> list[Template]:
        """Every template once, by name and language."""
        found: dict[tuple[str, str], Template] = {}
        for folder in self._folders:
            for template in _in(folder):
                found.setdefault((template.name, template.language), template)
        return [found[key] for key in sorted(found)]

    def find(self, name: str, *languages: str) -> Template | None:
        """The template of this name in the first of the languages it has (RFC 5646), or in any."""
        if not _NAME.fullmatch(name):
            return None
        for folder in self._folders:
            known = {item.language: item for item in _in(folder) if item.name.lower() == name.lower()}
            for language in (*map(primary, languages), "", "en"):
                if language in known:
                    return known[language]
            if known:
                return known[min(known)]
        return None


def named_file(path: Path) -> Template | None:
    """The template in this file, whatever its name; None when it is no file of HTML or Word."""
    if path.suffix not in (".html", ".docx") or not path.is_file():
        return None
    found = _FILE.fullmatch(path.name)
    return Template(path.name, (found[2] or "") if found else "", path)


def primary(language: str) -> str:
    """The language without its country: "de" of "de-AT" or "de_AT"."""
    return re.split("[-_,; ]", language.strip().lower())[0]


def fill(template: Template, fields: CoverFields, folder: Path) -> SourceDocument:
    """The filled template as a document in `folder`.

    Raises:
        CoverFailed: the template is no good; the text says which, and why.
    """
    name = f"cover page {template.path.name}"
    try:
        if template.is_word:
            return _filled_word(template, fields, folder / "cover.docx", name)
        text = _JINJA.from_string(template.path.read_text(encoding="utf-8"))
        path = folder / "cover.html"
        path.write_text(
            text.render(**fields.for_templates, qr=qr_uri(fields.job_id) if fields.job_id else ""), "utf-8"
        )
        return SourceDocument(name, path, _HTML, _pictures(template.path.parent))
    except FAULTS as error:
        told = why(error, fields=fields.for_templates, is_word=template.is_word)
        raise _failed(template, told) from error


def _failed(template: Template, why: str) -> CoverFailed:
    return CoverFailed(
        f"The cover page {template.path.name} could not be made: {why}{'' if why[-1] == '?' else '.'}"
    )


def check(template: Template, folder: Path) -> None:
    """The template can be filled, with all fields and with the fewest.

    Raises:
        CoverFailed: it cannot.
    """
    for fields in (EXAMPLE, CoverFields(), replace(EXAMPLE, language="xx")):
        filled = fill(template, fields, folder)
        if not template.is_word:
            _check_page(template, filled, fields)


def _check_page(template: Template, filled: SourceDocument, fields: CoverFields) -> None:
    html = filled.path.read_text("utf-8")
    if missing := missing_pictures(html, filled.parts):
        raise _failed(template, f'the picture "{missing[0]}" does not lie beside it')
    if fields is EXAMPLE and is_empty(html):
        raise _failed(template, "nothing is written in it")


def _filled_word(template: Template, fields: CoverFields, path: Path, name: str) -> SourceDocument:
    document = DocxTemplate(template.path)
    qr: Any = ""
    if fields.job_id:
        qr = InlineImage(document, BytesIO(qr_png(fields.job_id)), height=_QR_SIZE)
    facts = {key: str(value) if key != "pages" else value for key, value in fields.for_templates.items()}
    document.render(facts | {"qr": qr}, jinja_env=_JINJA.overlay(trim_blocks=False, lstrip_blocks=False))
    document.save(path)
    return SourceDocument(name, path, DOCX)


def _in(folder: Path) -> Iterator[Template]:
    try:
        files = sorted(folder.iterdir())
    except OSError:
        return
    for file in files:
        if found := _FILE.fullmatch(file.name):
            yield Template(found[1], found[2] or "", file)


def _pictures(folder: Path) -> Mapping[str, Path]:
    """The pictures beside a template: `<img src="cid:logo.png">`."""
    files = (file for file in sorted(folder.iterdir()) if file.suffix.lower() in _PICTURES)
    return {file.name: file for _, file in zip(range(_MOST_PICTURES), files, strict=False)}
