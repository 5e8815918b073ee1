"""Run folders: there whole or not at all, but for what a long run has saved until it is done.

Such a run lies in NAME.unfinished, under a lock, and becomes NAME when it is done.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from training.errors import UnusableState, UserError
from training.machine import paths, shortage
from training.machine.signals import Stopped, ctrl_c_obeyed

UNFINISHED = ".unfinished"
LOCK = "lock"
BEGUN = ("config.json", "environment.json")
"""What is there of a run as soon as it has begun, beside what it has reached."""


def choose(command: str, out: Path | None) -> Path:
    """Return the run folder to make: `out`, or runs/TIME-`command`; nothing is written yet.

    Raises UserError where something is there already.
    """
    final = paths.expand(out) if out is not None else _default(command)
    if not final.name or _is_taken(final):
        raise UserError(f"--out {final}: exists already; expected a new or empty folder.")
    if paths.is_there(unfinished(final)):
        raise UserError(
            f"--out {final}: a run that was stopped, or still runs, lies in {unfinished(final)}.\n"
            f"tf1keras resume {final} goes on with it; or remove it."
        )
    return final


def unfinished(final: Path) -> Path:
    """Return where the run that will be `final` lies until it is done."""
    return final.with_name(final.name + UNFINISHED)


def find_unfinished(path: Path) -> Path | None:
    """Return the final name of the unfinished run that `path` names, by either name; else None."""
    path = paths.expand(path)
    final = path.with_name(path.name.removesuffix(UNFINISHED)) if path.name else path
    if (path.name.endswith(UNFINISHED) or not paths.is_there(path)) and unfinished(final).is_dir():
        return final
    return None


def _is_taken(path: Path) -> bool:
    """Whether something is there, other than an empty folder."""
    if not paths.is_there(path):
        return False
    return path.is_symlink() or not path.is_dir() or any(path.iterdir())


@contextlib.contextmanager
def new(final: Path) -> Iterator[Path]:
    """Give a folder to write to, which becomes the run folder `final` when the body ends well.

    If the body raises, nothing is left behind. Raises UserError where no folder can be made there.
    """
    with _stopping(final), _parents(final):
        try:
            unfinished = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
            unfinished.chmod(0o755)
        except OSError as error:
            raise UserError(f"--out {final}: cannot be written to ({error.strerror}).") from error
        try:
            with shortage.room(final), ctrl_c_obeyed():
                yield unfinished
            os.replace(unfinished, final)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextlib.contextmanager
def resumable(final: Path, *markers: str) -> Iterator[Path]:
    """Give the folder NAME.unfinished, which becomes the run folder `final` if the body ends well.

    It is made if it is not there, and locked against other processes; a process that ends in any
    way unlocks it. If the body raises, it stays where there is a file in it that `markers` name,
    and goes otherwise. Raises UserError where it cannot be made or is in use.
    """
    folder = unfinished(final)

    def is_saved() -> bool:
        return any((folder / marker).is_file() for marker in markers)

    with _stopping(final, is_saved), _parents(final), _locked(folder):
        try:
            _check_free(final)  # another process may have finished it
            _clear(folder, {*markers, LOCK, *BEGUN})
            with _telling(final, is_saved), shortage.room(final, is_saved), ctrl_c_obeyed():
                yield folder
            _check_free(final)
            if final.is_dir():  # an empty one
                final.rmdir()
            (folder / LOCK).unlink()
            folder.rename(final)
        finally:
            if folder.is_dir() and not is_saved():
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _stopping(final: Path, is_saved: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Turn Ctrl-C, a second one too, into what is true then of the run `final`."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if _is_taken(final):
            what = f"; {final} was finished before."
        elif is_saved():
            what = (
                f".\nWhat was saved last lies in {unfinished(final)}: tf1keras resume {final} goes "
                "on from there."
            )
        else:
            what = "; nothing was written."
        raise Stopped(f"stopped{what}", signal.SIGINT) from interrupt


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / LOCK, blocking=False)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise UserError(f"{folder}: in use by another process; wait for it to end.") from error
    except OSError as error:
        raise UserError(
            f"--out {folder}: cannot be written to ({error.strerror}); expected a folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _telling(final: Path, is_saved: Callable[[], bool]) -> Iterator[None]:
    """Add to an error from where the run can go on, unless it says so already."""
    try:
        yield
    except UserError as error:
        goes_on = is_saved() and not isinstance(error, UnusableState)
        if goes_on and "tf1keras resume" not in str(error):
            error.args = (f"{error}\nWhat was reached is saved: tf1keras resume {final}",)
        raise


@contextlib.contextmanager
def _parents(final: Path) -> Iterator[None]:
    """Make the folders that `final` lies in; those that were made go if the body raises."""
    missing = [folder for folder in final.parents if not folder.exists()]
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {final}: cannot be written to ({error.strerror}).") from error
    try:
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):  # it holds something
                folder.rmdir()
        raise


def _clear(folder: Path, keep: Collection[str]) -> None:
    """Remove results of which a process was killed while it wrote them."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in keep:
            path.unlink()


def _check_free(final: Path) -> None:
    if _is_taken(final):
        raise UserError(
            f"{final}: exists already; {unfinished(final)} cannot take its name.\n"
            "Move it away, or remove what is unfinished."
        )


def _default(command: str) -> Path:
    stem = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{command}"
    folder, number = stem, 2
    while folder.exists() or unfinished(folder).exists():
        folder, number = stem.with_name(f"{stem.name}-{number}"), number + 1
    return folder
