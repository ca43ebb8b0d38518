"""Annotations of a PDF that pdfium would not draw, or would draw so that a fax loses what is below them.

pdfium draws an annotation's own appearance, and makes one for notes, underlines, ink, rectangles and ellipses
that have none. What is left is done here: lines, polygons, carets and stamps without an appearance get one;
and every highlight becomes a frame, because its colour would be nothing on a fax, or a black bar.

Spec: ISO 32000-2 clauses 12.5.6.7 to 12.5.6.12.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import pypdfium2.raw as pdfium

Point = tuple[float, float]

_MOST_ANNOTATIONS, _MOST_POINTS = 2_000, 2_000
_WIDTH = 0.7  # points: two dots of a fax
_BEYOND = 1.0  # points by which a drawing may go beyond the annotation's own rectangle
_ROOM = 1.5  # points between a highlighted line's ends and its frame
_FRAME_OF_STAMP = 2.0


def complete(document: Any, page: Any) -> None:
    """Gives appearances to those annotations of the page that need one; to be called before it is drawn."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            _complete(document, annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)


def _complete(document: Any, annotation: Any) -> None:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    has_look = pdfium.FPDFAnnot_HasKey(annotation, b"AP")
    if kind == pdfium.FPDF_ANNOT_HIGHLIGHT:
        _draw(annotation, _quads(annotation), closed=True)
    elif kind in _OUTLINES and not has_look:
        outline, closed = _OUTLINES[kind]
        _draw(annotation, [outline(annotation)], closed=closed)
    elif kind == pdfium.FPDF_ANNOT_STAMP and not has_look:
        _stamp(document, annotation)


def _draw(annotation: Any, outlines: Sequence[Sequence[Point]], *, closed: bool) -> None:
    """Makes black lines through these points the look of an annotation."""
    drawn = [outline for outline in outlines if len(outline) > 1]
    if not drawn:
        return
    xs, ys = ([point[axis] for outline in drawn for point in outline] for axis in (0, 1))
    sides = (min(xs) - _BEYOND, max(ys) + _BEYOND, max(xs) + _BEYOND, min(ys) - _BEYOND)
    pdfium.FPDFAnnot_SetRect(annotation, pdfium.FS_RECTF(*sides))
    content = f"0 G {_WIDTH} w 1 j" + "".join(_path(outline, closed) for outline in drawn)
    letters = (content + "\0").encode("utf-16-le")
    text = (ctypes.c_ushort * (len(letters) // 2)).from_buffer_copy(letters)
    pdfium.FPDFAnnot_SetAP(annotation, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, text)


def _path(points: Sequence[Point], closed: bool) -> str:
    steps = (f" {x:.2f} {y:.2f} {'l' if number else 'm'}" for number, (x, y) in enumerate(points))
    return "".join(steps) + (" s" if closed else " S")


def _quads(annotation: Any) -> list[list[Point]]:
    """What is highlighted: a box a line of text. Its corners come as readers have them: row by row."""
    found = []
    quad = pdfium.FS_QUADPOINTSF()
    count = min(pdfium.FPDFAnnot_CountAttachmentPoints(annotation), _MOST_POINTS)
    for number in range(count):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, number, quad):
            (left, right), (low_left, low_right) = (
                _wider((quad.x1, quad.y1), (quad.x2, quad.y2)),
                _wider((quad.x3, quad.y3), (quad.x4, quad.y4)),
            )
            found.append([left, right, low_right, low_left])
    return found


def _wider(start: Point, end: Point) -> tuple[Point, Point]:
    """A side of a box that touches no letter at its ends."""
    length = math.dist(start, end) or 1.0
    x, y = ((end[axis] - start[axis]) / length * _ROOM for axis in (0, 1))
    return (start[0] - x, start[1] - y), (end[0] + x, end[1] + y)


def _line(annotation: Any) -> list[Point]:
    start, end = pdfium.FS_POINTF(), pdfium.FS_POINTF()
    found = pdfium.FPDFAnnot_GetLine(annotation, start, end)
    return [(start.x, start.y), (end.x, end.y)] if found else []


def _vertices(annotation: Any) -> list[Point]:
    count = pdfium.FPDFAnnot_GetVertices(annotation, None, 0)
    if not 0 < count <= _MOST_POINTS:
        return []
    points = (pdfium.FS_POINTF * count)()
    pdfium.FPDFAnnot_GetVertices(annotation, points, count)
    return [(point.x, point.y) for point in points]


def _caret(annotation: Any) -> list[Point]:
    left, bottom, right, top = _sides(annotation)
    return [(left, bottom), ((left + right) / 2, top), (right, bottom)]


def _sides(annotation: Any) -> tuple[float, float, float, float]:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, rect)
    return rect.left, rect.bottom, rect.right, rect.top


def _stamp(document: Any, annotation: Any) -> None:
    """A frame with the stamp's name in it, as "Approved"."""
    left, bottom, right, top = (
        side + inset for side, inset in zip(_sides(annotation), (1, 1, -1, -1), strict=True)
    )
    if right - left < 3 * _FRAME_OF_STAMP or top - bottom < 3 * _FRAME_OF_STAMP:
        return
    frame = pdfium.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
    pdfium.FPDFPageObj_SetStrokeColor(frame, 0, 0, 0, 255)
    pdfium.FPDFPageObj_SetStrokeWidth(frame, _FRAME_OF_STAMP)
    pdfium.FPDFPath_SetDrawMode(frame, pdfium.FPDF_FILLMODE_NONE, True)
    pdfium.FPDFAnnot_AppendObject(annotation, frame)
    name = _name(annotation)
    if name:
        text = pdfium.FPDFPageObj_NewTextObj(document.raw, b"Helvetica-Bold", 10.0)
        pdfium.FPDFText_SetText(text, name)
        _fit(text, (left, bottom, right, top))
        pdfium.FPDFAnnot_AppendObject(annotation, text)


def _name(annotation: Any) -> Any:
    """The stamp's name for pdfium; None when it has none."""
    room = (ctypes.c_ushort * 64)()
    size = pdfium.FPDFAnnot_GetStringValue(annotation, b"Name", room, ctypes.sizeof(room))
    return room if 2 < size <= ctypes.sizeof(room) else None


def _fit(text: Any, room: tuple[float, float, float, float]) -> None:
    """Makes the text as large as the room allows, and puts it into its middle."""
    sides = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(text, *sides)
    left, bottom, right, top = (side.value for side in sides)
    width, height = max(right - left, 1.0), max(top - bottom, 1.0)
    scale = min((room[2] - room[0]) * 0.8 / width, (room[3] - room[1]) * 0.6 / height)
    across = (room[0] + room[2]) / 2 - scale * (left + right) / 2
    up = (room[1] + room[3]) / 2 - scale * (bottom + top) / 2
    pdfium.FPDFPageObj_Transform(text, scale, 0, 0, scale, across, up)


#: How to draw what pdfium does not: the points, and whether the last one is joined to the first.
_OUTLINES: dict[int, tuple[Callable[[Any], Sequence[Point]], bool]] = {
    pdfium.FPDF_ANNOT_LINE: (_line, False),
    pdfium.FPDF_ANNOT_POLYGON: (_vertices, True),
    pdfium.FPDF_ANNOT_POLYLINE: (_vertices, False),
    pdfium.FPDF_ANNOT_CARET: (_caret, False),
}
