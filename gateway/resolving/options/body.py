"""Commands in the text of a mail, wherever it has one: as text, as HTML, or as both."""

from collections.abc import Collection, Iterable

from gateway.model.attached import Text
from gateway.model.body_codes import read_codes
from gateway.model.options import Wish


def wishes(texts: Iterable[Text], dialects: Collection[str]) -> list[Wish]:
    """The wishes in every text of the mail, each of them once."""
    found = [wish for one in texts for wish in read_codes(one.text, dialects, is_html=one.is_html)[0]]
    return list(dict.fromkeys(found))
