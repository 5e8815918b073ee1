"""When what a training has reached is saved: every so many epochs, and when told to stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import UnusableState, UserError
from training.machine.signals import Interruption, Stopped
from training.runs.chain import Chain
from training.runs.names import UNFINISHED
from training.runs.state_file import Reached


class Saver:
    """Saves to `path`; `last` is the number of the last epoch that is saved there already.

    `run` is whose state it is, `every` is in epochs. `remember` keeps what was reached last in
    memory, to be saved where training ends in an error within an epoch.
    """

    def __init__(
        self,
        path: Path,
        run: Chain,
        every: int,
        last: int | None,
        *,
        first: int = 0,
        remember: bool = False,
    ) -> None:
        self._path, self._run, self._every = path, run, every
        self._interruption = Interruption()
        self._last, self._first, self._remember = last, first, remember
        self._latest: tuple[int, Reached] | None = None

    def after_epoch(self, last: int, reached: Callable[[], Reached]) -> None:
        """Save after epoch `last` where it is time to; raise Stopped where a signal came."""
        stop = self._interruption.number
        due = self._periods(last) > self._periods(self._last)
        if self._remember or due or stop:
            self._latest = last, reached()
        if due or stop:
            self._write_latest()
        if stop:
            raise Stopped("stopped.", stop)

    def _periods(self, last: int | None) -> int:
        """Return how often it has been time to save, counted from the run's first epoch."""
        return 0 if last is None else (last + 1 - self._first) // self._every

    def _write_latest(self) -> None:
        """Write the latest state that is in memory, unless a number in it is not finite."""
        if self._latest is None:
            return
        last, reached = self._latest
        if reached.finite and last != self._last:
            reached.write(self._path, self._run)
            self._last = last

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within it a signal is left to `after_epoch`.

        Adds to what ends the training before its end, from where it can go on.
        """
        with self._interruption:
            try:
                yield
            except UserError as error:
                if self._remember:  # another worker is gone in the middle of an epoch
                    self._write_latest()
                if self._last is not None and not isinstance(error, UnusableState):
                    run = str(self._path.parent).removesuffix(UNFINISHED)
                    error.args = (
                        f"{error}\nAll is saved up to epoch {self._last}: tf1keras resume {run} "
                        "goes on from there.",
                    )
                raise
