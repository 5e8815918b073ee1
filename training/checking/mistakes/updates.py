"""Mistakes in how weights are updated: the optimizer, its options, clipping, who trains."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_models import translation
from keras_models.clones import copies, variants
from training.checking.case import Candidate, Case, Hypothesis, edited
from training.checking.mistakes import optimizers, several


def own_train_step(case: Case) -> Iterator[Candidate]:
    """A train_step or compute_loss that the user wrote."""
    kind = type(case.model)
    for name in variants.OWN:
        if getattr(kind, name) is not getattr(keras.Model, name):
            yield Candidate(
                f"{name}: {kind.__name__}'s own does something else than TensorFlow 1's update",
                lambda: case.having(plain=True),
            )


def options(case: Case) -> Iterator[Candidate]:
    """Weight decay, clipping, averaging, ... that only the Keras optimizer has: each, then all."""
    config = case.model.optimizer.get_config()
    harmless = {"use_ema", "ema_momentum", "ema_overwrite_frequency"}
    set_ = [n for n in translation.COMMON if config.get(n) and n not in harmless]

    def having(names: list[str]) -> Case:
        changed = copies.copy_of(case.model.optimizer, **dict.fromkeys(names))
        return case.having(optimizer=changed)

    for names in ([name] for name in set_):
        yield Candidate(
            f"{names[0]}: {optimizers.show(config[names[0]])} in Keras, none in TensorFlow 1",
            lambda names=names: having(names),  # type: ignore[misc]
        )
    if len(set_) > 1:
        yield Candidate(f"{', '.join(set_)} in Keras, none in TensorFlow 1", lambda: having(set_))


def frozen(case: Case) -> Iterator[Candidate]:
    """Layers that only one side trains: all that the graph's updates name, then each."""
    updated = {update.variable for update in case.examination.pair.inspection.updates}
    assert case.pairing
    weights = list(case.model.weights)
    names_of: dict[int, set[str]] = {}
    for name, match in case.pairing.items():
        for place in match.places:
            names_of.setdefault(id(weights[place]), set()).add(name)
    thaw, freeze = [], []
    for layer in case.model.layers:
        own = {name for weight in layer.weights for name in names_of.get(id(weight), ())}
        if own and not layer.trainable:
            thaw.append(layer.name)
        elif own and updated and not own & updated:
            freeze.append(layer.name)
    every = [*(((name,), True) for name in thaw), *(((name,), False) for name in freeze)]
    for names, trainable in ((tuple(thaw), True), (tuple(freeze), False), *every):
        if not names:
            continue
        layers = f"layer{'s' * (len(names) > 1)} {', '.join(names)}"
        are = "are" if len(names) > 1 else "is"
        cause = (
            f"{layers} {are} frozen (trainable=False), TensorFlow 1 trains them"
            if trainable
            else f"{layers} {are} trained, TensorFlow 1 leaves them as they are"
        )
        if len(names) == 1:
            cause = cause.replace("trains them", "trains it").replace(
                "them as they are", "it as it is"
            )
        change = edited(names, trainable=trainable)
        yield Candidate(cause, lambda change=change: case.having(change))  # type: ignore[misc]


def constraints(case: Case) -> Iterator[Candidate]:
    """Constraints on the weights of a layer, which TensorFlow 1 does not have."""

    def free(layer: Any, config: dict[str, Any]) -> None:
        names = ("kernel_constraint", "bias_constraint")
        config.update({name: None for name in names if name in config})

    if any(weight.constraint is not None for weight in case.model.weights):
        yield Candidate("weight constraints in Keras only", lambda: case.having(free))


def clipping(case: Case) -> Iterator[Candidate]:
    """Gradients that TensorFlow 1 clips before it applies them; the limit is read off them."""
    raw = case.examination.wide.trace.observed.gradients
    applied = case.examination.wide.start.applied
    if not applied or all(np.array_equal(applied[n], raw[n]) for n in applied):
        return
    config = case.model.optimizer.get_config()
    largest = max(float(np.abs(a).max()) for a in applied.values())
    norms = [float(np.linalg.norm(a)) for n, a in applied.items() if not _same_array(a, raw[n])]
    total = float(np.sqrt(sum(float((a * a).sum()) for a in applied.values())))
    for name, limit in (
        ("global_clipnorm", total),
        ("clipnorm", max(norms, default=0.0)),
        ("clipvalue", largest),
    ):
        changed: dict[str, float | None] = {
            "clipvalue": None,
            "clipnorm": None,
            "global_clipnorm": None,
        }
        changed[name] = _rounded(limit)
        own = config.get(name)
        yield Candidate(
            f"gradient clipping: {name} {changed[name]:.6g} in TensorFlow 1, "
            f"{own or 'none'} in Keras",
            lambda changed=changed: case.having(  # type: ignore[misc]
                optimizer=copies.copy_of(case.model.optimizer, **changed)
            ),
        )


def _same_array(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=1e-12, atol=0))


def _rounded(number: float) -> float:
    """The short decimal that was meant, where there is one within float64's rounding."""
    short = float(f"{number:.7g}")
    return short if abs(short - number) <= 1e-12 * abs(number) else number


ALL: tuple[Hypothesis, ...] = (
    *optimizers.FIRST,
    several.optimizers_of_each,
    own_train_step,
    options,
    frozen,
    clipping,
    constraints,
    *optimizers.LAST,
)
