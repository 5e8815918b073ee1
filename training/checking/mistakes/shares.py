"""Mistakes in how much a loss counts: a factor of the whole, a share of one of several."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from training.checking.case import Candidate, Case


def fitted(
    case: Case, having: Callable[[float], Case], first: float, second: float
) -> float | None:
    """Return the number with which the loss, linear in it, is TensorFlow 1's.

    `having` makes the case with a number; it is asked for two. None where neither matters.
    """
    assert case.pairing
    wide = case.examination.wide
    low, high = (
        float(wide.observation(having(number).model, case.pairing).loss)
        for number in (first, second)
    )
    if low == high:
        return None
    return first + (float(wide.trace.observed.loss) - low) * (second - first) / (high - low)


def shares(case: Case) -> Iterator[Candidate]:
    """The share of one of several losses in the whole; how much is read off the loss."""
    given, weights = case.model.loss, case.model.get_compile_config()["loss_weights"]
    if not isinstance(given, dict | list):
        return
    keys = [*(given if isinstance(given, dict) else range(len(given)))]
    own = {key: float(weights[key]) if weights else 1.0 for key in keys}

    def having(key: Any, share: float) -> Case:
        changed = own | {key: share}
        as_given = changed if isinstance(given, dict) else [*changed.values()]
        return case.having(loss_weights=as_given)

    for key in keys:
        of_key = functools.partial(having, key)
        share = fitted(case, of_key, own[key], own[key] + 1)
        if share is not None:
            yield Candidate(
                f"loss_weights: {own[key]:.7g} for {output_name(case, key)} in Keras, "
                f"{share:.7g} in TensorFlow 1",
                functools.partial(of_key, share),
                least="gradients",
            )


def factor(case: Case) -> Iterator[Candidate]:
    """Any constant factor of the loss, besides penalties."""
    weight = case.model.get_compile_config()["loss_weights"] or 1.0
    if not isinstance(weight, int | float):
        return
    times = fitted(case, lambda n: case.having(loss_weights=n * weight), 1, 2)
    if times:
        yield Candidate(
            f"factor: TensorFlow 1's loss is {times:.7g} times Keras'",
            lambda: case.having(loss_weights=times * weight),
            least="gradients",
        )


def output_name(case: Case, key: Any) -> str:
    """Return the name of an output, by its key in a dict of losses or its place in a list."""
    return key if isinstance(key, str) else case.model.output_names[key]
