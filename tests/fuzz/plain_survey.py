"""One look at a page, by the library: where its text is lost, and what it is made of."""

from dataclasses import dataclass

import numpy as np

from renderers.native.library import library
from tests.fuzz import plain_beside


@dataclass
class Survey:
    """A page by one threshold, the greys of every 16 x 16 dots, and where text is lost that way."""

    bits: np.ndarray
    threshold: int
    darkest: np.ndarray
    lightest: np.ndarray
    dark: np.ndarray
    pale: np.ndarray
    beside: np.ndarray


def survey(gray, threshold):
    """The page made black and white, and which of its blocks lose text."""
    rows, width = gray.shape
    bits = np.empty((rows, width // 8), np.uint8)
    darkest, lightest = np.empty((2, rows // 16, width // 16), np.uint8)
    greys = [one.ctypes.data for one in (bits, darkest, lightest)]
    library().survey(gray.ctypes.data, width, rows, threshold, *greys)
    marks = np.empty((2, *darkest.shape), np.uint8)
    library().find_lost(*greys[1:], *darkest.shape, threshold, *(mark.ctypes.data for mark in marks))
    pale = marks[1].view(np.bool_)
    beside = plain_beside.blocks(gray, darkest, lightest, pale, threshold)
    return Survey(bits, threshold, darkest, lightest, marks[0], pale, beside)
