"""Zip archives, `.npz` and `.keras`: what members promise, looked at before one is read."""

import zipfile
from pathlib import Path, PurePosixPath

from tf1_compat.bounds import most_bytes

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How NumPy and Keras write."""


def check(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise ValueError unless every member may be read, and all together are not too large.

    Each is there once, leads out of no folder, and is PACKED; together they unfold to no more than
    `most_bytes` of the file `path`.
    """
    seen: set[str] = set()
    for member in archive.infolist():
        name = member.filename
        if name.startswith("/") or ".." in PurePosixPath(name.replace("\\", "/")).parts:
            raise ValueError(f"{name!r} in it leads out of its folder")
        if name in seen:
            raise ValueError(f"{name!r} is in it twice")
        if member.compress_type not in PACKED:
            raise ValueError(f"{name!r} is neither stored nor deflated")
        seen.add(name)
    promised = sum(member.file_size for member in archive.infolist())
    if promised > (most := most_bytes(path.stat().st_size)):
        raise ValueError(f"it promises {promised:,} bytes, where {most:,} may be")
