"""The one training loop: trainees in lockstep, epoch by epoch, on their bound data."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from training.errors import UserError
from training.lanes.history import History
from training.lanes.protocol import Trainee

TIMED_EPOCHS = 20
"""So many epochs at the end run one trainee at a time, to measure each; before, all run at once."""

OnEpoch = Callable[[int, Mapping[str, np.floating]], None]


def train(
    trainees: Sequence[Trainee],
    epochs: int,
    on_epoch: OnEpoch,
    timed: int = TIMED_EPOCHS,
    stop_below: float | None = None,
    per_call: int = 1,
    done: Mapping[str, Sequence[np.floating] | np.ndarray] | None = None,
    after_call: Callable[[Mapping[str, Sequence[np.floating]]], None] = lambda losses: None,
) -> History:
    """Run `epochs` updates of every trainee; no trainee is ever a call ahead of another.

    A call is `per_call` epochs, but for the first, which is one: it builds the graphs. After each
    call `on_epoch(epoch, losses)` is called for each of its epochs, then `after_call` with all
    losses so far; what that raises ends the training. `done` is lane -> losses of the epochs that
    were run before, from which training goes on. Stops after the first call whose last loss, of the
    first trainee, is below `stop_below`: the article's step 7.

    In the last `timed` epochs one trainee runs at a time, to measure each; before, all run at once.
    That cannot change a bit: they share nothing but the data, which nobody writes. Where nobody
    knows which epoch will be the last, one runs at a time in all. Raises UserError at the first
    loss that is not a finite number.
    """
    if stop_below is not None:
        timed = epochs
    losses: dict[str, list[np.floating]] = {
        trainee.name: list(done[trainee.name]) if done else [] for trainee in trainees
    }
    began = len(losses[trainees[0].name])
    seconds: dict[str, list[float]] = {trainee.name: [] for trainee in trainees}
    with ThreadPoolExecutor(len(trainees)) as pool:
        for start, count in _calls(began, epochs, per_call):
            alone = start == began or start + count > epochs - timed
            run = (map if alone else pool.map)(partial(_timed_steps, count), trainees)
            for trainee, (of_call, duration) in zip(trainees, run, strict=True):
                for epoch, loss in enumerate(of_call, start):
                    _check_finite(trainee.name, epoch, loss)
                losses[trainee.name] += of_call
                seconds[trainee.name] += [duration / count] * count
            for epoch in range(start, start + count):
                on_epoch(epoch, {name: of_lane[epoch] for name, of_lane in losses.items()})
            if stop_below is not None and losses[trainees[0].name][-1] < stop_below:
                break
            after_call(losses)
    return History(
        {name: np.array(of_lane) for name, of_lane in losses.items()},
        {name: _typical(of_lane) for name, of_lane in seconds.items()},
    )


def _calls(began: int, epochs: int, per_call: int) -> Iterator[tuple[int, int]]:
    """Yield (first epoch, how many) of each call."""
    if began < epochs:
        yield began, 1
    for start in range(began + 1, epochs, per_call):
        yield start, min(per_call, epochs - start)


def _timed_steps(count: int, trainee: Trainee) -> tuple[list[np.floating], float]:
    start = time.perf_counter()
    losses = [trainee.step()] if count == 1 else list(trainee.steps(count))
    return losses, time.perf_counter() - start


def _typical(seconds: list[float]) -> float:
    """Median of the last epochs, which ran alone; not of the first, which also builds the graph.

    NaN where none was run.
    """
    return float(np.median(seconds[1:][-TIMED_EPOCHS:] or seconds or np.nan))


def _check_finite(name: str, epoch: int, loss: np.floating) -> None:
    if not np.isfinite(loss):
        raise UserError(
            f"the loss of lane {name} is {loss} at epoch {epoch}; expected a finite number.\n"
            "Try a smaller --learning-rate or another --seed; if the data are your own, look for "
            "damaged rows."
        )
