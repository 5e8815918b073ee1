"""Lanes in lockstep that are saved on the way, and go on from what was saved, bit for bit."""

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from training.lanes import loop
from training.lanes.history import History
from training.lanes.protocol import Trainee
from training.machine.signals import Interruption
from training.runs import saving
from training.runs.saver import Saver
from training.runs.state_file import STATE


class SavedTraining:
    """`trainees`, set to what `folder`/`name` has of them, if it has anything.

    `every` is in epochs; `first` is the number of the first epoch, where nothing is saved yet;
    `remember` is as in `Saver`. Raises UserError where what is saved is damaged or another's.
    """

    def __init__(
        self,
        trainees: Sequence[Trainee],
        folder: Path,
        every: int,
        *,
        name: str = STATE,
        first: int = 0,
        remember: bool = False,
    ) -> None:
        self._trainees, self._path = trainees, folder / name
        self._every, self._remember = every, remember
        saved = saving.read(folder, name)
        if saved:
            saving.restore(trainees, saved)
        self._begun = saved or saving.nothing(trainees, first)

    @property
    def first(self) -> int:
        """The number of the first epoch, of this process or of the one that saved."""
        return self._begun.first

    @property
    def last(self) -> int | None:
        """The number of the last epoch that was done before; None where training begins."""
        return self._begun.last

    @property
    def done(self) -> Mapping[str, np.ndarray]:
        """Lane -> losses of the epochs that were done before."""
        return self._begun.losses

    def run(
        self,
        epochs: int,
        on_epoch: loop.OnEpoch,
        *,
        within: AbstractContextManager[Any] = nullcontext(),  # noqa: B008 (has no state)
        **how: Any,
    ) -> History:
        """Train to `epochs` in all, as `loop.train` does with `how`, and save the end.

        Raises Stopped, when all is saved, after Ctrl-C or SIGTERM.
        """
        with Interruption() as interruption:
            saver = Saver(
                self._path,
                self._every,
                interruption,
                self.last,
                first=self.first,
                remember=self._remember,
            )

            def after_call(losses: Mapping[str, Sequence[np.floating]]) -> None:
                last = self.first + len(next(iter(losses.values()))) - 1
                saver.after_epoch(last, lambda: saving.snapshot(self._trainees, losses, self.first))

            with saver.telling(), within:
                found = loop.train(
                    self._trainees, epochs, on_epoch, done=self.done, after_call=after_call, **how
                )
        saving.snapshot(self._trainees, found.losses, self.first).write(self._path)
        return dataclasses.replace(found, first=self.first)
