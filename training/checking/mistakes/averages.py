"""Mistakes in how moving averages move: another momentum."""

from collections.abc import Iterator

import numpy as np

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


ALL: tuple[Hypothesis, ...] = (momentum,)
