"""MH, MR and MMR as they are negotiated, with and without error correction, both ways.

The other side of the line is libtiff (by Pillow): it reads what we say and writes what we hear.

Spec: ITU-T T.30 table 2 (bits 16, 27, 31), T.4 (MH, MR), T.6 (MMR); TIFF 6.0 sections 10 and 11.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from telephony.native.values import Kind
from tests.fax_pages import Sheet, draw_fax, pictures
from tests.t30_far_end import TICK_S, FarEnd

WIDTH, ROWS = 1728, 200
_GROUP_3, _GROUP_4, _TWO_DIMENSIONAL = 3, 4, 1
_EOL = "000000000001"
#: The return to control (T.4 4.1.4, 4.2.2), which libtiff does not write.
_END = {
    0: int(_EOL * 6, 2).to_bytes(9, "big"),
    _TWO_DIMENSIONAL: int((_EOL + "1") * 6 + "00", 2).to_bytes(10, "big"),
}


@dataclass(frozen=True)
class Coding:
    """One way to code a page, as frames say it and as TIFF does."""

    dis: str  #: behind DIS: what the machine can read
    dcs: str  #: behind DCS: what it is going to get
    compression: int
    options: int = 0  #: T4Options

    @property
    def has_ecm(self) -> bool:
        return len(self.dcs) > 6


CODINGS = {
    "MH": Coding("00741e", "00440e", _GROUP_3),
    "MR": Coding("00751e", "00450e", _GROUP_3, _TWO_DIMENSIONAL),
    "MH with ECM": Coding("00741f20", "00440f20", _GROUP_3),
    "MR with ECM": Coding("00751f20", "00450f20", _GROUP_3, _TWO_DIMENSIONAL),
    "MMR": Coding("00751f22", "00440f22", _GROUP_4),
}
EACH = pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)


def as_tiff(image: bytes, coding: Coding) -> bytes:
    """A TIFF of one page whose strip is what was on the line."""
    tags = [
        *[(256, WIDTH), (257, ROWS), (258, 1), (259, coding.compression), (262, 0)],
        *[(266, 1), (273, 8), (277, 1), (278, ROWS), (279, len(image))],
        *([(292, coding.options)] if coding.compression == _GROUP_3 else []),
    ]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (
        struct.pack("<4sI", b"II*\0", 8 + len(image) + len(image) % 2)
        + image
        + bytes(len(image) % 2)
        + struct.pack("<H", len(tags))
        + directory
        + bytes(4)
    )


def read(image: bytes, coding: Coding) -> bytes:
    """The pixels."""
    with Image.open(io.BytesIO(as_tiff(image, coding))) as page:
        return page.convert("1").tobytes()


def coded(fax: Path, coding: Coding) -> bytes:
    """The page of a file as it goes over the line."""
    out = io.BytesIO()
    compression = "group4" if coding.compression == _GROUP_4 else "group3"
    with Image.open(fax) as page:
        tags = {262: 0} | ({292: coding.options} if coding.options else {})
        page.save(out, "TIFF", compression=compression, tiffinfo=tags, strip_size=1 << 26)
    with Image.open(out) as written:
        offset, size = written.tag_v2[273][0], written.tag_v2[279][0]
    strip = out.getvalue()[offset : offset + size]
    return strip if coding.compression == _GROUP_4 else strip + _END[coding.options]


def wait_for(far: FarEnd, *names: str) -> None:
    """The machine has said these signals, and nothing since."""
    while [signal.name for signal in far.heard][-len(names) :] != list(names):
        assert far.now_s < 300, [signal.name for signal in far.heard]
        far.wait(TICK_S)


def agreed(dcs: bytes) -> tuple[bool, bool, bool]:
    """Bits 16, 27 and 31: MR, error correction, MMR."""
    more = dcs[3] if len(dcs) > 3 else 0
    return bool(dcs[1] & 0x01), bool(more & 0x20), bool(more & 0x02)


@EACH
def test_a_page_goes_as_the_far_end_can_read_it(coding, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=ROWS, width=WIDTH)])
    with FarEnd(calling=1, file=str(fax).encode(), ecm=1, max_bit_rate=14400) as far:
        far.wait(2.0)
        far.say(("DIS", bytes.fromhex(coding.dis)))
        wait_for(far, "DCS", "TCF")
        said = far.heard[-2].content
        far.say(("CFR", b""))
        wait_for(far, *(("BLOCK", "PPS-EOP") if coding.has_ecm else ("PAGE", "EOP")))
        image = far.heard[-2].content

    assert agreed(said) == agreed(bytes.fromhex(coding.dcs))
    assert read(image, coding) == pictures(fax)[0][1]


@EACH
def test_a_page_is_read_as_the_far_end_has_coded_it(coding, tmp_path):
    fax, got = draw_fax(tmp_path / "fax.tif", [Sheet(rows=ROWS, width=WIDTH)]), tmp_path / "in.tif"
    with FarEnd(calling=0, file=str(got).encode(), ecm=1, max_bit_rate=14400) as far:
        wait_for(far, "DIS")
        far.wait(0.1)
        far.say(("DCS", bytes.fromhex(coding.dcs)))
        far.wait(0.1)
        far.say_image(bytes(round(1.5 * far.bytes_a_second)))
        wait_for(far, "CFR")
        far.wait(0.1)
        image = coded(fax, coding)
        if coding.has_ecm:
            far.say_block(image)
            far.wait(0.1)
            frames = (len(image) - 1) // 256  # but one
            far.say(("PPS-EOP", bytes([0, 0, int(f"{frames:08b}"[::-1], 2)])))
        else:
            far.say_image(image)
            far.wait(0.1)
            far.say(("EOP", b""))
        wait_for(far, "MCF")
        far.wait(0.1)
        far.say(("DCN", b""))
        far.wait(1.0)
        pages = [kind for kind, _ in far.events if kind == Kind.PAGE]

    assert len(pages) == 1
    assert pictures(got) == pictures(fax)
