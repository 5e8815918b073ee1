"""Ctrl-C and SIGTERM while training: the call that runs is ended and saved first."""

import signal
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

from training.errors import UserError


class Stopped(UserError):
    """Training was stopped from outside; `status` is the exit status that shells expect of that."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = 128 + number


class Interruption(AbstractContextManager):
    """Within it the first SIGINT or SIGTERM is only noted, in `number`; a second one interrupts."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
