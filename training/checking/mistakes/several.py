"""Mistakes where variables have an optimizer each: which one, and with which hyperparameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from keras.optimizers import MultiOptimizer, Optimizer, OptimizerMap

from keras_models import translation
from tf1_compat.reading.updates import Update
from training.checking.case import Candidate, Case
from training.checking.mistakes.optimizers import same, sentence, tf1_values

OTHERS = "optimizers: Keras' own are other algorithms here (keras_models.tf1_optimizers has TF1's)"


def optimizers_of_each(case: Case) -> Iterator[Candidate]:
    """The graph's optimizers take the place of Keras', for every variable its own."""
    optimizer, updates = case.model.optimizer, case.examination.pair.inspection.updates
    theirs = [(update, tf1_values(case, update)) for update in updates]
    of_keras = isinstance(optimizer, MultiOptimizer)
    of_tf1 = any((u.rule, values) != (updates[0].rule, theirs[0][1]) for u, values in theirs)
    if not (of_keras or of_tf1) or any(u.rule not in translation.RULES for u in updates):
        return
    assert case.pairing
    weights = list(case.model.weights)
    made: list[tuple[Update, Mapping[str, Any], Optimizer]] = []
    keyed: dict[str, Optimizer] = {}
    said: dict[str, list[str]] = {}
    for update, values in theirs:
        known = (one for u, v, one in made if (u.rule, v) == (update.rule, values))
        theirs_here = next(known, None) or translation.make(update.rule, values, {})
        made.append((update, values, theirs_here))
        own_weights = [weights[place] for place in case.pairing[update.variable].places]
        keyed |= {weight.path: theirs_here for weight in own_weights}
        own = optimizer._optimizer_map(own_weights[0]) if of_keras else optimizer
        for difference in _differences(update.rule, values, own):
            said.setdefault(difference, []).append(update.variable)
    first = made[0][2]
    yield Candidate(
        "; ".join(f"{text}, for {', '.join(names)}" for text, names in said.items()) or OTHERS,
        lambda: case.having(optimizer=MultiOptimizer(OptimizerMap(first, keyed))),
    )


def _differences(rule: str, values: Mapping[str, Any], own: Optimizer) -> Iterator[str]:
    """Yield what Keras' optimizer has otherwise than TensorFlow 1's update, in words."""
    if translation.rule(own) != rule:
        yield f"optimizer: {type(own).__name__} in Keras, {rule} in TensorFlow 1"
        return
    ours = translation.hyperparameters(own)
    for name, value in values.items():
        if not same(ours.get(name), value):
            yield sentence(name, ours, values)
