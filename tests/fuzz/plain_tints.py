"""What renderers/native/tints.c does, written for the reader and not for speed, with NumPy."""

import numpy as np

from renderers.bilevel import looks
from tests.fuzz.plain_contrast import BLOCK, around, dots_of, extreme, sums

CONTRAST, SAME_TINT, TEXT_DOTS, LIGHT_SHARE, GROWTH, FRAMED, TEXT_SHARE, REACH = 28, 10, 8, 4, 16, 7, 2, 2
SPECK, RIM, LEAST_DARK, CLEAR, BEYOND = 3, 7, 24, 13, 2


def on_tints(gray, sharp, bits, found, boxes, resolution):
    """The bits with the text on dark areas; what lies in the boxes is none."""
    all_black, how = np.unpackbits(bits, axis=1).view(np.bool_), looks(resolution)
    dark = gray < found.threshold
    for box in boxes:
        dark[box.top : box.bottom, box.left : box.right] = False
    for dots in places(found.dark):
        area = opened(dark[dots], how.stroke_rows, how.stroke_dots)
        if area.any():
            region = Region(gray[dots], sharp[dots], dark[dots], area, how, found.threshold)
            all_black[dots] = region.painted(all_black[dots])
    return np.packbits(all_black, axis=1)


def places(marks):
    """The dots around blocks that are marked and lie together, if one of them has text."""
    rows = np.flatnonzero(marks.any(axis=1))
    for group in np.split(rows, np.flatnonzero(np.diff(rows) > 2 * REACH) + 1):
        if (marks[group] & 2).any():
            columns = np.flatnonzero(marks[group].any(axis=0))
            sides = zip((group, columns), marks.shape, strict=True)
            ends = [(max(0, of[0] - REACH), min(most, of[-1] + 1 + REACH)) for of, most in sides]
            yield tuple(slice(int(first) * BLOCK, int(after) * BLOCK) for first, after in ends)


