"""Where the pictures of a PDF page lie on the fax page, in form XObjects and on turned pages too."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from renderers.profile import PAGE_WIDTH
from renderers.raster import Placement
from renderers.spec import Box

#: Deeper nesting and more objects than this are not looked at: their pictures count as text.
_DEPTH, _MOST_OBJECTS = 6, 20_000


class Matrix(NamedTuple):
    """x' = a x + c y + e, y' = b x + d y + f (ISO 32000-1 clause 8.3.3)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, outer: Matrix) -> Matrix:
        """This matrix followed by `outer`."""
        return Matrix(
            self.a * outer.a + self.b * outer.c,
            self.a * outer.b + self.b * outer.d,
            self.c * outer.a + self.d * outer.c,
            self.c * outer.b + self.d * outer.d,
            self.e * outer.a + self.f * outer.c + outer.e,
            self.e * outer.b + self.f * outer.d + outer.f,
        )

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """The point (x, y) moved."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


def matrix_of(thing: Any) -> Matrix:
    """The matrix of a page object; the identity when pdfium has none."""
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(thing, found):
        return Matrix()
    return Matrix(found.a, found.b, found.c, found.d, found.e, found.f)


def find_pictures(page: Any, spot: Placement) -> tuple[Box, ...]:
    """Every image on the page as a box in dots of the fax page."""
    return tuple(
        box_on_fax(page, spot, outer, thing)
        for thing, outer in _objects(page)
        if pdfium.FPDFPageObj_GetType(thing) == pdfium.FPDF_PAGEOBJ_IMAGE
    )


def box_on_fax(page: Any, spot: Placement, outer: Matrix, thing: Any) -> Box:
    """The box a page object covers on the fax page, clipped to it."""
    sides = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(thing, *sides)
    left, bottom, right, top = (side.value for side in sides)
    corners = [
        _to_device(page, spot, *outer(x, y))
        for x, y in ((left, bottom), (right, bottom), (left, top), (right, top))
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(
        _clip(min(xs), PAGE_WIDTH),
        _clip(min(ys), spot.rows),
        _clip(max(xs) + 1, PAGE_WIDTH),
        _clip(max(ys) + 1, spot.rows),
    )


def _objects(page: Any) -> Iterator[tuple[Any, Matrix]]:
    """Every object that is no form, with the matrix from its coordinates to the page's."""
    left = _MOST_OBJECTS
    stack = [(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, Matrix(), 0)]
    while stack:
        holder, count, get, outer, depth = stack.pop()
        for index in range(min(count(holder), left)):
            left -= 1
            thing = get(holder, index)
            if pdfium.FPDFPageObj_GetType(thing) != pdfium.FPDF_PAGEOBJ_FORM:
                yield thing, outer
            elif depth < _DEPTH:
                inner = matrix_of(thing).then(outer)
                stack.append(
                    (thing, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, inner, depth + 1)
                )


def _to_device(page: Any, spot: Placement, x: float, y: float) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    where = (spot.left, 0, spot.width, spot.rows, int(spot.turned))
    pdfium.FPDF_PageToDevice(page.raw, *where, x, y, across, down)
    return across.value, down.value


def _clip(value: int, most: int) -> int:
    return max(0, min(value, most))
