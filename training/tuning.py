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

from keras_models import strategies
from keras_models.strategies import Plan
from training import handoff
from training import recipe as recipes
from training.data import Examples
from training.recipe import Recipe
from training.split import Task
from training.stream import stream

Weights = dict[str, np.ndarray]
OnEpoch = Callable[[int, Mapping[str, Any]], None]


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
    on_epoch: OnEpoch = lambda epoch, row: None,
) -> Tuned:
    """Train `model` in place and return what happened.

    Weights are kept as they were where the loss on the validation rows was lowest, be it before the
    first epoch; without such rows those after the last. After an epoch they are always the
    averages. Raises Moved.
    """
    began = time.perf_counter()
    keeper = _Keeper(model, task, recipe, on_epoch, began)
    trained: set[str] = set()
    frozen: list[list[str]] = []
    start = values(model)
    keeper.look(0, {})
    for number, (phase, epochs) in enumerate(
        zip(plan.phases, _epochs(plan, recipe.epochs), strict=True)
    ):
        rows = stream(task.train, recipe, seed, number)
        before = values(model)
        frozen.append([variable.path for variable in strategies.freeze(model, phase)])
        recipes.compile_for(model, recipe, rows.updates * epochs, plan.rates)
        keeper.begin(number)
        model.fit(
            rows.batches,
            epochs=epochs,
            steps_per_epoch=rows.updates,
            callbacks=[keeper],
            shuffle=False,
            verbose=0,
        )
        prove(before, values(model), phase.trains)
        trained |= phase.trains
    if keeper.best is not None:
        _assign(model, keeper.best)
    prove_frozen(start, values(model), trained)
    return Tuned(
        history=keeper.history,
        frozen=frozen,
        trainable_parameters=sum(start[path].size for path in trained),
        kept_epoch=keeper.best_epoch,
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


def prove_frozen(before: Weights, after: Weights, trains: frozenset[str] | set[str]) -> None:
    """Raise Moved unless every array that is not in `trains` is the same, bit for bit."""
    for path in before.keys() - trains:
        if before[path].tobytes() != after[path].tobytes():
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
        on_epoch: OnEpoch,
        began: float,
    ) -> None:
        super().__init__()
        self._model, self._task = model, task
        self._patience = max(2, round(recipe.patience * recipe.epochs))
        self._smoothing = recipe.label_smoothing
        self._on_epoch, self._began = on_epoch, began
        self._phase, self._waited, self._lowest = 0, 0, float("inf")
        self.best: Weights | None = None
        self.best_epoch: int | None = None
        self.history: list[dict[str, Any]] = []

    def begin(self, phase: int) -> None:
        """Start waiting anew: a phase that is stopped hands over to the next."""
        self._phase, self._waited = phase, 0

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Judge the averages, with the weights themselves put aside meanwhile."""
        pairs = recipes.averages(self._model)
        aside = [variable.numpy().copy() for variable, _ in pairs]
        for variable, average in pairs:
            variable.assign(average)
        row = self.look(self._phase + 1, logs or {})
        self._on_epoch(row["epoch"] - 1, row)
        for (variable, _), value in zip(pairs, aside, strict=True):
            variable.assign(value)

    def look(self, phase: int, logs: Mapping[str, float]) -> dict[str, Any]:
        """Measure the weights as they are, as a row of the history; row 0 is before training."""
        row: dict[str, Any] = {"epoch": len(self.history), "phase": phase}
        row |= {name: float(logs[name]) if name in logs else None for name in ("loss", "accuracy")}
        checks = self._task.validation
        if checks is not None:
            found = logits(self._model, checks.x)
            row["validation_loss"] = self._loss(found, checks.y)
            row["validation_accuracy"] = checks.accuracy(found)
            self._judge(row["validation_loss"])
        row["test_accuracy"] = accuracy(self._model, self._task.test)
        row["seconds"] = round(time.perf_counter() - self._began, 3)
        self.history.append(row)
        return row

    def _loss(self, found: np.ndarray, y: np.ndarray) -> float:
        """Return what training minimizes: with smoothed labels, sureness costs on both."""
        smooth = self._smoothing
        return handoff.cross_entropy(found, (1 - smooth) * y + smooth / y.shape[1])

    def _judge(self, found: float) -> None:
        """Keep the weights of the lowest loss: it is less of a lottery than the accuracy."""
        if found < self._lowest:
            self._lowest, self._waited = found, 0
            self.best, self.best_epoch = values(self._model), len(self.history)
            return
        self._waited += 1
        if self._waited >= self._patience:
            self._model.stop_training = True


def logits(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return the logits of rows [N, 784]: [N, classes] float32, all rows in one product."""
    return np.asarray(model(x, training=False))


def accuracy(model: keras.Model, examples: Examples) -> float:
    """Return the share of rows whose largest logit is that of their label."""
    return examples.accuracy(logits(model, examples.x))
