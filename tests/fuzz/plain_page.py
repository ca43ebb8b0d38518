"""What renderers/native/page.c makes of a page, written for the reader and not for speed, with NumPy."""

from itertools import product

import numpy as np

from renderers.bilevel import THRESHOLDS, looks, sides_of
from renderers.native.library import library
from renderers.profile import Resolution
from renderers.spec import Box
from tests.fuzz import plain_beside, plain_contrast, plain_pictures, plain_tints
from tests.fuzz.plain_survey import survey

BLOCK, SMALL = 16, 40_000


def bilevel(page, resolution):
    """The page in black and white, packed."""
    kinds = []
    for box in (box for box in page.pictures if dots_of(box)):
        has_texts = any(dots_of(common(text.box, box)) for text in page.texts)
        kind = plain_pictures.kind_of(page.gray[inside(box)], resolution, has_texts=has_texts)
        kinds.append((box, kind, has_texts))
    others = [box for box, kind, _ in kinds if kind != "drawing"]
    photos = [box for box, kind, _ in kinds if kind in ("paper", "photograph", "negative")]
    black = np.unpackbits(without_pictures(page.gray, others, photos, resolution), axis=1).view(np.bool_)
    for box, kind, _ in kinds:
        if kind == "drawing":
            black[inside(box)] |= plain_pictures.strokes(page.gray[inside(box)], resolution)
    for wanted in (False, True):
        for box, kind, has_texts in kinds:
            if kind in ("paper", "photograph") and has_texts == wanted:
                black[inside(box)] = plain_pictures.picture(
                    page.gray[inside(box)], resolution, has_texts=has_texts
                )
    for box, kind, _ in kinds:
        if kind == "negative":
            black[inside(box)] = plain_pictures.negative(page.gray[inside(box)], resolution)
    for text, photo in product(page.texts, photos):
        write(black, page.gray, text, photo)
    return np.packbits(black, axis=1)


def write(black, gray, text, photo):
    """Draws a text on a picture anew, and its ground white or black."""
    sides = text.box
    box = common(Box(sides.left - 3, sides.top - 3, sides.right + 3, sides.bottom + 3), photo)
    if not dots_of(box):
        return
    dots = gray[inside(box)].astype(int)
    ground = int(np.sort(dots, axis=None)[dots.size // 2])
    if abs(ground - text.grey) >= 24:
        limit = text.grey + int((ground - text.grey) * 45 / 100)
        black[inside(box)] = dots < limit if text.grey < ground else dots <= limit


def common(one, other):
    return Box(
        max(one.left, other.left),
        max(one.top, other.top),
        min(one.right, other.right),
        min(one.bottom, other.bottom),
    )


def without_pictures(gray, others, photos, resolution):
    """Text and lines, and the drawings."""
    threshold = THRESHOLDS[resolution]
    if resolution is not Resolution.STANDARD:
        found = left_out(survey(gray, threshold), others)
        draw_rules(gray, found, photos, resolution, found.bits)
        return rescued(gray, gray, found, others, resolution)
    sharp = sharpened(gray)
    bits = survey(sharp, threshold).bits
    draw_rules(gray, survey(gray, threshold), photos, resolution, bits)
    gray, sharp, bits = (np.repeat(one, 2, axis=0) for one in (gray, sharp, bits))
    others = [Box(box.left, 2 * box.top, box.right, 2 * box.bottom) for box in others]
    found = left_out(survey(gray, threshold), others)
    found.bits = bits
    return rescued(gray, sharp, found, others, Resolution.FINE)[::2]


def rescued(gray, sharp, found, others, resolution):
    """The bits with what one threshold loses."""
    if not ((found.dark & 2).any() or found.pale.any() or found.beside.any()):
        return found.bits
    bits = plain_contrast.rescued(gray, sharp, found.bits, found, resolution)
    bits = plain_beside.rescued(gray, sharp, bits, found, resolution)
    return plain_tints.on_tints(gray, sharp, bits, found, others, resolution)


def left_out(found, boxes):
    """What is found, but for what lies in the boxes."""
    for box in boxes:
        blocks = (
            slice(box.top // BLOCK, -(-box.bottom // BLOCK)),
            slice(box.left // BLOCK, -(-box.right // BLOCK)),
        )
        found.dark[blocks] = found.pale[blocks] = found.beside[blocks] = 0
    return found


def draw_rules(gray, found, photos, resolution, bits):
    """As the library does it: test_rules.py has it plainly."""
    rows, width = gray.shape
    how, boxes = looks(resolution), sides_of(photos)
    greys = (one.ctypes.data for one in (gray, found.darkest, found.lightest))
    sizes = (width, rows, how.threshold, how.beside_rows, how.least_rows)
    assert library().draw_rules(*greys, *sizes, boxes.ctypes.data, len(boxes), bits.ctypes.data)


def sharpened(gray):
    """Each dot differs twice as much from those above and below it."""
    wide = np.pad(gray.astype(int), ((1, 1), (0, 0)), mode="edge")
    return np.clip(2 * wide[1:-1] - (wide[:-2] + wide[2:]) // 2, 0, 255).astype(np.uint8)


def inside(box):
    return slice(box.top, box.bottom), slice(box.left, box.right)


def dots_of(box):
    return max(0, box.right - box.left) * max(0, box.bottom - box.top)