class Region:
    """Blocks of a page that lie together."""

    def __init__(self, gray, sharp, dark, area, how, threshold):
        self.gray, self.sharp, self.dark, self.area, self.how = gray, sharp, dark, area, how
        self.threshold, size = threshold, (how.stroke_rows, how.stroke_dots)
        darker = extreme(extreme(gray, size, np.maximum), size, np.minimum)
        lighter = extreme(extreme(gray, size, np.minimum), size, np.maximum)
        inner = extreme(area, (3, 3), np.logical_and)
        self.has = sums(inner) > 0
        self.ground = of_blocks(np.where(inner, darker, 255), np.min).astype(int)
        self.darkest = of_blocks(np.where(inner, gray, 255), np.min).astype(int)
        lightest = of_blocks(np.where(inner, gray, 0), np.max)
        low, high = around(self.darkest, np.minimum), around(lightest, np.maximum).astype(int)
        mean = sum_around(sums(np.where(inner, gray, 0))), sum_around(sums(inner))
        self.on_light = mean[0] > (low + high) // 2 * mean[1]
        stands_out = np.where(dots_of(self.on_light), darker - gray.astype(int), gray.astype(int) - lighter)
        self.strokes = area & dots_of(high - low >= CONTRAST) & (stands_out > dots_of((high - low) // 2))
        self.label()
        ink = self.inks()
        self.limit = np.where(self.ground - ink >= CONTRAST, (ink + self.ground) // 2, 0)
        self.least = np.maximum(0, self.ground - CONTRAST // 2)

    def label(self):
        """Numbers the parts: blocks of one ground that touch."""
        self.labels, self.count = np.full(self.has.shape, -1), 0
        for place in zip(*np.nonzero(self.has), strict=True):
            stack = [place] if self.labels[place] < 0 else []
            while stack:
                block = stack.pop()
                self.labels[block] = self.count
                stack += [one for one in self.beside(block) if self.labels[one] < 0]
            self.count = int(self.labels.max()) + 1

    def beside(self, block):
        """The blocks around one that have its ground."""
        rows, columns = self.has.shape
        for y in range(max(0, block[0] - 1), min(rows, block[0] + 2)):
            for x in range(max(0, block[1] - 1), min(columns, block[1] + 2)):
                if self.has[y, x] and abs(self.ground[y, x] - self.ground[block]) <= SAME_TINT:
                    yield y, x

    def judge(self):
        """Which parts become paper, and which of these get a frame; the last is no part."""
        inside = extreme(self.area, (RIM, RIM), np.logical_and)
        self.strokes &= inside | ~dots_of(self.on_light)
        letters = self.strokes & inside & ~self.long_ones(self.strokes)
        dark = sums(letters & dots_of(self.on_light))
        white = sums(self.white_letters())
        light = sums(letters & ~dots_of(self.on_light)) + white
        light = light + sum_around(np.where(self.has, 0, white))
        paper, framed = np.zeros((2, self.count + 1), np.bool_)
        for part in range(self.count):
            of = self.labels == part
            paper[part] = dark[of].sum() >= LEAST_DARK and LIGHT_SHARE * light[of].sum() <= dark[of].sum()
            large = all(np.ptp(places) >= FRAMED - 1 for places in np.nonzero(of))
            framed[part] = paper[part] and large and TEXT_SHARE * (dark[of] >= TEXT_DOTS).sum() < of.sum()
        return paper[self.labels], framed[self.labels]

    def white_letters(self):
        """What is as white as paper, and stands between dark dots."""
        tinted = self.dark & (self.gray >= self.least_around(self.has))
        size = (self.how.light_rows, self.how.light_dots)
        near = extreme(extreme(opened(tinted, SPECK, SPECK), size, np.logical_or), size, np.logical_and)
        return near & ~self.dark & ~self.long_ones(~self.dark)

    def least_around(self, blocks):
        """The least grey of tints in and beside these blocks, for each dot."""
        least = around(np.where(blocks, self.least, 0), np.maximum)
        return dots_of(np.where(least > 0, least, 255))

    def long_ones(self, mask):
        """What is longer than a letter's stroke, across or down."""
        return opened(mask, 1, self.how.longest_dots) | opened(mask, self.how.longest_rows, 1)

    def inks(self):
        """The darkest grey of each block's part, in it and around."""
        inks = np.full(self.has.shape, 255)
        for part in range(self.count):
            of = self.labels == part
            inks[of] = around(np.where(of, self.darkest, 255), np.minimum)[of]
        return inks

    def painted(self, black):
        """The dots with white letters on black, and black ones on what is paper now."""
        is_paper, is_framed = self.judge()
        paper = self.area & dots_of(is_paper)
        tips = self.dark & ~(self.area & dots_of(self.has)) & (self.gray >= self.least_around(is_paper))
        grown = grow(paper, tips)
        letters = self.gray // 2 + self.sharp // 2 < dots_of(self.limit)
        black = np.where(paper, letters, black & ~(grown & ~paper) & ~(self.strokes & ~paper))
        clear = extreme(~np.where(grown, paper & letters, self.dark), (CLEAR, CLEAR), np.logical_and)
        return black | (grown & clear & self.edges() & dots_of(around(is_framed, np.logical_or)))

    def edges(self):
        """Where dark ends within a frame's breadth, and it is white a little further."""
        white = self.gray >= self.threshold + CONTRAST
        return ends(self.dark, white, self.how.frame_rows) | ends(self.dark.T, white.T, self.how.frame_dots).T


def ends(dark, white, breadth):
    """Whether the dots above or below are so."""
    far = breadth + BEYOND
    dark, white = (
        np.pad(dark, ((far, far), (0, 0)), constant_values=True),
        np.pad(white, ((far, far), (0, 0))),
    )
    rows, found = len(dark) - 2 * far, False
    for way in (-1, 1):
        steps = (dark[far + way * step :][:rows] for step in range(1, breadth + 1))
        found |= ~np.logical_and.reduce(list(steps)) & white[far + way * far :][:rows]
    return found


def grow(paper, tips):
    """The paper, and what it touches that is of its tint."""
    for _ in range(GROWTH):
        wide = np.pad(paper, 1)
        paper = paper | (tips & (wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]))
    return paper


def opened(mask, rows, dots):
    """What is left of the mask in which a window of so many rows and dots has room."""
    return extreme(opened_less(mask, rows, dots), (rows, dots), np.logical_or)


def opened_less(mask, rows, dots):
    """The middles of these windows."""
    return extreme(mask, (rows, dots), np.logical_and)


def sum_around(blocks):
    """The sum of each block and the eight around it."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(blocks, 1), (3, 3)).sum(axis=(2, 3))


def of_blocks(dots, choose):
    """What `choose` makes of each block."""
    rows, width = dots.shape
    return choose(dots.reshape(rows // BLOCK, BLOCK, width // BLOCK, BLOCK), axis=(1, 3))
