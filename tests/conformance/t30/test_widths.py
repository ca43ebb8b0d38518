"""Pages wider than A4 go as they are to a machine that knows A3, and narrow to one that does not.

Spec: ITU-T T.30 table 2, bits 17 and 18.
"""

import pytest

from telephony.causes import T30Result
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

WIDTHS = (1728, 2432, 2048, 1728)


@pytest.fixture
def fax(tmp_path):
    return draw_fax(tmp_path / "wide.tif", [Sheet(width=width) for width in WIDTHS])


@pytest.fixture
def narrow(tmp_path):
    return draw_fax(tmp_path / "narrow.tif", [Sheet(rows=250)] * len(WIDTHS), seed=2)


@pytest.mark.parametrize("t38", [True, False], ids=["t38", "audio"])
@pytest.mark.parametrize("first_page", [0, 1, 3])
@pytest.mark.parametrize("only_a4", [True, False], ids=["A4", "A3"])
def test_a_machine_gets_pages_that_it_knows(fax, narrow, tmp_path, only_a4, first_page, t38):
    got = tmp_path / "got.tif"

    result = fax_pair(
        Machine(fax, narrow=narrow, first_page=first_page), Machine(got, only_a4=only_a4), t38=t38
    )

    assert (result.sender_status, result.pages_sent) == (T30Result.OK, len(WIDTHS) - first_page)
    assert pictures(got) == pictures(narrow if only_a4 else fax)[first_page:]


def test_without_narrow_ones_the_first_wide_page_is_refused(fax, tmp_path):
    result = fax_pair(Machine(fax), Machine(tmp_path / "got.tif", only_a4=True), t38=True)

    assert (result.sender_status, result.pages_sent) == (T30Result.SIZE_UNSUPPORTED, 1)
