"""Processes that a command starts: they leave Ctrl-C to it, and end when it does."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Child(ProcessPoolExecutor):
    """One fresh process, started by the first `submit`, that calls `begin` before all else.

    As a context it is killed when the body raises, so that nobody waits for what it was doing.
    """

    def __init__(self, begin: Callable[..., None] | None = None, *arguments: Any) -> None:
        spawn = multiprocessing.get_context("spawn")
        super().__init__(1, spawn, _begin, (begin, arguments))

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run `fn` there. The first call, which starts the process, is the main thread's."""
        if self._processes:
            return super().submit(fn, *args, **kwargs)
        with ctrl_c_later():
            return super().submit(fn, *args, **kwargs)

    def kill(self) -> None:
        """End the process at once."""
        for process in list((self._processes or {}).values()):  # kill_workers() is Python 3.14's
            process.kill()
        self.shutdown()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind:
            self.kill()
        else:
            self.shutdown()


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


def _begin(begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin:
        begin(*arguments)


def _end_with_parent() -> None:
    """A parent that was killed cannot end what it started, and no pipe tells that it is gone."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
