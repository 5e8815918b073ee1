"""Which mistakes are tried out for a rung that does not hold, the likeliest first."""

from collections.abc import Iterator

from training.checking import (
    average_mistakes,
    forward_mistakes,
    loss_mistakes,
    place_mistakes,
    update_mistakes,
    variable_mistakes,
)
from training.checking.case import Candidate, Case, Hypothesis
from training.parity.ladder import Rung


def candidates(case: Case, failing: Rung) -> Iterator[Candidate]:
    """Yield what could explain the first failing rung, the likeliest first."""
    families: dict[str, tuple[Hypothesis, ...]] = {
        "variables": variable_mistakes.OF_SHAPE,
        "forward": (
            *place_mistakes.FIRST,
            *forward_mistakes.ALL,
            *place_mistakes.LAST,
            *variable_mistakes.OF_VALUE,
        ),
        # Keras takes no penalty for a layer that is frozen.
        "loss": (*loss_mistakes.ALL, update_mistakes.frozen, *loss_mistakes.LAST),
        "gradients": (*loss_mistakes.OF_GRADIENTS, update_mistakes.frozen),
        "one update": update_mistakes.ALL,
        "all updates": update_mistakes.ALL,
        "moving averages": average_mistakes.ALL,
    }
    family = families.get(failing.name, ())
    if failing.name == "loss" and case.examination.trace.observed.logits is None:
        family = (*family, *families["forward"])  # nobody could compare the logits
    for hypothesis in family:
        yield from hypothesis(case)
