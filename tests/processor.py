"""What a piece of work takes of the processor, whatever else the machine does."""

import time
from collections.abc import Callable

_TRIES = 3


def processor_seconds(work: Callable[[], object]) -> float:
    """The least of some tries: a processor that is taken away is nobody's doing, nor is a first time."""
    taken = []
    for _ in range(_TRIES):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)
