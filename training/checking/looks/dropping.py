"""How much both sides drop, and how a graph is made to drop as Keras does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from training.checking.examination import Examination
from training.parity.tolerances import TOLERANCES


@dataclass(frozen=True)
class On:
    """What is fed to placeholders so that a graph drops."""

    fixed: dict[str, Any]
    rates: list[float]
    """Of each dropout, with that."""
    chosen: tuple[str, ...]
    """The placeholders whose number was chosen after Keras; what training feeds nobody knows."""


def switched_on(examination: Examination) -> On | None:
    """Return how dropout is switched on that is off where nothing is fed; None: nothing drops.

    Placeholders of bools get the other one; those of numbers what makes the graph drop as much as
    Keras does.
    """
    dropouts, wanted = examination.pair.structure.dropouts, examination.keras_dropped
    if not drops(examination) or not wanted:
        return None
    fixed, said = dict(examination.fixed), examination.pair.fixed
    off = [one for one, rate in zip(dropouts, examination.dropped, strict=True) if not rate]
    for name in dict.fromkeys(name for one in off for name in one.switches if name not in said):
        first = next(place for place, one in enumerate(dropouts) if name in one.switches)
        switch = examination.pair.graph.get_tensor_by_name(name)
        if switch.dtype == tf.bool:
            fixed[name] = not tf.get_static_value(switch.op.inputs[0])
        elif switch.dtype.is_floating and not switch.shape.rank:
            at_zero, at_one = (
                examination.rates({**fixed, name: number})[first] for number in (0.0, 1.0)
            )
            if at_zero != at_one:  # keep_prob, a rate, or a share of one: a line through both
                rate = wanted[first % len(wanted)]
                fixed[name] = (rate - at_zero) / (at_one - at_zero)
    chosen = tuple(
        name.rpartition(":")[0]
        for name, one in fixed.items()
        if type(one) is float and name not in said
    )
    return On(fixed, examination.rates(fixed), chosen)


def drops(examination: Examination) -> bool:
    """Whether the graph drops anything, or would if a placeholder were fed otherwise."""
    said = examination.pair.fixed
    return any(
        rate or not all(name in said for name in one.switches)
        for one, rate in zip(examination.pair.structure.dropouts, examination.dropped, strict=True)
    )


def only_in(examination: Examination) -> str | None:
    """Return the side that drops anything, where the other one does not."""
    theirs, ours = drops(examination), bool(examination.keras_dropped)
    return None if theirs == ours else "Keras" if ours else "TensorFlow 1"


def apart(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether there is a rate on one side that the other has nowhere."""
    allowed = TOLERANCES["constant_in_float32"].relative
    return any(
        all(abs(one - other) > allowed for other in others)
        for side, others in ((ours, theirs), (theirs, ours))
        for one in side
    )


def shown(rates: Sequence[float]) -> str:
    """Return rates in words, each once."""
    return ", ".join(f"{rate:g}" for rate in dict.fromkeys(round(rate, 6) for rate in rates))
