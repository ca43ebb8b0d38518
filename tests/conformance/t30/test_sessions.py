"""T.30 sessions as data: cases.toml says what is sent and how it must end."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.fax_pages import Sheet, draw_fax, pictures
from tests.fax_pair import Machine, fax_pair

_DATA = tomllib.loads(Path(__file__).with_name("cases.toml").read_text())
_CASES = {name: _DATA["default"] | case for name, case in _DATA["case"].items()}


def _sheets(case: dict[str, Any]) -> list[Sheet]:
    return [
        Sheet(rows=rows, y_dpi=y_dpi, width=width, speckles=rows // 10)
        for rows, y_dpi, width, times in case["sheets"]
        for _ in range(times)
    ]


@pytest.mark.parametrize(
    ("name", "medium"), [(name, medium) for name, case in _CASES.items() for medium in case["medium"]]
)
def test_a_session_ends_as_its_case_says(name, medium, tmp_path):
    case = _CASES[name]
    sent = draw_fax(tmp_path / "sent.tif", _sheets(case))
    sender = Machine(sent, case["ecm"], case["bit_rate"], case["first_page"])
    receiver = Machine(tmp_path / "received.tif", case["receiver_ecm"], case["receiver_bit_rate"])

    result = fax_pair(sender, receiver, t38=medium == "t38", loss_per_mille=case["loss"])

    pages = len(_sheets(case)) if case["pages"] < 0 else case["pages"]
    assert (result.sender_status, result.receiver_status) == (case["sender"], case["receiver"])
    assert (result.pages_sent, result.pages_received) == (pages, pages)
    assert case["encoding"] in (0, result.encoding)
    assert case["negotiated"] in (0, result.bit_rate)
    if pages:
        assert result.ecm == (case["ecm"] and case["receiver_ecm"])
    if case["exact"]:
        assert result.bad_rows == 0
        assert pictures(receiver.file) == pictures(sent)[case["first_page"] :]


@pytest.mark.parametrize("loss", [20, 50])
def test_what_a_bad_audio_line_confirms_is_what_arrived(loss, tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(), Sheet()])

    result = fax_pair(Machine(sent), Machine(tmp_path / "in.tif"), t38=False, loss_per_mille=loss)

    arrived = pictures(tmp_path / "in.tif") if (tmp_path / "in.tif").exists() else []
    assert result.pages_sent <= result.pages_received
    assert arrived[: result.pages_received] == pictures(sent)[: result.pages_received]


def test_lost_rows_are_counted_where_nobody_corrects_errors(tmp_path):
    sent = draw_fax(tmp_path / "sent.tif", [Sheet(rows=1200)])

    result = fax_pair(
        Machine(sent, ecm=False), Machine(tmp_path / "in.tif", ecm=False), t38=True, loss_per_mille=60
    )

    assert result.ecm == 0
    assert result.pages_sent <= result.pages_received <= 1
