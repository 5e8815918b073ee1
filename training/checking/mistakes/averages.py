"""Mistakes in how moving averages move: another momentum, another beginning."""

from collections.abc import Iterator

import numpy as np

from keras_models import translation
from keras_models.clones import copies
from keras_models.exact import TF1Optimizer
from training.checking.case import Candidate, Case, Hypothesis, edited


def momentum(case: Case) -> Iterator[Candidate]:
    """Another momentum; it is read off what one update makes of the averages."""
    assert case.pairing
    wide = case.examination.wide
    rewrite = wide.begun(case.model, case.pairing)
    before = rewrite.moving()
    rewrite.step(*wide.batches[0])
    after, theirs = rewrite.moving(), wide.trace.moving[0]
    owners = {
        name: layer
        for name, path in rewrite.paths_of_moving().items()
        for layer in case.model.layers
        if path in [weight.path for weight in layer.weights] and hasattr(layer, "momentum")
    }
    alike: dict[tuple[float, float], set[str]] = {}
    for name, layer in owners.items():
        own = float(layer.momentum)
        new = (after[name] - own * before[name]) / (1 - own)  # the batch's own
        span = before[name] - new
        fitted = float(((theirs[name] - new) * span).sum() / (span * span).sum())
        alike.setdefault((own, float(f"{fitted:.7g}")), set()).add(layer.name)
    for (own, fitted), names in alike.items():
        if not np.isclose(own, fitted, rtol=1e-6):
            what = f"layer{'s' * (len(names) > 1)} {', '.join(sorted(names))}"
            yield Candidate(
                f"momentum of {what}: {own:.7g} in Keras, {fitted:.7g} in TensorFlow 1",
                lambda names=tuple(names), fitted=fitted: case.having(  # type: ignore[misc]
                    edited(names, momentum=fitted)
                ),
            )


def of_weights(case: Case) -> Iterator[Candidate]:
    """Averages of weights: another decay, read off the graph's, and how Keras' own begin."""
    optimizer, shadows = case.model.optimizer, case.examination.pair.structure.shadows
    exact = translation.translate(optimizer)
    if exact is None or not (shadows and optimizer.use_ema):
        return
    own, counts = float(optimizer.ema_momentum), bool(getattr(optimizer, "ema_num_updates", False))
    decays = _decays(case, *next(iter(shadows.items())))
    counted = not np.allclose(decays, decays[0], rtol=1e-6)
    decay = own if counted else float(f"{decays[0]:.7g}")
    said = [] if isinstance(optimizer, TF1Optimizer) else [BEGINNING]
    if counted and not counts:
        said.append(
            "decay of averages of weights: after n updates at most (1 + n) / (10 + n) in "
            "TensorFlow 1 (num_updates), ema_num_updates in keras_models"
        )
    elif counts and not counted:
        said.append("ema_num_updates: True in Keras, not in TensorFlow 1")
    elif not np.isclose(own, decay, rtol=1e-6):
        said.append(f"ema_momentum: {own:.7g} in Keras, {decay:.7g} in TensorFlow 1")
    changes = {"ema_momentum": decay, "ema_num_updates": counted}
    if said:
        mended = lambda: case.having(optimizer=copies.copy_of(exact, **changes))  # noqa: E731
        yield Candidate("; ".join(said), mended)


BEGINNING = (
    "averages of weights: Keras' use_ema starts them at the values after the first update, "
    "TensorFlow 1 at the initial ones (use_ema of keras_models.exact's optimizers does, too)"
)


def _decays(case: Case, shadow: str, weight: str) -> np.ndarray:
    """Return the decay of an average at each update, read off the graph's numbers: [updates]."""
    trace = case.examination.wide.trace
    starts = [trace.averages_at_first[shadow], *(of[shadow] for of in trace.moving)]
    steps = zip(starts, trace.moving, trace.after_each, strict=False)
    far = [(before - after[weight], before - now[shadow]) for before, now, after in steps]
    return np.array([1 - (moved * span).sum() / (span * span).sum() for span, moved in far])


ALL: tuple[Hypothesis, ...] = (momentum, of_weights)
