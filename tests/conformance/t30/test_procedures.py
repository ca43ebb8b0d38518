"""T.30 procedures as data: procedures.toml says what the far end does and what we must do."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from telephony.causes import T30Result
from telephony.engine import Offer
from telephony.native.values import Kind
from tests.fax_pages import Sheet, draw_fax
from tests.t30_far_end import TICK_S, FarEnd, Heard

_DATA = tomllib.loads(Path(__file__).with_name("procedures.toml").read_text())
_CASES = _DATA["case"]
_FRAMES = {name: (code, bytes.fromhex(content)) for name, (code, content) in _DATA["frame"].items()}
_LONGEST_S = 12.0  # between two signals of ours, where a case says nothing else

# White lines in MH (T.4 table 2: 1728 white dots), between EOLs, and the return to control.
_EOL, _WHITE = "000000000001", "01001101100110101"
_PAGE = int((_EOL + _WHITE) * 400 + _EOL * 6 + "0000", 2).to_bytes((29 * 400 + 76) // 8, "big")


class _Play:
    """One case on the stage."""

    def __init__(self, far: FarEnd) -> None:
        self.far = far
        self._taken = 0  # of what was heard
        self._free_since = 0.0  # when the last signal of either side was over

    def step(self, step: dict[str, Any]) -> None:
        for _ in range(step.get("times", 1)):
            for what in ("wait", "say", "image", "hear", "silence"):
                if what in step:
                    getattr(self, f"_{what}")(step)

    def _wait(self, step: dict[str, Any]) -> None:
        self.far.wait(step["wait"])

    def _say(self, step: dict[str, Any]) -> None:
        self.far.wait(0.1)  # a signal of the other modem has ended (T.30 5.3.1: 75 ms)
        frames = [_FRAMES.get(name, (name, b"")) for name in step["say"]]
        self.far.say(*frames, broken=step.get("broken", False))
        self._free_since = self.far.now_s

    def _image(self, step: dict[str, Any]) -> None:
        self.far.wait(0.1)
        if step["image"] == "BLOCK":
            self.far.say_block(_PAGE, step.get("missing", ()))
        else:
            check = bytes(round(1.5 * self.far.bytes_a_second))
            images = {"TCF": check, "bad TCF": b"\x55" * len(check), "PAGE": _PAGE}
            images["broken PAGE"] = _PAGE[: len(_PAGE) // 3]
            self.far.say_image(images[step["image"]])
        self._free_since = self.far.now_s

    def _hear(self, step: dict[str, Any]) -> None:
        low, high = step.get("after", (0.0, _LONGEST_S))
        for number, name in enumerate(step["hear"]):
            signal = self._next(high if number == 0 else _LONGEST_S)
            assert signal, f"{name} is due, and nothing was heard"
            assert signal.name == name
            if number == 0:
                assert low <= signal.began_s - self._free_since <= high, "not when it is due"
            if number == 0 and "content" in step:
                assert signal.content[: len(step["content"]) // 2].hex() == step["content"]
            self._free_since = signal.ended_s
        assert step.get("bit_rate") in (None, signal.bit_rate)

    def _silence(self, step: dict[str, Any]) -> None:
        self.far.wait(step["silence"])
        assert self.far.heard[self._taken :] == []

    def _next(self, within_s: float) -> Heard | None:
        """The next signal that begins `within_s` from the last one."""
        until = self.far.now_s + within_s + 90  # a page takes its time
        while self.far.now_s < until:
            if len(self.far.heard) > self._taken:
                self._taken += 1
                return self.far.heard[self._taken - 1]
            self.far.wait(TICK_S)
        return None


@pytest.mark.parametrize("name", _CASES)
def test_a_procedure_goes_as_its_case_says(name, tmp_path):
    case = _DATA["default"] | _CASES[name]
    file = tmp_path / "fax.tif"
    offered = tmp_path / "offered.tif"
    sheets = [Sheet(rows=200, y_dpi=lines) for lines in case["y_dpi"] or [98] * case["sheets"]]
    draw_fax(offered if case["offers"] else file, sheets)
    options = {
        "file": file,
        "password": case["password"],
        "sub_address": case["sub_address"],
        "local_id": "faxgw",
    }
    calls = case["ours"] == "sends" or case["polls"]
    texts = {name: str(text).encode() for name, text in options.items()}
    offers = [Offer(offered, name, case["password"]) for name in case["names"]] if case["offers"] else []
    with FarEnd(
        offers, calling=calls, polls=case["polls"], ecm=case["ecm"], max_bit_rate=14400, **texts
    ) as far:
        play = _Play(far)
        for step in case["steps"]:
            play.step(step)
        ended_in = _wait_for_the_end(far, case["ends_within"])

        results = [T30Result(status) for kind, status in far.events if kind == Kind.FAX_DONE]
        pages = sum(kind == Kind.PAGE for kind, _ in far.events)

    assert far.sub_address == case["received_sub_address"]
    assert [result.name for result in results] == [case["result"]], f"{ended_in} s after the last step"
    assert pages == case["pages"]


def _wait_for_the_end(far: FarEnd, seconds: float) -> float:
    began = far.now_s
    while far.now_s - began < seconds and not any(kind == Kind.FAX_DONE for kind, _ in far.events):
        far.wait(TICK_S)
    return far.now_s - began
