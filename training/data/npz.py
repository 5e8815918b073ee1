"""`.npz` files: plain arrays in a zip archive, read whole, checked by its CRC, never unpickled.

NumPy's own reader believes an array's header: it allocates what the header promises, and does not
compare the CRC of bytes that the header leaves out.
"""

import contextlib
import io
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from training.data import archives
from training.errors import UserError, first_line
from training.machine import files, paths

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Version -> reader; 3.0 is for named fields, which no plain array has."""
SHOWN = 8
"""Names that a message lists, at most."""
PLAIN = "an .npz of plain arrays"
SAVE_IT = "Where you have the arrays: numpy.savez(FILE, x=pixels, y=labels)."


def read_all(path: Path) -> dict[str, np.ndarray]:
    """Return every array of a file of ours; UserError where it is damaged."""
    paths.check(path, "an .npz file")
    with _refusing(str(path), "Without it, start a new run."), zipfile.ZipFile(path) as archive:
        archives.check(archive, path)
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        return {name: _array(archive, name) for name in names}


def read(
    path: Path, choose: Callable[[Sequence[str]], Sequence[str] | None], expected: str
) -> list[np.ndarray]:
    """Return the arrays that `choose` takes of the names in the file; None: none of them will do.

    Raises UserError for what is no file, no archive, damaged, pickled, or lacks what is `expected`.
    """
    paths.check(path, f"an .npz file with {expected}", f"npz:{path}")
    with _refusing(f"npz:{path}", SAVE_IT), zipfile.ZipFile(path) as archive:
        archives.check(archive, path)
        held = [name.removesuffix(".npy") for name in archive.namelist()]
        if (names := choose(held)) is not None:
            return [_array(archive, name) for name in names]
    found = ", ".join(held[:SHOWN]) + (", ..." if len(held) > SHOWN else "") or "nothing"
    raise UserError(f"npz:{path}: expected the arrays {expected}; found {found}.")


def read_array(name: str, path: Path) -> np.ndarray:
    """Return the array in an `.npy` file; UserError, which calls it `name`, where it is damaged."""
    paths.check(path, "an .npy file", name)
    with _refusing(name, SAVE_IT, "a plain array"):
        return _decoded(path.name, path.read_bytes())


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a file whole, compressed; UserError where it cannot be."""
    try:
        with files.replacing(path) as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise UserError(f"{path}: cannot be written to ({error.strerror}).") from error


@contextlib.contextmanager
def _refusing(name: str, advice: str, kind: str = PLAIN) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever damaged bytes make zipfile and NumPy raise
        raise UserError(
            f"{name}: cannot be read as {kind} ({first_line(error)}).\n{advice}"
        ) from error


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    (info, *more) = [one for one in archive.infolist() if one.filename.removesuffix(".npy") == name]
    if more:
        raise ValueError(f"{name} is in it twice")
    return _decoded(name, archive.read(info))  # all of it, or no CRC is compared


def _decoded(name: str, content: bytes) -> np.ndarray:
    file = io.BytesIO(content)
    header = HEADERS.get(np.lib.format.read_magic(file))
    if header is None:
        raise ValueError(f"{name} is no array of version 1 or 2")
    shape, by_columns, dtype = header(file)
    if dtype.hasobject:
        raise ValueError(f"{name} holds pickled objects, which are never loaded")
    size, held = math.prod(shape) * dtype.itemsize, len(content) - file.tell()
    if size != held or min(shape, default=0) < 0:
        raise ValueError(f"{name} promises {size} bytes and holds {held}")
    flat = np.frombuffer(content, dtype, offset=file.tell()) if size else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")
