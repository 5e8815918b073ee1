"""Mistakes in the optimizer: a hyperparameter, its learning rate, the algorithm of that name."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras.optimizers import MultiOptimizer

from keras_models import translation
from keras_models.clones import copies
from tf1_compat.reading.updates import Update
from training.checking.case import Candidate, Case, Hypothesis

SAME = 1e-6
"""Hyperparameters closer than this are one number in float32."""


def tf1_values(case: Case, update: Update | None = None) -> dict[str, Any]:
    """The hyperparameters of the graph's update, the first if none is said.

    With what its slots start from.
    """
    start = case.examination.wide.start
    update = update or case.examination.pair.inspection.updates[0]
    values: dict[str, Any] = dict(start.of_each[update.variable])
    for slot, name in translation.RULES[update.rule].slots.items():
        if isinstance(name, str):  # the hyperparameter that it starts from
            values[name] = float(start.slots[f"slot {slot} of {update.variable}"].flat[0])
    return values


def show(value: Any) -> str:
    """Return a hyperparameter as a sentence has it."""
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return type(value).__name__
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def sentence(name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return the sentence that a hyperparameter differs."""
    return f"{name}: {show(ours.get(name))} in Keras, {show(theirs[name])} in TensorFlow 1"


def same(a: Any, b: Any) -> bool:
    """Whether two hyperparameters are one number in float32."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return bool(np.isclose(a, b, rtol=SAME, atol=0))
    return bool(a == b)


class _Compared(NamedTuple):
    """The hyperparameters of both sides, where they train by the same rule."""

    rule: str
    theirs: dict[str, Any]
    ours: dict[str, Any]
    differing: list[str]
    extra: dict[str, Any]
    """What only Keras' optimizer has."""

    def said(self) -> list[str]:
        """Return a sentence for each difference."""
        both = [sentence(name, self.ours, self.theirs) for name in self.differing]
        return both + [
            f"{name}: {show(value)} in Keras, none in TensorFlow 1"
            for name, value in self.extra.items()
        ]

    def mended(self, names: list[str]) -> dict[str, Any]:
        """Return Keras' hyperparameters but for `names`, which are TensorFlow 1's."""
        return {name: (self.theirs if name in names else self.ours)[name] for name in self.theirs}


def _compared(case: Case) -> _Compared | None:
    rule, optimizer = case.examination.rule, case.model.optimizer
    own_rule = translation.rule(optimizer)
    if rule is None or own_rule is None:
        return None
    theirs, ours = tf1_values(case), translation.hyperparameters(optimizer)
    plain = {"GradientDescent", "Momentum"}
    if rule in plain and own_rule in plain:  # SGD is momentum 0
        rule = "Momentum"
        theirs = {"momentum": 0.0, "nesterov": False, **theirs}
        ours = {"momentum": 0.0, "nesterov": False, **ours}
    elif rule != own_rule:
        return None
    config = optimizer.get_config()
    only_here = translation.NONE_IN_TF1.get(rule)
    extra = {only_here: config[only_here]} if only_here and config.get(only_here) else {}
    differing = [name for name in theirs if not same(ours.get(name), theirs[name])]
    if "learning_rate" in differing and _same_rates(case):
        differing.remove("learning_rate")
    return _Compared(rule, theirs, ours, differing, extra)


def hyperparameters(case: Case) -> Iterator[Candidate]:
    """The same rule with another learning rate, momentum, beta, epsilon, ...: each, then all."""
    found, optimizer = _compared(case), case.model.optimizer
    if found is None:
        return
    config, options = optimizer.get_config(), translation.common(optimizer)

    def having(names: list[str]) -> Case:
        # The user's own optimizer stays, if it can.
        if not found.extra and all(name in config for name in names):
            changed = {name: found.theirs[name] for name in names}
            return case.having(optimizer=copies.copy_of(optimizer, **changed))
        return case.having(optimizer=translation.make(found.rule, found.mended(names), options))

    said = found.said()
    if not found.extra:
        for name, text in zip(found.differing, said, strict=True):
            yield Candidate(text, lambda name=name: having([name]))  # type: ignore[misc]
    if len(said) > 1 or found.extra:
        yield Candidate("; ".join(said), lambda: having(found.differing))


def _same_rates(case: Case) -> bool:
    """Whether both sides have the same learning rate at every step that was compared."""
    theirs = np.array(case.examination.wide.start.rates)
    ours = translation.rates(case.model.optimizer, range(len(theirs)))
    return bool(np.allclose(ours, theirs, rtol=SAME, atol=0))


REPEATED = (
    "Keras squares the gradients of an id that is drawn twice one by one, TensorFlow 1 sums them "
    "first"
)
ABSENT = "and leaves rows alone that a batch does not look up"
OWN_RULES = {
    "Momentum": "momentum: Keras' SGD keeps it in units of the learning rate of then, TensorFlow 1 "
    "scales it by the rate of now; another algorithm where the rate changes, or where a batch does "
    "not look up rows of an embedding, which TensorFlow 1 leaves alone (TF1Momentum is its)",
    "Adam": f"Adam on an embedding: {REPEATED} (TF1Adam does)",
    "RMSProp": "RMSProp: Keras' own is another algorithm here than TensorFlow 1's "
    "(TF1RMSProp is its)",
    "Adagrad": f"Adagrad: {REPEATED} (TF1Adagrad does)",
    "Adadelta": f"Adadelta on an embedding: {REPEATED}, {ABSENT} (TF1Adadelta does)",
    "Ftrl": f"Ftrl on an embedding: {REPEATED}, {ABSENT} (TF1Ftrl does)",
}


def own_rule(case: Case) -> Iterator[Candidate]:
    """Keras' optimizer of the same name, where it is another algorithm; then its numbers, too."""
    optimizer = case.model.optimizer
    exact, rule = translation.translate(optimizer), translation.rule(optimizer)
    # An embedding's update may be several ops: which rule it is cannot be read off the graph then.
    if exact is None or rule not in OWN_RULES or case.examination.rule not in (rule, None):
        return
    yield Candidate(OWN_RULES[rule], lambda: case.having(optimizer=exact))
    found = _compared(case)
    if found is not None and found.differing:
        mended, options = found.mended(found.differing), translation.common(optimizer)
        yield Candidate(
            "; ".join([*found.said(), OWN_RULES[rule]]),
            lambda: case.having(optimizer=translation.make(rule, mended, options)),
        )


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
                optimizer=translation.make(str(rule), tf1_values(case), options)
            ),
        )


def schedule(case: Case) -> Iterator[Candidate]:
    """A learning rate that changes from step to step on the TensorFlow 1 side."""
    rates, optimizer = case.examination.wide.start.rates, case.model.optimizer
    if len(set(rates)) < 2 or isinstance(optimizer, MultiOptimizer) or _same_rates(case):
        return
    steps = translation.RatePerStep(rates)
    yield Candidate(
        f"learning rate schedule: from {show(rates[0])} to {show(rates[-1])} in TensorFlow 1, "
        f"{show(translation.hyperparameters(optimizer)['learning_rate'])} in Keras",
        lambda: case.having(optimizer=copies.copy_of(optimizer, learning_rate=steps)),
    )


FIRST: tuple[Hypothesis, ...] = (hyperparameters, own_rule)
LAST: tuple[Hypothesis, ...] = (schedule, another_optimizer)
