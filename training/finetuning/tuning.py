"""Train a model phase by phase with a recipe, keep the best weights, prove what did not move.

Every phase is frozen, compiled anew and fitted by Keras; validation decides which weights are kept;
the test rows are looked at after every epoch for the record, and nothing depends on it.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_models.classifiers import strategies
from keras_models.classifiers.strategies import Plan
from training.finetuning import recipe as recipes
from training.finetuning.recipe import Recipe
from training.finetuning.saved_progress import Progress, Weights
from training.finetuning.split import Task
from training.finetuning.stream import stream
from training.model_files.pretrained import accuracy, logits
from training.parity.bits import same

AfterEpoch = Callable[[Progress], None]
"""Told what training has reached; whatever it raises ends the training."""


class Moved(RuntimeError):
    """An array that was frozen has changed, or one that should train has not."""


@dataclass(frozen=True)
class Tuned:
    """What a training did; `history` has a row before the first epoch and after each."""

    history: list[dict[str, Any]]
    frozen: list[list[str]]
    """For each phase, the paths of what stayed, bit for bit."""
    trainable_parameters: int
    """Numbers that trained in any phase."""
    kept_epoch: int | None
    """None where nothing chose it, so that it is the last."""
    seconds: float

    @property
    def kept(self) -> dict[str, Any]:
        """The row of the history that has the weights which were kept."""
        return self.history[-1 if self.kept_epoch is None else self.kept_epoch]


def tune(
    model: keras.Model,
    plan: Plan,
    recipe: Recipe,
    task: Task,
    seed: int,
    after_epoch: AfterEpoch = lambda progress: None,
    saved: Progress | None = None,
) -> Tuned:
    """Train `model` in place, from what was `saved` on if anything was; return what happened.

    Weights are kept as they were where the Brier score of the validation rows was lowest, be it
    before the first epoch; without such rows those after the last. After an epoch they are always
    the averages. Raises Moved, and UserError where what was saved is not of this training.
    """
    began = time.perf_counter() - (saved.seconds if saved else 0.0)
    start, lengths = values(model), _epochs(plan, recipe.epochs)
    if saved:
        saved.check(start, lengths)
    progress = saved or Progress(start)
    keeper = _Keeper(model, task, recipe, after_epoch, progress, began)
    if not saved:
        keeper.look(0, {})
    trained: set[str] = set()
    frozen: list[list[str]] = []
    for number, (phase, epochs) in enumerate(zip(plan.phases, lengths, strict=True)):
        frozen.append([variable.path for variable in strategies.freeze(model, phase)])
        trained |= phase.trains
        if number < progress.phase:  # it was done before
            continue
        begun = keeper.begin(number)
        batches, updates = stream(task.train, recipe, seed, number, begun)
        recipes.compile_for(model, recipe, updates, epochs, plan.rates)
        if begun:
            _restore(model, progress)
        model.fit(
            batches,
            initial_epoch=epochs if keeper.stops else begun,
            epochs=epochs,
            steps_per_epoch=updates,
            callbacks=[keeper],
            shuffle=False,
            verbose=0,
        )
        prove(progress.before, values(model), phase.trains)
    if progress.best:
        _assign(model, progress.best)
    prove_frozen(start, values(model), trained)
    return Tuned(
        history=progress.history,
        frozen=frozen,
        trainable_parameters=sum(start[path].size for path in trained),
        kept_epoch=progress.best_epoch,
        seconds=time.perf_counter() - began,
    )


def _epochs(plan: Plan, total: int) -> list[int]:
    """Share `total` epochs out to the phases, at least one each, though there be fewer."""
    ends = np.cumsum([phase.share for phase in plan.phases])
    bounds, phases = [0], len(ends)
    for number, end in enumerate(ends / ends[-1], start=1):
        latest = max(total, phases) - (phases - number)
        bounds.append(min(max(round(total * end), bounds[-1] + 1), latest))
    return [after - before for before, after in itertools.pairwise(bounds)]


def values(model: keras.Model) -> Weights:
    """Return path -> copy of every variable."""
    return {variable.path: variable.numpy().copy() for variable in model.weights}


def _assign(model: keras.Model, weights: Weights) -> None:
    for variable in model.weights:
        variable.assign(weights[variable.path])


def _slots(model: keras.Model) -> Weights:
    """Return number -> copy of every variable of the optimizer, or of all optimizers in it."""
    variables = model.optimizer.variables
    return {str(number): np.array(one.numpy()) for number, one in enumerate(variables)}


def _restore(model: keras.Model, progress: Progress) -> None:
    """Set the model, compiled for the phase, to the weights and slots that were reached."""
    progress.fits("optimizer", _slots(model))
    _assign(model, progress.weights)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(progress.optimizer[str(number)])


def prove_frozen(before: Weights, after: Weights, trains: frozenset[str] | set[str]) -> None:
    """Raise Moved unless every array that is not in `trains` is the same, bit for bit."""
    for path in before.keys() - trains:
        if not same(before[path], after[path]):
            raise Moved(
                f"{path} was frozen and moved by {np.abs(after[path] - before[path]).max()}"
            )


def prove(before: Weights, after: Weights, trains: frozenset[str]) -> None:
    """Raise Moved unless what is frozen stayed bit for bit and what trains moved."""
    prove_frozen(before, after, trains)
    for path in trains:
        if np.array_equal(before[path], after[path]):
            raise Moved(f"{path} should have trained and did not move: was it compiled before?")


class _Keeper(keras.callbacks.Callback):
    """After every epoch: accuracies of the averaged weights; keeps the best; stops in time.

    Keras' own pieces do not go together here: `SwapEMAWeights` swaps by adding and subtracting,
    which rounds, and at the end of `fit` the last averages overwrite what `EarlyStopping` restored.
    """

    def __init__(
        self,
        model: keras.Model,
        task: Task,
        recipe: Recipe,
        after_epoch: AfterEpoch,
        progress: Progress,
        began: float,
    ) -> None:
        super().__init__()
        self._model, self._task, self._progress = model, task, progress
        self._patience = max(2, round(recipe.patience * recipe.epochs))
        self._after_epoch, self._began = after_epoch, began

    def begin(self, phase: int) -> int:
        """Return the epochs of the phase that are done; none: start waiting anew.

        A phase that is stopped hands over to the next.
        """
        progress = self._progress
        if not progress.epochs or phase != progress.phase:
            progress.phase, progress.epochs, progress.waited = phase, 0, 0
            progress.before = values(self._model)
        return progress.epochs

    @property
    def stops(self) -> bool:
        """Whether the phase has gone on for long enough without a lower Brier score."""
        return self._progress.waited >= self._patience

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Judge the averages, with the weights themselves put aside meanwhile."""
        progress = self._progress
        pairs = recipes.averages(self._model)
        aside = [variable.numpy().copy() for variable, _ in pairs]
        for variable, average in pairs:
            variable.assign(average)
        self.look(progress.phase + 1, logs or {})
        for (variable, _), value in zip(pairs, aside, strict=True):
            variable.assign(value)
        progress.epochs = epoch + 1
        progress.weights, progress.optimizer = values(self._model), _slots(self._model)
        self._after_epoch(progress)

    def look(self, phase: int, logs: Mapping[str, float]) -> None:
        """Measure the weights as they are, as a row of the history; row 0 is before training."""
        row: dict[str, Any] = {"epoch": len(self._progress.history), "phase": phase}
        row |= {name: float(logs[name]) if name in logs else None for name in ("loss", "accuracy")}
        checks = self._task.validation
        if checks is not None:
            found = logits(self._model, checks.x)
            row["validation_loss"] = recipes.cross_entropy(found, checks.y)
            row["validation_accuracy"] = checks.accuracy(found)
            row["validation_brier"] = recipes.brier(found, checks.y)
            self._judge(row["validation_brier"])
        row["test_accuracy"] = accuracy(self._model, self._task.test)
        row["seconds"] = round(time.perf_counter() - self._began, 3)
        self._progress.history.append(row)

    def _judge(self, found: float) -> None:
        """Keep the weights of the lowest Brier score.

        It is less of a lottery than the accuracy, and no mistake counts for more than 2. The
        cross-entropy is lowest too early: a few rows that stay wrong, ever more surely, decide it.
        """
        progress = self._progress
        if found < progress.lowest:
            progress.waited = 0
            progress.best, progress.best_epoch = values(self._model), len(progress.history)
            return
        progress.waited += 1
        if self.stops:
            self._model.stop_training = True
