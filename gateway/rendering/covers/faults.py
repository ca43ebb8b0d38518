"""What is wrong with a template, in words for the administrator who wrote it."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError
from lxml.etree import LxmlError

#: What reading and filling a file that somebody made can raise.
FAULTS = (
    *(TemplateError, BadZipFile, LxmlError, OpcError, OSError),
    *(ValueError, KeyError, TypeError, AttributeError, ArithmeticError, LookupError),
)
_LONGEST = 300  # characters
_SHOWN = re.compile(r"cid:([^\"'\s>)]+)")
_MARKS = re.compile(
    r"<style.*?</style>|<title.*?</title>|<!--.*?-->|<(?!img|svg)[^>]*>|\s", re.DOTALL | re.IGNORECASE
)


def why(error: Exception, *, fields: Iterable[str], is_word: bool) -> str:
    """The cause, and where one is known the remedy; without a full stop."""
    if isinstance(error, UndefinedError) and (found := re.fullmatch(r"'(\w+)' is undefined", str(error))):
        near = get_close_matches(found[1], list(fields), 1)
        return f'there is no field "{found[1]}"' + (f', did you mean "{near[0]}"?' if near else "")
    if isinstance(error, SecurityError):
        return "a template may show fields, and nothing inside them"
    if isinstance(error, UnicodeDecodeError):
        return "it is not written in UTF-8; save it anew in this encoding"
    if is_word and isinstance(error, (BadZipFile, OpcError, LxmlError, LookupError)):
        return "it is no Word document; open it in Word and save it as .docx"
    return _first_sentence(error) + (_in_word(error) if is_word else "")


def missing_pictures(html: str, pictures: Mapping[str, object]) -> list[str]:
    """The pictures that a page shows by `cid:` and that do not lie beside its template."""
    return [name for name in dict.fromkeys(_SHOWN.findall(html)) if name not in pictures]


def is_empty(html: str) -> bool:
    """Whether there is neither text nor a picture on the page."""
    return not _MARKS.sub("", html)


def _first_sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    line = getattr(error, "lineno", None)
    return f"{re.split(r'[.] |[.]?$', text.splitlines()[0])[0]}{f' (line {line})' if line else ''}"[:_LONGEST]


def _in_word(error: Exception) -> str:
    """What authors of Word templates have to know of tags."""
    if isinstance(error, TemplateSyntaxError) and "tag" in str(error):
        return "; in Word {%p if note %} and {%p endif %} stand in paragraphs of their own"
    return ""
