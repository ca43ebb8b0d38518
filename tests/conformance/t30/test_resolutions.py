"""A machine that knows coarser resolutions only: it refuses finer pages, and takes the same ones when coarse.

Spec: ITU-T T.30 table 2, bits 15 and 41 of DIS.
"""

import pytest

from renderers.header import coarsened
from renderers.profile import Resolution
from telephony.causes import T30Result
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair


@pytest.mark.parametrize("t38", [True, False], ids=["t38", "audio"])
@pytest.mark.parametrize(("y_dpi", "finest"), [(196, 98), (391, 98), (391, 196)])
def test_finer_pages_are_refused_before_the_first_one(y_dpi, finest, t38, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(y_dpi=y_dpi)])

    result = fax_pair(Machine(sent), Machine(tmp_path / "received.tif", finest=finest), t38=t38)

    assert result.sender_status == T30Result.RESOLUTION_UNSUPPORTED
    assert result.pages_sent == 0


@pytest.mark.parametrize(
    ("y_dpi", "finest"), [(98, 98), (196, 98), (391, 98), (98, 196), (196, 196), (391, 196)]
)
def test_the_same_pages_get_through_when_they_are_no_finer(y_dpi, finest, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(y_dpi=y_dpi), Sheet(y_dpi=y_dpi)])
    coarse = tmp_path / "coarse.tif"
    coarsened(sent, coarse, Resolution.nearest(finest))

    received = tmp_path / "received.tif"
    result = fax_pair(Machine(coarse), Machine(received, finest=finest), t38=True)

    assert (result.sender_status, result.pages_sent) == (T30Result.OK, 2)
    assert pictures(received) == pictures(coarse)
