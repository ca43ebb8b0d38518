"""What renderers/native/rescue.c does, written for the reader and not for speed: whole pages, with NumPy."""

import numpy as np

from renderers.bilevel import stroke_size

BLOCK, BLOCK_CONTRAST, EDGE_CONTRAST, BROKEN, DARKEST_TINT = 16, 28, 10, 58, 64


def lost_blocks(darkest, lightest, threshold):
    """The black blocks that are tints (1) or have text (2), or both, and the white ones that hold text."""
    contrast = lightest - darkest
    black = lightest < threshold
    white = ~black & ~around(darkest < threshold - BROKEN, np.logical_or)
    pale = white & (contrast >= BLOCK_CONTRAST)
    return (
        np.where(black, 1 * (lightest >= DARKEST_TINT) | 2 * (contrast >= BLOCK_CONTRAST), 0),
        pale | (around(pale, np.logical_or) & white & (contrast >= EDGE_CONTRAST)),
    )


def rescued(gray, sharp, bits, found, resolution):
    """The bits with their lost text."""
    pale, darkest = found.pale, found.darkest
    low, high = range_around(darkest, found.lightest, found.threshold)
    whole = len(darkest) * BLOCK
    ground = around(sums(gray[:whole]), np.add) / (9 * BLOCK**2)
    on_light = np.clip(ground, low, high) > low // 2 + high // 2
    page = np.clip(sharp[:whole], dots_of(np.where(pale, low, 0)), dots_of(np.where(pale, high, 255)))
    size = stroke_size(resolution)
    darker = extreme(extreme(page, size, np.maximum), size, np.minimum) - page
    lighter = page - extreme(extreme(page, size, np.minimum), size, np.maximum)
    strokes = np.where(dots_of(on_light), darker, lighter) > dots_of((high - low) // 2)
    black = np.unpackbits(bits, axis=1).view(np.bool_)
    black[:whole] |= strokes & dots_of(pale & (on_light | (darkest >= found.threshold)))
    return np.packbits(black, axis=1)


def range_around(darkest, lightest, threshold):
    """The darkest and lightest grey around each block, but for what is black."""
    low = np.where(lightest < threshold, 255, np.maximum(darkest, threshold - BROKEN)).astype(np.uint8)
    return around(low, np.minimum), around(lightest, np.maximum)


def around(blocks, choose):
    """What `choose` makes of each block and the eight around it."""
    wide = np.pad(blocks, 1, mode="edge")
    across = choose(choose(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])
    return choose(choose(across[:-2], across[1:-1]), across[2:])


def sums(dots):
    """The sum of each block."""
    rows, width = dots.shape
    return dots.reshape(rows // BLOCK, BLOCK, width // BLOCK, BLOCK).sum(axis=(1, 3), dtype=np.float64)


def dots_of(blocks):
    """Every block's value for each of its dots."""
    return np.repeat(np.repeat(blocks, BLOCK, axis=0), BLOCK, axis=1)


def extreme(gray, size, choose):
    """The largest or smallest grey around each dot, in a window of `size` rows x dots, both odd."""
    for axis, length in enumerate(size):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (length // 2, length // 2)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(gray, pad, mode="edge"), length, axis)
        gray = choose.reduce(windows, axis=-1)
    return gray
