"""Ids of 26 characters whose order is the order they were made in on this node.

The layout is that of ULIDs: 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32. Within
one millisecond the random part counts up.
"""

import secrets
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: read aloud without mistakes
_RANDOM_BITS = 80
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """An id that nobody else has, later in order than any this process made before."""
    global _last  # noqa: PLW0603 - the order holds for the whole process
    fresh = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        number = fresh if fresh >> _RANDOM_BITS > _last >> _RANDOM_BITS else _last + 1
        _last = number
    return "".join(_PAIRS[number >> shift & 0x3FF] for shift in range(120, -1, -10))
