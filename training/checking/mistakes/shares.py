"""Mistakes in how much a loss counts: a factor of the whole, a share of one of several."""

import functools
from collections.abc import Iterator
from typing import Any

from training.checking.case import Candidate, Case


def shares(case: Case) -> Iterator[Candidate]:
    """The share of one of several losses in the whole; how much is read off the loss."""
    given, weights = case.model.loss, case.model.get_compile_config()["loss_weights"]
    if not isinstance(given, dict | list):
        return
    assert case.pairing
    wide, keys = case.examination.wide, [*(given if isinstance(given, dict) else range(len(given)))]
    own = {key: float(weights[key]) if weights else 1.0 for key in keys}

    def having(key: Any, share: float) -> Case:
        changed = own | {key: share}
        as_given = changed if isinstance(given, dict) else [*changed.values()]
        return case.having(loss_weights=as_given)

    for key in keys:
        once, more = (
            float(wide.observation(having(key, own[key] + n).model, case.pairing).loss)
            for n in (0, 1)
        )
        if more != once:
            fitted = own[key] + (float(wide.trace.observed.loss) - once) / (more - once)
            yield Candidate(
                f"loss_weights: {own[key]:.7g} for {output_name(case, key)} in Keras, "
                f"{fitted:.7g} in TensorFlow 1",
                functools.partial(having, key, fitted),
                least="gradients",
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


def output_name(case: Case, key: Any) -> str:
    """Return the name of an output, by its key in a dict of losses or its place in a list."""
    return key if isinstance(key, str) else case.model.output_names[key]
