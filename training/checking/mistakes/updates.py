"""Mistakes in how weights are updated: hyperparameters, options, another optimizer, who trains."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_models import translation
from keras_models.clones import copies, variants
from training.checking.case import Candidate, Case, Hypothesis, edited

SAME = 1e-6
"""Hyperparameters closer than this are one number in float32."""


def _tf1_values(case: Case) -> dict[str, Any]:
    """The graph's hyperparameters, with what its slots start from."""
    examination = case.examination
    values: dict[str, Any] = dict(examination.wide.start.hyperparameters)
    starts = {"RMSProp": ("ms", "initial_ms"), "Adagrad": ("accum", "initial_accumulator_value")}
    if examination.rule in starts:
        slot, name = starts[examination.rule]
        arrays = [
            a for key, a in examination.wide.start.slots.items() if key.startswith(f"slot {slot} ")
        ]
        values[name] = float(arrays[0].flat[0])
    return values


def _show(value: Any) -> str:
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return type(value).__name__
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float | int) and isinstance(b, float | int):
        return bool(np.isclose(a, b, rtol=SAME, atol=0))
    return bool(a == b)


def hyperparameters(case: Case) -> Iterator[Candidate]:
    """The same rule with another learning rate, momentum, beta, epsilon, ...: each, then all."""
    rule, optimizer = case.examination.rule, case.model.optimizer
    own_rule = translation.rule(optimizer)
    if rule is None or own_rule is None:
        return
    theirs, ours = _tf1_values(case), translation.hyperparameters(optimizer)
    plain = {"GradientDescent", "Momentum"}
    if rule in plain and own_rule in plain:  # SGD is momentum 0
        rule = "Momentum"
        theirs = {"momentum": 0.0, "nesterov": False, **theirs}
        ours = {"momentum": 0.0, "nesterov": False, **ours}
    elif rule != own_rule:
        return
    config = optimizer.get_config()
    extra = {
        name: config[name]
        for name in ("amsgrad", "epsilon")
        if config.get(name) and name not in ours and name not in theirs
    }
    differing = [name for name in theirs if not _same(ours.get(name), theirs[name])]
    if "learning_rate" in differing and _same_rates(case):
        differing.remove("learning_rate")
    options = translation.common(optimizer)

    def having(names: list[str]) -> Case:
        if not extra and all(name in config for name in names):  # the user's own optimizer stays
            changed = {name: theirs[name] for name in names}
            return case.having(optimizer=copies.copy_of(optimizer, **changed))
        values = {name: (theirs if name in names else ours)[name] for name in theirs}
        return case.having(optimizer=translation.make(rule, values, options))

    said = [
        f"{name}: {_show(ours.get(name))} in Keras, {_show(theirs[name])} in TensorFlow 1"
        for name in differing
    ]
    said += [f"{n}: {_show(value)} in Keras, none in TensorFlow 1" for n, value in extra.items()]
    if not extra:
        for name, text in zip(differing, said, strict=True):
            yield Candidate(text, lambda name=name: having([name]))  # type: ignore[misc]
    if len(said) > 1 or extra:
        yield Candidate("; ".join(said), lambda: having(differing))


def _same_rates(case: Case) -> bool:
    """Whether both sides have the same learning rate at every step that was compared."""
    theirs = np.array(case.examination.wide.start.rates)
    ours = translation.rates(case.model.optimizer, range(len(theirs)))
    return bool(np.allclose(ours, theirs, rtol=SAME, atol=0))


OWN_RULES = {
    "Momentum": "momentum: Keras' SGD keeps it in units of the learning rate of then, TensorFlow 1 "
    "scales it by the rate of now; another algorithm where the rate changes, or where a batch does "
    "not look up rows of an embedding, which TensorFlow 1 leaves alone (TF1Momentum is its)",
    "Adam": "Adam on an embedding: Keras squares the gradients of an id that is drawn twice one "
    "by one, TensorFlow 1 sums them first (TF1Adam does)",
    "RMSProp": "RMSProp: Keras' own is another algorithm here than TensorFlow 1's "
    "(TF1RMSProp is its)",
    "Adagrad": "Adagrad: Keras squares the gradients of an id that is drawn twice one by one, "
    "TensorFlow 1 sums them first (TF1Adagrad does)",
}


def own_rule(case: Case) -> Iterator[Candidate]:
    """Keras' optimizer of the same name and numbers, where it is another algorithm."""
    exact = translation.translate(case.model.optimizer)
    rule = translation.rule(case.model.optimizer)
    # An embedding's update is made of several ops: which rule it is cannot be read off the graph.
    if exact is not None and rule in OWN_RULES and case.examination.rule in (rule, None):
        yield Candidate(OWN_RULES[rule], lambda: case.having(optimizer=exact))


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
            f"{names[0]}: {_show(config[names[0]])} in Keras, none in TensorFlow 1",
            lambda names=names: having(names),  # type: ignore[misc]
        )
    if len(set_) > 1:
        yield Candidate(f"{', '.join(set_)} in Keras, none in TensorFlow 1", lambda: having(set_))


def another_optimizer(case: Case) -> Iterator[Candidate]:
    """Another rule altogether: the graph's own takes its place, hyperparameters and all."""
    rule = case.examination.rule
    own = case.examination.optimizer_name
    if rule not in translation.RULES or translation.rule(case.model.optimizer) == rule:
        return
    common = translation.common(case.model.optimizer)
    for options in (common, {}) if common else ({},):
        yield Candidate(
            f"optimizer: {own} in Keras, {rule} in TensorFlow 1",
            lambda options=options: case.having(  # type: ignore[misc]
                optimizer=translation.make(str(rule), _tf1_values(case), options)
            ),
        )


def frozen(case: Case) -> Iterator[Candidate]:
    """Layers that only one side trains: all that the graph's updates name, then each."""
    updated = {update.variable for update in case.examination.pair.inspection.updates}
    assert case.pairing
    places = {match.index: name for name, match in case.pairing.items()}
    weights = list(case.model.weights)
    thaw, freeze = [], []
    for layer in case.model.layers:
        own = {places.get(i) for i, w in enumerate(weights) if any(w is o for o in layer.weights)}
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


def schedule(case: Case) -> Iterator[Candidate]:
    """A learning rate that changes from step to step on the TensorFlow 1 side."""
    rates = case.examination.wide.start.rates
    if len(set(rates)) < 2:
        return
    if _same_rates(case):
        return
    steps = translation.RatePerStep(rates)
    yield Candidate(
        f"learning rate schedule: from {_show(rates[0])} to {_show(rates[-1])} in TensorFlow 1, "
        f"{_show(translation.hyperparameters(case.model.optimizer)['learning_rate'])} in Keras",
        lambda: case.having(optimizer=copies.copy_of(case.model.optimizer, learning_rate=steps)),
    )


ALL: tuple[Hypothesis, ...] = (
    hyperparameters,
    own_rule,
    own_train_step,
    options,
    frozen,
    clipping,
    constraints,
    schedule,
    another_optimizer,
)
