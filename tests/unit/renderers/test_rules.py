"""Rules are found many dots at a time; here they are found dot by dot, as they are defined, and compared."""

import numpy as np
import pytest

from renderers.native.library import library
from renderers.spec import Box

PALEST, CONTRAST, BESIDE, GAP, LEAST = 235, 20, 3, 4, 48
WHITE = 255


def drawn(gray, *, threshold=168, beside=3, least=46, boxes=()):
    """What the library draws."""
    rows, width = gray.shape
    bits = np.zeros((rows, width // 8), np.uint8)
    darkest, lightest = np.zeros((2, rows // 16, width // 16), np.uint8)
    greys = [one.ctypes.data for one in (gray, bits, darkest, lightest)]
    library().survey(greys[0], width, rows, threshold, *greys[1:])
    bits[:] = 0
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes], np.int32)
    places = (
        greys[0],
        *greys[2:],
        width,
        rows,
        threshold,
        beside,
        least,
        sides.ctypes.data,
        len(boxes),
        greys[1],
    )
    assert library().draw_rules(*places)
    return np.unpackbits(bits, axis=1).astype(bool)


def defined(gray, *, threshold=168, beside=3, least=46, boxes=()):
    """The same, one dot after another."""
    pale = (gray >= threshold) & (gray <= PALEST)
    for box in boxes:
        pale[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)] = False
    return along(stands_out(gray, pale, beside), LEAST) | along(stands_out(gray.T, pale.T, BESIDE), least).T


def stands_out(gray, pale, beside):
    wide = np.pad(gray.astype(int), ((beside, beside), (0, 0)), constant_values=WHITE)
    lighter = gray.astype(int) + CONTRAST
    return pale & (wide[: len(gray)] >= lighter) & (wide[2 * beside :] >= lighter)


def along(found, least):
    """Blackened from the first to the last dot of each rule across."""
    black = np.zeros_like(found)
    for row, places in enumerate(map(np.flatnonzero, found)):
        for rule in np.split(places, np.flatnonzero(np.diff(places) > GAP) + 1):
            if len(rule) and rule[-1] - rule[0] + 1 >= least:
                black[row, rule[0] : rule[-1] + 1] = True
    return black


def a_page_of_rules(dice, noise):
    rows, width = int(dice.integers(1, 220)), 16 * int(dice.integers(1, 40))
    gray = np.full((rows, width), WHITE, np.uint8)
    for _ in range(10):
        grey = dice.integers(150, 250)
        start, end = sorted(dice.integers(0, width + 1, 2))
        gray[dice.integers(rows), start:end] = grey
        start, end = sorted(dice.integers(0, rows + 1, 2))
        gray[start:end, dice.integers(width)] = grey
    dots = dice.random(gray.shape) < noise
    gray[dots] = dice.integers(0, 256, int(dots.sum()))
    return gray


@pytest.mark.parametrize("seed", range(60))
def test_every_rule_is_found_and_nothing_else_however_the_page_looks(seed):
    dice = np.random.default_rng(seed)
    gray = a_page_of_rules(dice, noise=(0, 0.02, 0.1, 1)[seed % 4])
    how = {
        "threshold": int(dice.integers(100, 240)),
        "beside": int(dice.integers(1, 8)),
        "least": int(dice.integers(1, 100)),
        "boxes": [Box(*map(int, dice.integers(-20, 300, 4))) for _ in range(seed % 3)],
    }

    assert np.array_equal(drawn(gray, **how), defined(gray, **how))


def test_no_rule_is_drawn_within_a_picture():
    gray = np.full((200, 640), WHITE, np.uint8)
    gray[100, 100:600] = 200

    dots = drawn(gray, boxes=[Box(300, 50, 600, 150)])

    assert dots[100, 100:300].all()
    assert dots.sum() == 200
