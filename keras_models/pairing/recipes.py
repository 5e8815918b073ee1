"""How a TensorFlow 1 variable is made of Keras variables: numbers change their places.

    {"lstm": ["lstm/lstm_cell/kernel", "lstm/lstm_cell/recurrent_kernel"]}
    {"reshape": "dense/bias", "shape": [1, 10]}

A recipe is such plain values, as JSON has them; recipes can be nested. What it is made of, its
leaves, are paths of Keras variables where a user writes it, and else their places in
`model.weights`. Each name is a NumPy function that TensorFlow 1's variable is the result of. It is
run once, on the places of the numbers instead of their values: so its way back is known, whatever
it does. And since numbers only move, gradients and slots, also squares such as Adam's v, take the
same way as values do.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Recipe = int | str | Mapping[str, Any]

DEEPEST = 8
"""Recipes within recipes."""
LARGEST = 1e6
"""Of a forget bias: places up to 2^32 are still exact in float64 with it added."""


class BadRecipe(ValueError):
    """A recipe that is none, or that does not suit its variables; says what was expected."""


def lstm(*parts: np.ndarray, forget_bias: float = 1.0, gates: str = "icfo") -> np.ndarray:
    """[in + h, 4h] of Keras' kernel and recurrent kernel, or [4h] of its bias.

    Keras keeps the gates input, forget, candidate, output; `gates` are TensorFlow 1's, which adds
    `forget_bias` at each step where Keras has it within the bias. Its cells' own are the defaults
    (tensorflow/python/ops/rnn_cell_impl.py of 1.15).
    """
    if sorted(gates) != sorted("icfo"):
        raise ValueError(f"gates is {gates!r}; expected i, c, f and o in some order")
    if not abs(forget_bias) <= LARGEST:
        raise ValueError(f"forget_bias is {forget_bias}; expected a number such as 1.0")
    whole = np.concatenate(parts)
    of_gate = dict(zip("ifco", np.split(whole, 4, axis=-1), strict=True))
    if whole.ndim == 1:
        of_gate["f"] = of_gate["f"] - forget_bias
    return np.concatenate([of_gate[gate] for gate in gates], axis=-1)


def gru_gates(*parts: np.ndarray) -> np.ndarray:
    """[in + h, 2h] or [2h]: reset and update, which Keras keeps as update, reset, candidate."""
    update, reset, _ = np.split(np.concatenate(parts), 3, axis=-1)
    return np.concatenate([reset, update], axis=-1)


def gru_candidate(*parts: np.ndarray) -> np.ndarray:
    """[in + h, h] or [h]: the last of Keras' three."""
    return np.split(np.concatenate(parts), 3, axis=-1)[2]


def concat(*parts: np.ndarray, axis: int = 0) -> np.ndarray:
    """Lay parts one behind the other, as `tf.concat` does."""
    return np.concatenate(parts, axis)


def split(part: np.ndarray, *, into: int | Sequence[int], take: int, axis: int = 0) -> np.ndarray:
    """Number `take`, from 0, of as many equal parts, or of parts of these sizes."""
    if isinstance(into, int):
        return np.split(part, into, axis)[take]
    if sum(into) != part.shape[axis]:
        raise ValueError(f"into is {list(into)}; expected sizes that sum to {part.shape[axis]}")
    return np.split(part, np.cumsum(into)[:-1], axis)[take]


def transpose(part: np.ndarray, *, axes: Sequence[int] | None = None) -> np.ndarray:
    """Exchange axes; all in reverse order unless said."""
    return np.transpose(part, axes)


def reshape(part: np.ndarray, *, shape: Sequence[int]) -> np.ndarray:
    """Give the same numbers, in the same order, another shape."""
    return np.reshape(part, shape)


NAMED: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function
    for function in (concat, gru_candidate, gru_gates, lstm, reshape, split, transpose)
}


