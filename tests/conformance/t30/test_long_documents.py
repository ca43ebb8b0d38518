"""Faxes that take longer than half an hour: nothing in a session may count on its end before that."""

import pytest

from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

HALF_AN_HOUR = 1_800_000  # milliseconds; of the call's own clock


@pytest.mark.parametrize(
    ("pages", "speckles", "medium"), [(28, 54000, "t38"), (28, 54000, "audio"), (200, 2600, "t38")]
)
def test_every_page_of_a_long_document_arrives(pages, speckles, medium, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(rows=1100, speckles=speckles)] * pages)

    result = fax_pair(Machine(sent), Machine(tmp_path / "in.tif"), t38=medium == "t38")

    assert result.call_ms > HALF_AN_HOUR
    assert (result.pages_sent, result.pages_received) == (pages, pages)
    assert pictures(tmp_path / "in.tif") == pictures(sent)
