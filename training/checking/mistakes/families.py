"""Which mistakes are tried out for a rung that does not hold, the likeliest first."""

from collections.abc import Iterator

from training.checking.case import Candidate, Case, Hypothesis
from training.checking.mistakes import (
    adams,
    averages,
    clips,
    forward,
    losses,
    places,
    updates,
    variables,
)
from training.parity.ladder import Rung


def candidates(case: Case, failing: Rung) -> Iterator[Candidate]:
    """Yield what could explain the first failing rung, the likeliest first."""
    families: dict[str, tuple[Hypothesis, ...]] = {
        "variables": variables.OF_SHAPE,
        "forward": (
            variables.gates,
            *places.FIRST,
            *forward.ALL,
            clips.missing_clip,
            *places.LAST,
            *variables.OF_VALUE,
        ),
        # Keras takes no penalty for a layer that is frozen.
        "loss": (*losses.ALL, updates.frozen, *losses.LAST),
        "gradients": (*losses.OF_GRADIENTS, updates.frozen),
        "one update": (*updates.ALL, *adams.ALL),
        "all updates": (*updates.ALL, *adams.ALL),
        "moving averages": averages.ALL,
    }
    family = families.get(failing.name, ())
    if failing.name == "loss" and not case.examination.trace.observed.logits:
        family = (*family, *families["forward"])  # nobody could compare the logits
    for hypothesis in family:
        yield from hypothesis(case)
