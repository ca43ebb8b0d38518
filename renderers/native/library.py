"""The functions of the C files, as ctypes calls them."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

from renderers.errors import ConverterMissing
from renderers.native.build import LIBRARY


class Looks(ctypes.Structure):
    """How a page becomes black and white: `struct looks` of pages.h."""

    _fields_ = tuple(
        (name, ctypes.c_int32)
        for name in (
            *(
                "threshold",
                "beside_rows",
                "least_rows",
                "stroke_rows",
                "stroke_dots",
                "light_rows",
                "light_dots",
                "longest_rows",
                "longest_dots",
                "frame_rows",
                "frame_dots",
            ),
            *("drawing_rows", "screen_rows", "is_coarse", "margin_rows"),
        )
    )


class Content(ctypes.Structure):
    """What is known of a page beside its greys: `struct content` of pages.h."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("pictures", "texts")),
        *(
            (name, ctypes.c_int32)
            for name in ("picture_count", "text_count", "only_letters", "only_dark", "has_faint")
        ),
    )


@lru_cache
def library() -> Any:
    """The functions of pages.h; the C files say what they do.

    Raises:
        ConverterMissing: they have not been built.
    """
    try:
        found = ctypes.CDLL(str(LIBRARY), use_errno=True)
    except OSError as error:
        raise ConverterMissing(detail="the page library is not built: ./run build") from error
    memory = ctypes.c_void_p
    found.mmr_encode.restype = found.mh_encode.restype = found.code_page.restype = ctypes.c_long
    found.mmr_encode.argtypes = [memory, ctypes.c_int, ctypes.c_long, memory, ctypes.c_long]
    found.mh_encode.argtypes = found.mmr_encode.argtypes
    looks = ctypes.POINTER(Looks)
    content = ctypes.POINTER(Content)
    page: list[Any] = [memory, ctypes.c_int, ctypes.c_long, looks, content, memory, memory]
    found.blacken.argtypes = page
    found.code_page.argtypes = [*page, memory, memory, ctypes.c_long]
    found.survey.argtypes = [memory, ctypes.c_int, ctypes.c_long, ctypes.c_int, memory, memory, memory]
    found.draw_rules.argtypes = [*[memory] * 3, *[ctypes.c_int] * 5, memory, ctypes.c_int, memory]
    found.find_lost.argtypes = [memory, memory, *[ctypes.c_int] * 3, *[memory] * 2]
    found.remove_strokes.argtypes = [memory, *[ctypes.c_int] * 5, memory, memory]
    found.remove_strokes.restype = None
    found.rescue.argtypes = [*[memory] * 5, *[ctypes.c_int] * 5, memory]
    found.place_page.argtypes = [*[ctypes.c_double] * 2, *[ctypes.c_int] * 3, memory]
    found.place_page.restype = None
    found.is_blank_page.argtypes = [memory, ctypes.c_int, ctypes.c_long]
    found.is_long.argtypes = [*[ctypes.c_double] * 2, *[ctypes.c_int] * 3]
    found.fax_open.restype = memory
    found.fax_open.argtypes = [ctypes.c_char_p]
    found.fax_add.argtypes = [memory, memory, ctypes.c_long, *[ctypes.c_int] * 3]
    found.fax_close.argtypes = [memory, ctypes.c_char_p, ctypes.c_int]
    found.needs_fine.argtypes = [memory, ctypes.c_int, ctypes.c_long]
    found.draw_image.argtypes = [ctypes.c_char_p, *[ctypes.c_int] * 3, memory, memory]
    found.draw_jpeg.argtypes = [memory, ctypes.c_long, memory, *[ctypes.c_long] * 3]
    found.resize.argtypes = [memory, ctypes.c_long, ctypes.c_long, memory, *[ctypes.c_long] * 3]
    return found
