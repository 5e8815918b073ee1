"""What a power failure leaves of a folder: what was brought to the disk, and nothing else."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Disk:
    """A folder, `root`, and what of it is on the disk; `root` itself is.

    Of a file that is its content when it was last brought there, of a folder its names: strictly by
    POSIX, where a file that is on the disk has no name there until its folder is, too.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.stat().st_ino
        self._on_disk: dict[int, bytes | dict[str, int]] = {self._root: {}}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within it every `os.fsync` is noted, once it is done."""
        fsync = os.fsync

        def noting(descriptor: int) -> None:
            fsync(descriptor)
            path, status = Path(f"/proc/self/fd/{descriptor}"), os.fstat(descriptor)
            self._on_disk[status.st_ino] = (
                {name.name: name.stat(follow_symlinks=False).st_ino for name in os.scandir(path)}
                if stat.S_ISDIR(status.st_mode)
                else path.read_bytes()
            )

        os.fsync = noting  # type: ignore[assignment]
        try:
            yield
        finally:
            os.fsync = fsync

    def after_power_failure(self, to: Path) -> None:
        """Write what is left of `root` to the new folder `to`."""
        self._restore(self._root, to)

    def _restore(self, inode: int, to: Path) -> None:
        held = self._on_disk.get(inode, b"")
        if isinstance(held, bytes):  # a name without content, too
            to.write_bytes(held)
            return
        to.mkdir()
        for name, inner in held.items():
            self._restore(inner, to / name)
