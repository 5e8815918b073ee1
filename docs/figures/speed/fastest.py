"""The least seconds that a call takes on one core, whatever else runs."""

import time
from collections.abc import Callable
from typing import Any


def fastest(call: Callable[[], Any], lasts: float) -> float:
    """Return the least seconds of calls that last `lasts` seconds together, after a first.

    A call takes what the clock or the processor says, whichever is more: the clock counts what
    others take, and Linux leaves out of a process's time what a thread of it that is still running
    on another core has had since the last tick.
    """
    call()
    end, least = time.perf_counter() + lasts, float("inf")
    while (began := time.perf_counter()) < end:
        used = time.process_time()
        call()
        took = time.process_time() - used, time.perf_counter() - began
        least = min(least, max(took))
    return least
