"""Processes that a command starts: they leave Ctrl-C to it, and end when it does."""

import multiprocessing
import os
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
