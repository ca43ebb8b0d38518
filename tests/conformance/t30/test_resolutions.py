"""A machine that knows standard resolution only: it refuses finer pages, and takes the same ones when coarse.

Spec: ITU-T T.30 table 2, bits 15 and 41 of DIS.
"""

import pytest

from renderers.header import at_standard
from telephony.causes import T30Result
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair


@pytest.mark.parametrize("t38", [True, False], ids=["t38", "audio"])
@pytest.mark.parametrize("y_dpi", [196, 391])
def test_finer_pages_are_refused_before_the_first_one(y_dpi, t38, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(y_dpi=y_dpi)])

    result = fax_pair(Machine(sent), Machine(tmp_path / "received.tif", standard_only=True), t38=t38)

    assert result.sender_status == T30Result.RESOLUTION_UNSUPPORTED
    assert result.pages_sent == 0


@pytest.mark.parametrize("y_dpi", [98, 196, 391])
def test_the_same_pages_at_standard_resolution_get_through(y_dpi, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(y_dpi=y_dpi), Sheet(y_dpi=y_dpi)])
    coarse = tmp_path / "coarse.tif"
    at_standard(sent, coarse)

    received = tmp_path / "received.tif"
    result = fax_pair(Machine(coarse), Machine(received, standard_only=True), t38=True)

    assert (result.sender_status, result.pages_sent) == (T30Result.OK, 2)
    assert pictures(received) == pictures(coarse)
