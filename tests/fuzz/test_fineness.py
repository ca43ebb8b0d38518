"""The C of fineness against the same written plainly; what it is good for is in test_resolutions.py."""

import numpy as np
import pytest
from hypothesis import given, settings

from renderers.bilevel import bilevel
from renderers.fineness import needs_fine
from renderers.profile import Resolution
from renderers.spec import GrayPage
from tests.fuzz.test_rescue import pages

BAND, NARROW, MOST_IN, LEAST_GAPS, MOST_NARROW = 116, 3, 12, 300, 0.2


def plainly_needs_fine(bits):
    return any(is_small(bits[top : top + BAND]) for top in range(0, len(bits), BAND))


def is_small(band):
    inside = np.array([gap for gap in gaps(band) if gap <= MOST_IN])
    return len(inside) >= LEAST_GAPS and np.mean(inside <= NARROW) > MOST_NARROW


def gaps(band):
    """How long the white stretches between two black dots of a column are, in rows."""
    changes = np.diff(np.unpackbits(band, axis=1).astype(np.int8).T, axis=1)
    columns, rows = np.nonzero(changes)
    values = changes[columns, rows]
    between = (columns[1:] == columns[:-1]) & (values[:-1] == -1) & (values[1:] == 1)
    return (rows[1:] - rows[:-1])[between]


@settings(deadline=None, max_examples=30)
@given(gray=pages())
def test_what_needs_fine_is_found_as_written_plainly(gray):
    bits = bilevel(GrayPage(gray), Resolution.FINE)

    assert needs_fine(bits) == plainly_needs_fine(bits)


@pytest.mark.parametrize("height", [2, 3, 4, 12, 13])
@pytest.mark.parametrize("share", [0.1, 0.3])
def test_stripes_need_fine_when_enough_of_them_are_narrow(height, share):
    chance = np.random.default_rng(1)
    dots = np.zeros((300, 1728), np.uint8)
    for column in range(0, 1728, 4):
        gap = height if chance.random() < share else 8
        dots[10::20, column] = dots[10 + gap + 1 :: 20, column] = 1
    bits = np.packbits(dots, axis=1)

    assert needs_fine(bits) == plainly_needs_fine(bits) == (height <= NARROW and share > MOST_NARROW)
