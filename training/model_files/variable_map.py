"""Which TensorFlow 1 variable is which Keras variable, or is made of which, as the user says it."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tf1_compat.hyperparameters import Hyperparameters
from training.errors import UserError
from training.machine import paths

if TYPE_CHECKING:
    from keras_models.pairing import WeightMap

STEPS = {"step": "int64", "step:int32": "int32", "step:int64": "int64"}
"""What a map says of the variable that counts the updates -> its dtype."""


class Step(NamedTuple):
    """The variable that counts the updates."""

    name: str
    dtype: str


def read(path: Path) -> "tuple[WeightMap, Step | None]":
    """Return a `--map` file: JSON, TensorFlow 1 variable -> Keras path, or a recipe.

    And the variable that it says is "step", or "step:int32", if any. See
    `keras_models/pairing/recipes.py` for recipes.
    """
    paths.check(path, "a JSON file", f"--map {path}")
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_each_once)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"--map {path}: not a readable JSON file ({error}).") from error
    if not (found and _is_map(found)):
        raise UserError(
            f"--map {path}: expected TensorFlow 1 variable -> Keras path, such as "
            '{"W1": "hidden_layer/kernel"}.'
        )
    checked = dict(_checked(found, f"--map {path}"))
    steps = [name for name, at in checked.items() if isinstance(at, str) and at in STEPS]
    if len(steps) > 1:
        raise UserError(f"--map {path}: {' and '.join(steps)} are the step; expected one.")
    step = next((Step(name, STEPS[str(checked.pop(name))]) for name in steps), None)
    return checked, step


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dict; ValueError where one key has two values, which JSON allows."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"{twice} is in it twice")
    return found


def of_article(given: "WeightMap | None") -> list[str] | None:
    """Return the TensorFlow 1 names of W1, b1, W2, ... in a `--map`; None without one."""
    from keras_models import article

    if not given:
        return None
    of_path = {path: name for name, path in given.items() if isinstance(path, str)}
    hyper = Hyperparameters((1,) * (len(given) // 2 + 1))
    return [of_path.get(path, "") for path in article.weight_paths(hyper).values()]


def of_pair(given: Any, path: Path) -> "WeightMap | None":
    """Return `weight_map` of the PAIR.py `path`; None where it has none."""
    if given is None:
        return None
    if not _is_map(given):
        raise UserError(
            f"{path}: weight_map is not a dict of names; expected TensorFlow 1 variable name -> "
            'Keras variable path, such as {"W1": "hidden/kernel"}, or a recipe of several.'
        )
    return _checked(given, f"{path}: weight_map")


def _is_map(found: Any) -> bool:
    return isinstance(found, Mapping) and all(
        isinstance(name, str) and isinstance(source, str | Mapping)
        for name, source in found.items()
    )


def _checked(given: "WeightMap", where: str) -> "WeightMap":
    """Return it by the variables' names, which TensorFlow 1 shows as those of a tensor, W1:0.

    Raises UserError where that makes two of them one, and for a recipe that is none.
    """
    from keras_models.pairing import recipes

    try:
        for source in given.values():
            list(recipes.leaves(source))
    except recipes.BadRecipe as error:
        raise UserError(f"{where}: {error}.") from error
    named = [(name.removesuffix(":0"), variable) for name, variable in given.items()]
    try:
        return _each_once(named)
    except ValueError as error:
        raise UserError(f"{where}: {error}, with and without :0; expected it once.") from error
