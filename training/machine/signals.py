"""Ctrl-C, SIGTERM and SIGHUP: while training, the call that runs is ended and saved first."""

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

from training.errors import UserError

TO_STOP = (signal.SIGTERM, signal.SIGHUP)
"""What asks a process to stop, beside Ctrl-C."""


class Stopped(UserError):
    """Training was stopped from outside; `status` is the exit status that shells expect of that."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = 128 + number


class _Remembering:
    """Raises KeyboardInterrupt, as Python's own handler does, and remembers that."""

    def __init__(self) -> None:
        self.raised = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.raised = True
        raise KeyboardInterrupt


@contextmanager
def ctrl_c_remembered() -> Iterator[None]:
    """Within it `stop_if_asked` knows of a Ctrl-C whose KeyboardInterrupt was dropped.

    TensorFlow drops what is raised while its first `Session.run` asks for NumPy's version, and
    Python what is raised in a callback of the garbage collector.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # nohup, another's
        yield
        return
    hook = sys.unraisablehook

    def unless_asked(dropped: Any) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            hook(dropped)

    signal.signal(signal.SIGINT, _Remembering())
    sys.unraisablehook = unless_asked
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def ctrl_c_obeyed() -> Iterator[None]:
    """Stop after the body where it was asked for; that a library failed of it is no error."""
    try:
        yield
    except UserError:
        raise
    except Exception:
        stop_if_asked()
        raise
    stop_if_asked()


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt once more where one was dropped: before what takes long or stays."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _Remembering) and handler.raised:
        raise KeyboardInterrupt


@contextmanager
def ctrl_c_later() -> Iterator[None]:
    """Let Ctrl-C wait until the body has run; a process that is started there never sees it.

    A process that is started by half finds nothing to begin with, and says so in a traceback. To
    block the signal is not enough: another thread, of TensorFlow say, takes it, and Python raises
    KeyboardInterrupt in the main thread nevertheless.
    """
    noted: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    resource_tracker.ensure_running()  # where it has to be started, it lifts the block
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit that
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, handler)
        if noted:
            signal.raise_signal(signal.SIGINT)


class Interruption(AbstractContextManager):
    """Within it the first signal to stop is only noted, in `number`; then Ctrl-C interrupts.

    SIGHUP, which a terminal sends that is closed, is one unless it is ignored, as by nohup.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        stop_if_asked()
        for number in (signal.SIGINT, *TO_STOP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number is None:
            self.number = number
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
