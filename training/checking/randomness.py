"""A graph whose random numbers cannot be given: which ops draw them, and the way out."""

import numpy as np

from training.errors import UserError
from training.model_files.pair import Pair

INSTEAD = {
    "Sampler": "hand over constant candidates (sampled_values) on both sides",
    "Shuffle": "leave rows in their order on both sides",
    "Int": "put constant integers in its place on both sides",
    "Multinomial": "put constant classes in its place on both sides",
}
"""Part of an op's type -> what to do about it."""
OTHERWISE = "put zeros or another constant in its place on both sides"


def refusal(pair: Pair, loss: np.ndarray, again: np.ndarray) -> UserError:
    """Return what says that the same batch gave two losses."""
    kinds = {name: pair.graph.get_operation_by_name(name).type for name in pair.structure.draws}
    said = ", ".join(f"{name} ({kind})" for name, kind in list(kinds.items())[:3])
    by = f", for it draws random numbers: {said}" if said else ""
    ways = [what for part, what in INSTEAD.items() if any(part in kind for kind in kinds.values())]
    return UserError(
        f"{pair.path}: the graph's loss is {loss}, then {again} for the same batch{by}.\n"
        f"Switch its randomness off: {' and '.join(ways) or OTHERWISE}."
    )
