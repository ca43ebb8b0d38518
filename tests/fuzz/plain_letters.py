"""How renderers/native/letters.c tells a page of text, written plainly."""

import numpy as np

from tests.fuzz.plain_contrast import extreme


def letters_in_lines(gray, resolution, limit=256):
    """How many letters darker than the limit stand in lines; 0 when they are fewer than a page has."""
    small = smaller(gray, {98: 1, 196: 2, 391: 4}[resolution.y_dpi])
    if not small.size:
        return 0
    bands = small
    if len(small) >= 256:
        bands = small[np.arange(len(small)) % 256 < 64]
    if all(in_lines(*ways, limit)[1] < 20 for ways in both(bands)):
        return 0
    for letters, found in (in_lines(*ways, limit) for ways in both(small)):
        if found >= 120 and 100 * found >= 30 * letters:
            return found
    return 0


def smaller(gray, together):
    """Every two dots of so many rows as their mean."""
    rows, width = gray.shape[0] // together, gray.shape[1] // 2
    cut = gray[: rows * together, : 2 * width].astype(int)
    return (cut.reshape(rows, together, width, 2).sum(axis=(1, 3)) // (2 * together)).astype(np.uint8)


def both(small):
    """Greys and paper, upright and turned."""
    paper = extreme(extreme(small, (9, 9), np.maximum), (9, 9), np.minimum)
    return (small, paper), (small.T, paper.T)


def in_lines(small, paper, limit):
    """How many letters there are, and how many have one beside them."""
    boxes = np.array(parts((small.astype(int) * 5 < paper.astype(int) * 4) & (small < limit))).reshape(-1, 4)
    width, rows = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(rows >= 4) & (rows <= 24) & (width >= 2) & (width <= 40)]
    return len(boxes), sum(has_neighbour(one, boxes) for one in boxes)


def has_neighbour(one, boxes):
    rows, height = one[3] - one[1], boxes[:, 3] - boxes[:, 1]
    lower = np.abs(boxes[:, 3] - one[3])
    is_near = (boxes[:, 0] >= one[2] - 1) & (boxes[:, 0] <= one[2] + rows * 4 // 5 + 1)
    is_alike = (height <= 2 * rows) & (rows <= 2 * height) & ((lower <= 1) | (10 * lower <= 3 * rows))
    return bool((is_near & is_alike).any())


def parts(black):
    """The boxes of black dots that touch one another; none when there are more runs than text has."""
    boxes, parents, above = [], [], []
    for y, row in enumerate(black):
        below = [(left, right, len(boxes) + n) for n, (left, right) in enumerate(runs(row))]
        boxes += [(left, y, right, y + 1) for left, right, _ in below]
        parents += [part for _, _, part in below]
        first = 0
        for left, right, part in below:
            while first < len(above) and above[first][1] < left:
                first += 1
            for other in above[first:]:
                if other[0] > right:
                    break
                parents[root(parents, other[2])] = root(parents, part)
        above = below
    if len(boxes) > 60_000:
        return []
    groups = {}
    for part, box in enumerate(boxes):
        groups.setdefault(root(parents, part), []).append(box)
    sides = (np.array(group) for group in groups.values())
    return [(*group[:, :2].min(axis=0), *group[:, 2:].max(axis=0)) for group in sides]


def root(parents, part):
    while parents[part] != part:
        parents[part] = part = parents[parents[part]]
    return part


def runs(row):
    changes = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(int), [0]))))
    return zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)
