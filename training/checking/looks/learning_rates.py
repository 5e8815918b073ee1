"""The learning rate of both sides, far beyond the updates that were run."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from keras.optimizers import MultiOptimizer, Optimizer

from keras_models import translation
from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.looks.seen import Seen
from training.checking.search import Explanation
from training.parity.tolerances import TOLERANCES

FAR = (0, 1, 10, 100, 1_000, 10_000, 100_000)
"""Updates at which learning rates are compared, besides those around boundaries."""


def look(examination: Examination) -> Iterator[Seen]:
    """Compare them at far updates, and around every boundary in the graph."""
    structure, name = examination.pair.structure, "learning rates of later updates"
    trained_by = optimizers(examination)
    if not trained_by or None in map(translation.rule, trained_by.values()):
        yield Seen(not_compared=f"{name} (no learning rate is known)")
        return
    scheduled = any(callable(one._learning_rate) for one in trained_by.values())
    if structure.step is None and not scheduled:
        return
    around = {b + d for b in structure.boundaries for d in (-1, 0, 1)}
    steps = sorted({step for step in (*FAR, *around) if step >= 0})
    theirs = _of_graph(examination, steps)
    if any(np.isnan(rates).any() for rates in theirs.values()):
        yield Seen(not_compared=f"{name} (the graph's cannot be read at another step)")
        return
    ours = {id(one): translation.rates(one, steps) for one in trained_by.values()}
    for variable, of_graph in theirs.items():
        of_keras = ours[id(trained_by[variable])]
        allowed = TOLERANCES["constant_in_float32"].relative * np.abs(of_graph)
        apart = np.abs(of_keras - of_graph) > allowed
        if apart.any():
            first = int(np.argmax(apart))
            whose = f", for {variable}" if len(ours) > 1 else ""
            yield Seen(
                Explanation(
                    f"learning rate: at update {steps[first] + 1:,} it is {of_keras[first]:.7g} in "
                    f"Keras, {of_graph[first]:.7g} in TensorFlow 1{whose}",
                    f"compared at {len(steps)} updates up to {steps[-1] + 1:,}",
                )
            )
            return


def _of_graph(examination: Examination, steps: Sequence[int]) -> dict[str, np.ndarray]:
    """Return each variable's learning rate at each update, [steps]; nan where it has none."""
    program, step, rates = examination.program, examination.pair.structure.step, []
    program.reset()
    for at in steps:
        if step is not None:
            program.assign({step: np.array(at)})
        rates.append(program.hyperparameters_of_each(*examination.batches[0]))
    return {
        variable: np.array([at[variable].get("learning_rate", np.nan) for at in rates])
        for variable in rates[0]
    }


def optimizers(examination: Examination) -> Mapping[str, Optimizer]:
    """Return which of Keras' optimizers trains each variable that the graph updates.

    Empty where variables are not matched.
    """
    model, updates = examination.pair.sample, examination.pair.inspection.updates
    optimizer = model.optimizer
    if not isinstance(optimizer, MultiOptimizer):
        return {update.variable: optimizer for update in updates}
    try:
        pairing, weights = examination.pairing(model), list(model.weights)
    except Unmatched:
        return {}
    return {
        update.variable: optimizer._optimizer_map(weights[pairing[update.variable].places[0]])
        for update in updates
    }
