"""What goes wrong in the code of a PAIR.py: the line that raised it, and what it says."""

import contextlib
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

from training.errors import UserError, first_line
from training.model_files import legacy_layers

OF_KERAS = re.compile(r"Exception encountered when calling .*\n\n(?:\x1b\[1m)?(.+?)(?:\x1b\[0m)?\n")
"""What Keras writes around the message of an exception in a layer."""


def line_of(error: BaseException, path: Path) -> int | None:
    """Return the last line of the file `path` that was at work; None where none was."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename) == path
    ]
    return lines[-1] if lines else None


def place(error: BaseException, path: Path) -> str:
    """Return the file, and its line where that is known."""
    line = line_of(error, path)
    return f"{path}:{line}" if line else f"{path}"


def message(error: BaseException) -> str:
    """Return what `error` says, in a line."""
    own = OF_KERAS.match(str(error.args[0])) if error.args else None
    return own[1] if own else first_line(error)


@contextlib.contextmanager
def blamed(path: Path, what: str) -> Iterator[None]:
    """Turn an exception of the user's code into a UserError that says where it was raised."""
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        said = message(error)
        help_ = legacy_layers.advice(said) or "Fix that first: `check` runs this file."
        raise UserError(
            f"{place(error, path)}: {what} raised {type(error).__name__}: {said}\n{help_}"
        ) from error
