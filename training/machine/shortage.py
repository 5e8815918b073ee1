"""What a machine can run out of, as something that the user can mend."""

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from training.errors import UserError

MEMORY = (
    "Take fewer rows, fewer --lanes or smaller --hidden, end what else runs here, or, with\nthe "
    "lanes exact and idiomatic alone, give --micro-batch ROWS."
)
NO_CONSTANT = "Cannot parse tensor from proto"
FULL = {
    "No space left on device": "make room",
    "Disk quota exceeded": "make room",
    "File too large": "allow larger files (ulimit -f)",
}
"""What the system says, which TensorFlow and HDF5 hand on in errors of their own; what to do."""


def of_disk(error: BaseException) -> str | None:
    """Return what `error` says the system has said of a disk, in FULL; None if nothing of this."""
    if isinstance(error, OSError) and error.errno:
        said = os.strerror(error.errno)
    elif isinstance(error, OSError | RuntimeError) or _of_tensorflow(error):
        said = str(error)
    else:
        return None
    return next((words for words in FULL if words in said), None)


@contextlib.contextmanager
def room(path: Path, is_saved: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Raise UserError where the body finds the disk full: the system does not say which or where.

    `path` is what it was writing; where something `is_saved`, `resume` goes on from it.
    """
    try:
        yield
    except Exception as error:
        if not (said := of_disk(error)):
            raise
        again = f"tf1keras resume {path}" if is_saved() else "start it again"
        raise UserError(f"{path}: {said.lower()}; {FULL[said]}, then {again}.") from error


def explain(error: BaseException) -> str | None:
    """Return what is short and what to do, in at most three lines; None where nothing is short."""
    if said := of_disk(error):
        return f"{getattr(error, 'filename', None) or 'the disk'}: {said.lower()}; {FULL[said]}."
    if isinstance(error, MemoryError) or _exhausted(error):
        return f"out of memory{_tensor(error)}.\n{MEMORY}"
    return None


def _of_tensorflow(error: BaseException) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _exhausted(error: BaseException) -> bool:
    if not _of_tensorflow(error):
        return False
    # The latter is what TensorFlow says of a constant, such as Adam's zeros, that finds no room.
    exhausted = sys.modules["tensorflow"].errors.ResourceExhaustedError
    return isinstance(error, exhausted) or NO_CONSTANT in str(error)


def _tensor(error: BaseException) -> str:
    """Return what did not fit, in brackets, where the error says it."""
    found = re.search(r"tensor with shape\[[\d,]*\]|Unable to allocate [\d.]+ \w+", str(error))
    return f" ({found[0].lower()})" if found else ""
