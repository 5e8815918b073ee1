"""When what a training has reached is saved: every so many epochs, and when told to stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from training.errors import UnusableState, UserError
from training.machine.signals import Interruption, Stopped
from training.runs.folders import UNFINISHED


class Reached(Protocol):
    """What a training has reached; read-only, for some of it is computed."""

    @property
    def last(self) -> int | None:
        """The number of the last epoch that is done; None before the first."""
        ...

    @property
    def finite(self) -> bool:
        """Whether every number that training would go on from is finite."""
        ...

    def write(self, path: Path) -> None:
        """Write the file in place of the one that is there, if any, in one step."""
        ...


class Saver:
    """Saves to `path`; `last` is the number of the last epoch that is saved there already.

    `every` is in epochs. `remember` keeps what was reached last in memory, to be saved where
    training ends in an error within an epoch.
    """

    def __init__(
        self,
        path: Path,
        every: int,
        interruption: Interruption,
        last: int | None,
        *,
        first: int = 0,
        remember: bool = False,
    ) -> None:
        self._path, self._every, self._interruption = path, every, interruption
        self._last, self._first, self._remember = last, first, remember
        self._latest: Reached | None = None

    def after_epoch(self, last: int, reached: Callable[[], Reached]) -> None:
        """Save after epoch `last` where it is time to; raise Stopped where a signal came."""
        stop = self._interruption.number
        due = self._periods(last) > self._periods(self._last)
        if self._remember or due or stop:
            self._latest = reached()
        if due or stop:
            self._write_latest()
        if stop:
            raise Stopped("stopped.", stop)

    def _periods(self, last: int | None) -> int:
        """Return how often it has been time to save, counted from the run's first epoch."""
        return 0 if last is None else (last + 1 - self._first) // self._every

    def _write_latest(self) -> None:
        """Write the latest state that is in memory, unless a number in it is not finite."""
        if self._latest and self._latest.finite and self._latest.last != self._last:
            self._latest.write(self._path)
            self._last = self._latest.last

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Add to what ends the training before its end, from where it can go on."""
        try:
            yield
        except UserError as error:
            if self._remember:  # another worker is gone in the middle of an epoch
                self._write_latest()
            if self._last is not None and not isinstance(error, UnusableState):
                run = str(self._path.parent).removesuffix(UNFINISHED)
                error.args = (
                    f"{error}\nAll is saved up to epoch {self._last}: tf1keras resume {run} goes "
                    "on from there.",
                )
            raise
