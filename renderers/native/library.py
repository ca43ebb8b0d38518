"""The functions of the C files, as ctypes calls them."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

from renderers.errors import ConverterMissing
from renderers.native.build import LIBRARY


@lru_cache
def library() -> Any:
    """`mmr_encode`, `survey`, `sharpen` and `draw_rules`; the C files say what they do.

    Raises:
        ConverterMissing: they have not been built.
    """
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        raise ConverterMissing(detail="the page library is not built: ./run build") from error
    memory = ctypes.c_void_p
    found.mmr_encode.restype = ctypes.c_long
    found.mmr_encode.argtypes = [memory, ctypes.c_int, ctypes.c_long, memory, ctypes.c_long]
    found.survey.argtypes = [memory, ctypes.c_int, ctypes.c_long, ctypes.c_int, memory, memory, memory]
    found.sharpen.argtypes = [memory, ctypes.c_int, ctypes.c_long, memory]
    found.draw_rules.argtypes = [memory, *[ctypes.c_int] * 5, memory]
    found.sharpen.restype = None
    return found
