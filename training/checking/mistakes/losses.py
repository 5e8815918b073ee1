"""Mistakes in the loss: logits as probabilities, reduction, smoothing, penalties, another loss."""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.clones import copies
from training.checking.case import Candidate, Case, Hypothesis

FEW = 1e-9
"""How well a penalty that is proportional to the weights has to fit before it is tried out."""

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


def _loss(case: Case) -> keras.losses.Loss | None:
    """The model's loss as an object, also where it was given by name."""
    loss = case.model.loss
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        return loss
    by_function = {
        "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
        "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
        "binary_crossentropy": keras.losses.BinaryCrossentropy,
        "mean_squared_error": keras.losses.MeanSquaredError,
        "mean_absolute_error": keras.losses.MeanAbsoluteError,
        "huber": keras.losses.Huber,
    }
    kind = by_function.get(getattr(loss, "__name__", ""))
    return kind() if kind else None


def _with(case: Case, **changes: Any) -> Case:
    loss = _loss(case)
    assert loss is not None
    return case.having(loss=copies.copy_of_loss(loss, **changes))


def settings(case: Case) -> Iterator[Candidate]:
    """Another number, such as Huber's delta; the graph's constants say which."""
    loss = _loss(case)
    for setting, own in getattr(loss, "_fn_kwargs", {}).items():
        for number in case.examination.pair.structure.numbers:
            if isinstance(own, float) and number != float(own):
                yield Candidate(
                    f"{setting} of the loss: {own:g} in Keras, {number:g} in TensorFlow 1",
                    lambda setting=setting, number=number: _with(  # type: ignore[misc]
                        case, **{setting: number}
                    ),
                    least="gradients",
                )


def from_logits(case: Case) -> Iterator[Candidate]:
    """Logits taken as probabilities, or the other way round."""
    loss = _loss(case)
    own = loss.get_config().get("from_logits") if loss else None
    if own is not None:
        cause = (
            "from_logits=True, but the model's outputs are probabilities"
            if own
            else "logits are taken as probabilities: from_logits=False"
        )
        yield Candidate(cause, lambda: _with(case, from_logits=not own))


def reduction(case: Case) -> Iterator[Candidate]:
    """A sum on one side, a mean on the other."""
    loss = _loss(case)
    if loss is not None:
        own = "sum" if loss.reduction == "sum" else "mean"
        other = "mean" if own == "sum" else "sum"
        full = "sum" if other == "sum" else "sum_over_batch_size"
        yield Candidate(
            f"reduction: a {own} over the batch in Keras, a {other} in TensorFlow 1",
            lambda: _with(case, reduction=full),
        )


def factor(case: Case) -> Iterator[Candidate]:
    """Any constant factor of the loss, besides penalties."""
    assert case.pairing
    wide, weight = case.examination.wide, case.model.get_compile_config()["loss_weights"] or 1.0
    if not isinstance(weight, int | float):
        return
    once, twice = (
        float(wide.observation(case.having(loss_weights=n * weight).model, case.pairing).loss)
        for n in (1, 2)
    )
    of_data = twice - once
    if of_data and (fitted := 1 + (float(wide.trace.observed.loss) - once) / of_data):
        yield Candidate(
            f"factor: TensorFlow 1's loss is {fitted:.7g} times Keras'",
            lambda: case.having(loss_weights=fitted * weight),
            least="gradients",
        )


def smoothing(case: Case) -> Iterator[Candidate]:
    """Label smoothing on one side; how much is read off the loss, which is linear in it."""
    loss = _loss(case)
    own = loss.get_config().get("label_smoothing") if loss else None
    if own is None:
        return
    assert case.pairing
    theirs = float(case.examination.wide.trace.observed.loss)
    plain, full = (
        float(
            case.examination.wide.observation(
                _with(case, label_smoothing=amount).model, case.pairing
            ).loss
        )
        for amount in (0.0, 1.0)
    )
    fitted = (theirs - plain) / (full - plain) if full != plain else 0.0
    for other in dict.fromkeys((0.0, fitted)):
        if 0 <= other <= 1 and other != own:
            yield Candidate(
                f"label smoothing: {own:.6g} in Keras, {other:.6g} in TensorFlow 1",
                lambda other=other: _with(case, label_smoothing=other),  # type: ignore[misc]
                least="gradients",
            )


def penalties(case: Case) -> Iterator[Candidate]:
    """L1 or L2 regularizers on one side; how strong is read off the gradients."""
    assert case.pairing
    bare = case.having(_without_penalties)
    own = _penalties(case.model)
    if own:
        names = ", ".join(own)
        yield Candidate(f"regularizer in Keras only: {names}", lambda: bare)
    ours = case.examination.wide.observation(bare.model, case.pairing).gradients
    theirs = case.examination.wide.trace.observed.gradients
    weights = list(case.model.weights)
    for kind, direction in (("l2", lambda w: 2 * w), ("l1", np.sign)):
        strengths = {}
        for name, weight in case.examination.wide.trace.weights.items():
            towards, missing = direction(weight), theirs[name] - ours[name]
            strength = float((towards * missing).sum() / (towards * towards).sum())
            fits = np.abs(missing - strength * towards).max() <= FEW * np.abs(missing).max()
            if fits and abs(strength) > FEW:
                for place in case.pairing[name].places:
                    strengths[weights[place].path] = strength
        if strengths:
            fitted = ", ".join(
                f"{'/'.join(path.split('/')[-2:])} {value:.6g}" for path, value in strengths.items()
            )
            has = f"{', '.join(own)} in Keras" if own else "none in Keras"
            yield Candidate(
                f"regularizer: {kind} of {fitted} in TensorFlow 1, {has}",
                lambda kind=kind, strengths=strengths: bare.having(  # type: ignore[misc]
                    _penalize(kind, strengths)
                ),
            )


REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")


def _penalties(model: keras.Model) -> list[str]:
    return [
        f"{layer.name}'s {name}"
        for layer in model.layers
        for name in REGULARIZERS
        if getattr(layer, name, None) is not None
    ]


def _without_penalties(layer: Any, config: dict[str, Any]) -> None:
    config.update({name: None for name in REGULARIZERS if name in config})


def _penalize(kind: str, strengths: dict[str, float]) -> Any:
    def change(layer: Any, config: dict[str, Any]) -> None:
        for weight in layer.weights:
            if weight.path in strengths:
                penalty = keras.regularizers.L1L2(**{kind: strengths[weight.path]})
                config[f"{weight.name}_regularizer"] = penalty

    return change


def another(case: Case) -> Iterator[Candidate]:
    """Another loss function altogether; then with another setting than Keras' default."""
    own = _loss(case)
    name = type(own).__name__ if own else str(case.model.loss)
    changed = []
    for kind in LOSSES:
        for options in ({"from_logits": True}, {}):
            if isinstance(own, kind) or (options and "Crossent" not in kind.__name__):
                continue
            loss = kind(reduction=own.reduction if own else "sum_over_batch_size", **options)
            cause = f"loss: {name} in Keras, {kind.__name__} in TensorFlow 1"
            make = functools.partial(case.having, loss=loss)
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
ALL: tuple[Hypothesis, ...] = (*(from_logits, smoothing, penalties, settings, another, reduction),)
LAST: tuple[Hypothesis, ...] = (factor,)
