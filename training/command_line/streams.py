"""Standard streams, closed or full: what is said there is lost, and nothing else changes."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any


class _Losing(io.FileIO):
    """A file that loses what cannot be written."""

    def write(self, data: Any) -> int:
        """Write `data`, or not; return its size."""
        with contextlib.suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


@contextlib.contextmanager
def kept_apart() -> Iterator[None]:
    """Within it no closed stream is another file, and no note that is lost ends a command.

    The first file that is opened would else get a closed stream's number, and notes with it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    with contextlib.ExitStack() as stack:
        if sys.stdout is None:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        if sys.stderr is sys.__stderr__:  # not another's, who looks at it
            raw = io.BufferedWriter(_Losing(2, "w", closefd=False))
            notes = io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)
            stack.enter_context(contextlib.redirect_stderr(notes))
        yield
