"""Lanes in lockstep that are saved on the way, and go on from what was saved, bit for bit."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from training.lanes import loop
from training.lanes.history import History
from training.lanes.protocol import Trainee
from training.runs import chain, saving
from training.runs.chain import Chain
from training.runs.saver import Saver
from training.runs.saving import Saved
from training.runs.state_file import STATE


class SavedTraining:
    """`trainees`, set to what `folder`/`name` has of them, if it has anything.

    `every` is in epochs; `first` is the number of the first epoch, where nothing is saved yet;
    `remember` is as in `Saver`; `some` says that they are some of the run's lanes only, as on other
    workers than the chief. Raises UserError where what is saved is damaged or another's.
    """

    begun: Saved
    """What was done before, by the process that saved; no epochs where training begins."""

    def __init__(
        self,
        trainees: Sequence[Trainee],
        folder: Path,
        every: int,
        *,
        name: str = STATE,
        first: int = 0,
        remember: bool = False,
        some: bool = False,
    ) -> None:
        self._trainees, self._path = trainees, folder / name
        self._every, self._remember = every, remember
        self._weights = {
            f"{one.name}:{name}": array for one in trainees for name, array in one.weights().items()
        }
        self.begun = Saved({one.name: np.array([]) for one in trainees}, {}, first)
        if self._path.is_file():
            run = chain.read(folder) if some else self._run
            self.begun = saving.read(self._path, run)
            saving.restore(trainees, self.begun)

    @property
    def _run(self) -> Chain:
        return chain.with_weights(self._path.parent, self._weights)

    def run(
        self,
        epochs: int,
        on_epoch: loop.OnEpoch,
        on_call: Callable[[int], None] = lambda done: None,
        *,
        within: AbstractContextManager[Any] = nullcontext(),  # noqa: B008 (has no state)
        **how: Any,
    ) -> History:
        """Train to `epochs` in all, as `loop.train` does with `how`, and save the end.

        `on_call` is told how many epochs are done, after each call but one that ends the training.

        Raises Stopped, when all is saved, after Ctrl-C, SIGTERM or SIGHUP.
        """
        trainees, first, done = self._trainees, self.begun.first, self.begun.losses
        run, last = self._run, self.begun.last
        saver = Saver(self._path, run, self._every, last, first=first, remember=self._remember)

        def after_call(losses: Mapping[str, Sequence[np.floating]]) -> None:
            done = len(next(iter(losses.values())))
            on_call(done)
            last = first + done - 1
            saver.after_epoch(last, lambda: saving.snapshot(trainees, losses, first))

        with saver.watching(), within:
            found = loop.train(trainees, epochs, on_epoch, done=done, after_call=after_call, **how)
        saving.snapshot(trainees, found.losses, first).write(self._path, run)
        return dataclasses.replace(found, first=first)
