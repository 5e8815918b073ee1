"""What a machine can run out of, as something that the user can mend."""

import contextlib
import errno
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
FULL = "No space left on device"
"""The system's words, which TensorFlow and HDF5 hand on in errors of their own."""


def of_disk(error: BaseException) -> bool:
    """Whether `error` is a full disk, whoever says so."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return (isinstance(error, OSError) or _exhausted(error)) and FULL in str(error)


@contextlib.contextmanager
def room(path: Path, is_saved: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Raise UserError where the body finds the disk full: the system does not say which or where.

    `path` is what it was writing; where something `is_saved`, `resume` goes on from it.
    """
    try:
        yield
    except Exception as error:
        if not of_disk(error):
            raise
        again = f"tf1keras resume {path}" if is_saved() else "start it again"
        raise UserError(f"{path}: {FULL.lower()}; make room, then {again}.") from error


def explain(error: BaseException) -> str | None:
    """Return what is short and what to do, in at most three lines; None where nothing is short."""
    if of_disk(error):
        return f"{getattr(error, 'filename', None) or 'the disk'}: {FULL.lower()}; make room."
    if isinstance(error, MemoryError) or _exhausted(error):
        return f"out of memory{_tensor(error)}.\n{MEMORY}"
    return None


def _exhausted(error: BaseException) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not isinstance(error, tensorflow.errors.OpError):
        return False
    # The latter is what TensorFlow says of a constant, such as Adam's zeros, that finds no room.
    return isinstance(error, tensorflow.errors.ResourceExhaustedError) or NO_CONSTANT in str(error)


def _tensor(error: BaseException) -> str:
    """Return what did not fit, in brackets, where the error says it."""
    found = re.search(r"tensor with shape\[[\d,]*\]|Unable to allocate [\d.]+ \w+", str(error))
    return f" ({found[0].lower()})" if found else ""