def _opened(recipe: Any) -> tuple[str, list[Any], dict[str, Any]]:
    """Return a recipe's name, what it is made of, and its options; BadRecipe where it is none."""
    names = [name for name in recipe if name in NAMED] if isinstance(recipe, Mapping) else []
    if len(names) != 1:
        raise BadRecipe(
            f"{shown(recipe)}: expected the path of a Keras variable, or one of {', '.join(NAMED)} "
            'with such, as in {"lstm": ["lstm/kernel", "lstm/recurrent_kernel"]}'
        )
    given = recipe[names[0]]
    parts = list(given) if isinstance(given, list | tuple) else [given]
    options = {name: value for name, value in recipe.items() if name != names[0]}
    try:
        inspect.signature(NAMED[names[0]]).bind(*parts, **options)
    except TypeError as error:
        raise BadRecipe(f"{shown(recipe)}: {names[0]} has {error}") from error
    if not parts:
        raise BadRecipe(f"{shown(recipe)}: {names[0]} is made of nothing; expected Keras paths")
    return names[0], parts, options


def shown(recipe: Any) -> str:
    """Return a recipe as a map has it."""
    return recipe if isinstance(recipe, str) else json.dumps(recipe, default=repr)


def leaves(recipe: Recipe, depth: int = 0) -> Iterator[Any]:
    """Yield what a recipe is made of in the end; raises BadRecipe where one within it is none."""
    if isinstance(recipe, int | str):
        yield recipe
        return
    if depth == DEEPEST:
        raise BadRecipe(f"recipes are nested more than {DEEPEST} deep; expected fewer")
    for part in _opened(recipe)[1]:
        yield from leaves(part, depth + 1)


def with_leaves(recipe: Recipe, new: Callable[[Any], int | str]) -> Recipe:
    """Return the recipe with each leaf replaced."""
    if isinstance(recipe, int | str):
        return new(recipe)
    name, parts, options = _opened(recipe)
    return {name: [with_leaves(part, new) for part in parts], **options}


def with_options(recipe: Recipe, name: str, options: Mapping[str, Any]) -> Recipe:
    """Return the recipe with these options wherever it is called `name`."""
    if isinstance(recipe, int | str):
        return recipe
    own, parts, had = _opened(recipe)
    parts = [with_options(part, name, options) for part in parts]
    return {own: parts, **had, **(options if own == name else {})}


def _made(recipe: Recipe, arrays: Mapping[Any, np.ndarray]) -> np.ndarray:
    """Follow a recipe."""
    if isinstance(recipe, int | str):
        return arrays[recipe]
    name, parts, options = _opened(recipe)
    return NAMED[name](*(_made(part, arrays) for part in parts), **options)


@dataclass(frozen=True, eq=False)
class Order:
    """Where each number of a TensorFlow 1 variable lies in Keras variables, laid end to end."""

    positions: np.ndarray
    """In TensorFlow 1's shape."""
    more: np.ndarray | None
    """What its values have more than Keras', such as -1 for a forget bias of 1; None: nothing."""

    def to_tf1(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """Return Keras' arrays as TensorFlow 1 has them."""
        there = np.concatenate([array.ravel() for array in arrays])[self.positions]
        return there if self.more is None else there + self.more.astype(there.dtype)

    def to_keras(self, array: np.ndarray, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return Keras' arrays with TensorFlow 1's in its places; other numbers stay."""
        flat = np.concatenate([one.ravel() for one in arrays])
        flat[self.positions] = array if self.more is None else array - self.more.astype(flat.dtype)
        ends = np.cumsum([one.size for one in arrays])[:-1]
        parts = np.split(flat, ends)
        return [part.reshape(one.shape) for part, one in zip(parts, arrays, strict=True)]

    def of_changes(self) -> "Order":
        """Return the order of what belongs to the values: gradients, slots."""
        return Order(self.positions, None)


def order(recipe: Recipe, shapes: Mapping[Any, tuple[int, ...]]) -> Order:
    """Return the order that a recipe puts variables in, leaf -> shape; raises BadRecipe."""
    places, zeros, start = {}, {}, 0
    for leaf, shape in shapes.items():
        zeros[leaf] = np.zeros(shape)
        places[leaf] = start + np.arange(zeros[leaf].size, dtype=np.float64).reshape(shape)
        start += zeros[leaf].size
    try:
        more = _made(recipe, zeros)
        positions = np.rint(_made(recipe, places) - more).astype(np.int64)
    except (ValueError, TypeError, IndexError, ArithmeticError, MemoryError) as error:
        sizes = ", ".join(str(list(shape)) for shape in shapes.values())
        raise BadRecipe(f"it does not suit shapes {sizes}: {error}") from error
    return Order(positions, more if more.any() else None)
