"""Processes that a command starts: they leave Ctrl-C to it, and end when it does."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, TypeVar

from training.machine.signals import ctrl_c_later

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

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.kill()
        else:
            self.shutdown()


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


PR_SET_PDEATHSIG = 1
"""Of Linux' prctl(2)."""


def end_with(parent: int) -> None:
    """Have Linux send this process SIGTERM when `parent`, which has just made it, is gone.

    For `preexec_fn`, from a parent with one thread: nobody but the system may tell it, for while a
    worker waits for the others in TensorFlow, no thread of Python runs.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGTERM)
