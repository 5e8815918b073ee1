"""Run folders: there whole or not at all, but for what a long run has saved until it is done.

Such a run lies in NAME.unfinished, under a lock, and becomes NAME when it is done.
"""

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from training.errors import UnusableState, UserError
from training.machine import files, paths, shortage
from training.machine.signals import Stopped, ctrl_c_obeyed

UNFINISHED = ".unfinished"
BEGUN = ("config.json", "environment.json")
"""What is there of a run as soon as it has begun, beside what it has reached."""
STATES = "state*"
"""What a run has reached lies in files that are called so, and nothing else is."""


def choose(command: str, out: Path | None) -> Path:
    """Return the run folder to make: `out`, or runs/TIME-`command`; nothing is written yet.

    Raises UserError where something is there already, or a stopped run that `resume` goes on with.
    """
    final = paths.expand(out) if out is not None else _default(command)
    if not final.name or _is_taken(final):
        raise UserError(f"--out {final}: exists already; expected a new or empty folder.")
    folder = unfinished(final)
    nothing_reached = (folder / BEGUN[0]).is_file() and not saved(folder)
    if _is_taken(folder) and not nothing_reached:
        raise UserError(
            f"--out {final}: a run that was stopped, or still runs, lies in {folder}.\n"
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


def saved(folder: Path) -> list[Path]:
    """Return the files in `folder` that hold what a run has reached."""
    return sorted(path for path in folder.glob(STATES) if path.is_file())


def _is_taken(path: Path) -> bool:
    """Whether something is there, other than an empty folder."""
    if not paths.is_there(path):
        return False
    return path.is_symlink() or not path.is_dir() or any(path.iterdir())


@contextlib.contextmanager
def begin(final: Path, *, keep_state: bool = False) -> Iterator[Path]:
    """Give the folder NAME.unfinished, which becomes the run folder `final` if the body ends well.

    It is made if it is not there, and locked against other processes; a process that ends in any
    way unlocks it. If the body raises, it stays where something is saved in it, and goes otherwise.
    What was saved on the way goes when the run is done, unless it is to be gone on from even then.
    Raises UserError where it cannot be made or is in use.
    """
    folder = unfinished(final)

    def is_saved() -> bool:
        return bool(saved(folder))

    with _stopping(final), _parents(final), _locked(folder):
        try:
            _check_free(final)  # another process may have finished it
            _clear(folder)
            with _telling(final), shortage.room(final, is_saved):
                with ctrl_c_obeyed():
                    yield folder
                _finish(folder, final)
        except BaseException:
            if not is_saved():
                shutil.rmtree(folder, ignore_errors=True)
            raise
        if not keep_state:
            for state in saved(final):
                state.unlink()


def _finish(folder: Path, final: Path) -> None:
    """Give the folder its name, for good; the lock goes with it."""
    try:
        files.put(folder, final)
    except OSError as error:
        _check_free(final)  # somebody has made it just now
        raise UserError(f"{final}: cannot be written to ({error.strerror}).") from error


@contextlib.contextmanager
def _stopping(final: Path) -> Iterator[None]:
    """Turn Ctrl-C, a second one too, into what is true then of the run `final`."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if _is_taken(final):
            what = f"; {final} was finished before."
        elif saved(unfinished(final)):
            what = (
                f".\nWhat was saved last lies in {unfinished(final)}: tf1keras resume {final} goes "
                "on from there."
            )
        else:
            what = "; nothing was written."
        raise Stopped(f"stopped{what}", signal.SIGINT) from interrupt


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder itself, whatever it is called meanwhile."""
    with contextlib.ExitStack() as stack:
        try:
            files.make_folder(folder)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"{folder}: in use by another process; wait for it to end.") from error
        except OSError as error:
            raise UserError(
                f"--out {folder}: cannot be written to ({error.strerror}); expected a folder."
            ) from error
        if not (folder.is_dir() and os.path.samestat(os.fstat(descriptor), folder.stat())):
            raise UserError(f"{folder}: another process has just finished it.")
        yield


@contextlib.contextmanager
def _telling(final: Path) -> Iterator[None]:
    """Add to an error from where the run can go on, unless it says so already."""
    try:
        yield
    except UserError as error:
        goes_on = saved(unfinished(final)) and not isinstance(error, UnusableState)
        if goes_on and "tf1keras resume" not in str(error):
            error.args = (f"{error}\nWhat was reached is saved: tf1keras resume {final}",)
        raise


@contextlib.contextmanager
def _parents(final: Path) -> Iterator[None]:
    """If the body raises, remove the folders that were made for `final` to lie in."""
    missing = [folder for folder in final.parents if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in missing:
            with contextlib.suppress(OSError):  # it holds something
                folder.rmdir()
        raise


def _clear(folder: Path) -> None:
    """Remove results of which a process was killed while it wrote them."""
    keep = {*saved(folder), *(folder / name for name in BEGUN)}
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path not in keep:
            path.unlink()


def _check_free(final: Path) -> None:
    if _is_taken(final):
        raise UserError(
            f"{final}: exists already; {unfinished(final)} cannot take its name.\n"
            "Move it away, or remove what is unfinished."
        )


def _default(command: str) -> Path:
    """Return a name that no other process chooses, though it begin in the same second."""
    stem = Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}-{command}"
    folder, number = stem, 2
    while folder.exists() or unfinished(folder).exists():
        folder, number = stem.with_name(f"{stem.name}-{number}"), number + 1
    return folder
