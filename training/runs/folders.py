"""Run folders: there whole or not at all, but for what a long run has saved until it is done.

Such a run lies in NAME.unfinished, under a lock, and becomes NAME when it is done.
"""

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.errors import UnusableState, UserError
from training.machine import files, shortage
from training.machine.signals import Stopped, ctrl_c_obeyed
from training.runs import sums
from training.runs.names import BEGUN, check_free, is_taken, saved, unfinished


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
            check_free(final)  # another process may have finished it
            _clear(folder)
            with _telling(final), shortage.room(final, is_saved):
                with ctrl_c_obeyed():
                    yield folder
                _finish(folder, final, [] if keep_state else saved(folder))
        except BaseException:
            if not is_saved():
                shutil.rmtree(folder, ignore_errors=True)
            raise


def _finish(folder: Path, final: Path, forget: Sequence[Path]) -> None:
    """Give the folder its name, for good, with what is not to be forgotten; it stays locked."""
    try:
        sums.write(folder, forget)
        files.put(folder, final)
        for path in forget:
            (final / path.name).unlink()
    except OSError as error:
        check_free(final)  # somebody has made it just now
        raise UserError(f"{final}: cannot be written to ({error.strerror}).") from error


@contextlib.contextmanager
def _stopping(final: Path) -> Iterator[None]:
    """Turn Ctrl-C, a second one too, into what is true then of the run `final`."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if is_taken(final):
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
    except (UserError, OSError) as error:
        if not unfinished(final).is_dir():
            raise UserError(
                f"{unfinished(final)}: gone; it was moved or removed while the run was at work.\n"
                "With its new name, tf1keras resume goes on from what was saved in it."
            ) from error
        if isinstance(error, OSError):
            raise
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
