"""What renderers/native/rescue.c does, written for the reader and not for speed: whole pages, with NumPy."""

import numpy as np

from renderers.bilevel import stroke_size

BLOCK, BLOCK_CONTRAST, EDGE_CONTRAST, BROKEN, TEXT_DOTS = 16, 28, 10, 58, 8


def lost_blocks(darkest, lightest, threshold):
    """The black blocks that hold text, and the white ones."""
    contrast = lightest - darkest
    black = lightest < threshold
    dark = black & (contrast >= BLOCK_CONTRAST)
    edge = np.where(black, contrast >= EDGE_CONTRAST, darkest < threshold)
    white = ~black & ~around(darkest < threshold - BROKEN, np.logical_or)
    pale = white & (contrast >= BLOCK_CONTRAST)
    return (
        dark | (around(dark, np.logical_or) & edge),
        pale | (around(pale, np.logical_or) & white & (contrast >= EDGE_CONTRAST)),
    )


def rescued(gray, sharp, bits, found, resolution):
    """The bits with their lost text, and the grey of dark text for each black block that has some."""
    dark, pale, darkest, threshold = found.dark, found.pale, found.darkest, found.threshold
    low, high = range_around(darkest, found.lightest, dark, threshold)
    whole = len(darkest) * BLOCK
    page, counted = gray[:whole], gray[:whole] < threshold
    of_dark = around(sums(np.where(counted, page, 0)), np.add) / np.maximum(1, around(sums(counted), np.add))
    ground = np.where(dark, of_dark, around(sums(page), np.add) / (9 * BLOCK**2))
    on_light = np.clip(ground, low, high) > low // 2 + high // 2
    lost = dark | pale
    page = np.clip(sharp[:whole], dots_of(np.where(lost, low, 0)), dots_of(np.where(lost, high, 255)))
    size = stroke_size(resolution)
    darker = extreme(extreme(page, size, np.maximum), size, np.minimum) - page
    lighter = page - extreme(extreme(page, size, np.minimum), size, np.maximum)
    strokes = np.where(dots_of(on_light), darker, lighter) > dots_of((high - low) // 2)
    black = np.unpackbits(bits, axis=1).view(np.bool_)
    black[:whole] &= ~(strokes & dots_of(dark))
    black[:whole] |= strokes & dots_of(pale & (on_light | (darkest >= threshold)))
    text = dark & on_light & found.black & (sums(strokes) >= TEXT_DOTS)
    return np.packbits(black, axis=1), np.where(text, low, 255)


def range_around(darkest, lightest, dark, threshold):
    """The darkest and lightest grey around each block, on its own side of the threshold."""
    black = lightest < threshold
    white_low = np.where(black, 255, np.maximum(darkest, threshold - BROKEN)).astype(np.uint8)
    low = around(np.where(black, darkest, 255).astype(np.uint8), np.minimum)
    high = around(np.where(black, lightest, 0).astype(np.uint8), np.maximum)
    return (
        np.where(dark, low, around(white_low, np.minimum)),
        np.where(dark, np.maximum(low, high), around(lightest, np.maximum)),
    )


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
