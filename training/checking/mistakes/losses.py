"""Mistakes in the loss: logits as probabilities, reduction, smoothing, share, another loss."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_models.clones import copies
from training.checking.case import Candidate, Case, Hypothesis
from training.checking.mistakes.penalties import penalties
from training.checking.mistakes.shares import factor, fitted, output_name, shares

LOSSES = (
    keras.losses.CategoricalCrossentropy,
    keras.losses.SparseCategoricalCrossentropy,
    keras.losses.BinaryCrossentropy,
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsoluteError,
    keras.losses.Huber,
    keras.losses.Hinge,
    keras.losses.LogCosh,
)
BY_FUNCTION = {
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
}
"""What Keras calls the function of a loss -> the loss."""


class _Place(NamedTuple):
    """One loss of a model: of its output, or of one of several."""

    loss: keras.losses.Loss | None
    """As an object, also where it was given by name; None for a function of the user's."""
    name: str
    of: str
    """Which output, in words; empty where there is one."""
    put: Callable[[keras.losses.Loss], Case]
    """Puts another loss in its place."""

    def having(self, **changes: Any) -> Case:
        """Return the case with the loss's settings changed."""
        return self.put(copies.copy_of_loss(self.loss, **changes))


def _places(case: Case) -> Iterator[_Place]:
    given = case.model.loss
    if not isinstance(given, dict | list):
        loss = _as_object(given)
        yield _Place(loss, _name(loss, given), "", lambda other: case.having(loss=other))
        return
    for key in given if isinstance(given, dict) else range(len(given)):
        loss = _as_object(given[key])

        def put(other: keras.losses.Loss, key: Any = key) -> Case:
            changed = copies.copy_of_loss(given)
            changed[key] = other
            return case.having(loss=changed)

        yield _Place(loss, _name(loss, given[key]), f" of {output_name(case, key)}", put)


def _name(loss: keras.losses.Loss | None, given: Any) -> str:
    return type(loss).__name__ if loss else str(given)


def _as_object(loss: Any) -> keras.losses.Loss | None:
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        return loss
    kind = BY_FUNCTION.get(getattr(loss, "__name__", ""))
    return kind() if kind else None


def settings(case: Case) -> Iterator[Candidate]:
    """Another number, such as Huber's delta; the graph's constants say which."""
    for one in _places(case):
        for setting, own in getattr(one.loss, "_fn_kwargs", {}).items():
            for number in case.examination.pair.structure.numbers:
                if isinstance(own, float) and number != float(own):
                    yield Candidate(
                        f"{setting} of the loss{one.of}: {own:g} in Keras, {number:g} in "
                        "TensorFlow 1",
                        functools.partial(one.having, **{setting: number}),
                        least="gradients",
                    )


def from_logits(case: Case) -> Iterator[Candidate]:
    """Logits taken as probabilities, or the other way round."""
    for one in _places(case):
        own = one.loss.get_config().get("from_logits") if one.loss else None
        if own is not None:
            cause = (
                f"from_logits=True, but the model's outputs{one.of} are probabilities"
                if own
                else f"logits{one.of} are taken as probabilities: from_logits=False"
            )
            yield Candidate(cause, functools.partial(one.having, from_logits=not own))


def reduction(case: Case) -> Iterator[Candidate]:
    """A sum on one side, a mean on the other."""
    for one in _places(case):
        if one.loss is not None:
            own = "sum" if one.loss.reduction == "sum" else "mean"
            other = "mean" if own == "sum" else "sum"
            full = "sum" if other == "sum" else "sum_over_batch_size"
            yield Candidate(
                f"reduction{one.of}: a {own} over the batch in Keras, a {other} in TensorFlow 1",
                functools.partial(one.having, reduction=full),
            )


def _smoothed(one: _Place, amount: float) -> Case:
    return one.having(label_smoothing=amount)


def smoothing(case: Case) -> Iterator[Candidate]:
    """Label smoothing on one side; how much is read off the loss, which is linear in it."""
    for one in _places(case):
        own = one.loss.get_config().get("label_smoothing") if one.loss else None
        if own is None:
            continue
        amount = fitted(case, functools.partial(_smoothed, one), 0.0, 1.0)
        for other in dict.fromkeys((0.0, amount or 0.0)):
            if 0 <= other <= 1 and other != own:
                yield Candidate(
                    f"label smoothing{one.of}: {own:.6g} in Keras, {other:.6g} in TensorFlow 1",
                    functools.partial(one.having, label_smoothing=other),
                    least="gradients",
                )


def another(case: Case) -> Iterator[Candidate]:
    """Another loss function altogether; then with another setting than Keras' default."""
    changed = []
    for one in _places(case):
        for kind in LOSSES:
            for options in ({"from_logits": True}, {}):
                if isinstance(one.loss, kind) or (options and "Crossent" not in kind.__name__):
                    continue
                reduced = one.loss.reduction if one.loss else "sum_over_batch_size"
                cause = f"loss{one.of}: {one.name} in Keras, {kind.__name__} in TensorFlow 1"
                make = functools.partial(one.put, kind(reduction=reduced, **options))
                changed.append((cause, make))
                yield Candidate(cause, make, least="gradients")
    for cause, make in changed:
        try:
            other = make()
            for candidate in (*smoothing(other), *settings(other)):
                yield dataclasses.replace(candidate, cause=f"{cause}; {candidate.cause}")
        except (ValueError, TypeError, tf.errors.OpError):
            continue  # a loss that these outputs or labels cannot have


OF_GRADIENTS: tuple[Hypothesis, ...] = (penalties,)
ALL: tuple[Hypothesis, ...] = (*(from_logits, smoothing, penalties, settings, reduction),)
LAST: tuple[Hypothesis, ...] = (factor, shares, another)
