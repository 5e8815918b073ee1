"""The batches that both sides of a pair are fed: synthetic, the user's own, or digits."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import data
from training.errors import UserError
from training.model_files.endpoints import Fed
from training.model_files.pair import Pair
from training.model_files.users_code import blamed
from training.parity.ladder import Batch

CROSS_ENTROPIES = {
    *("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"),
    *("Softmax", "LogSoftmax", "Log"),
}
BINARY = {"Log1p", "Sigmoid"}
"""What a cost over labels of 0 and 1 is made of; sigmoid_cross_entropy_with_logits has Log1p."""


def synthetic(pair: Pair, size: int, steps: int, seed: int) -> list[Batch]:
    """Return `steps` batches of `size` rows drawn for the dtypes and shapes of what is fed.

    Floats are N(0, 1), as labels one-hot, 0 or 1, or N(0, 1) according to the cost; integers of y
    are below the number of classes; those of x are 0 or 1, and where they are looked up in a table,
    all of its rows; every other batch leaves some out, which tells who moves them nevertheless.
    Where the pair has a `sample_batch`, that draws. Raises UserError for an unknown size besides
    that of the rows, and for a `sample_batch` that gives what the graph cannot take.
    """
    rng = np.random.default_rng(seed)
    if pair.sample_batch is not None:
        return [_of_user(pair, rng, size) for _ in range(steps)]
    classes = _classes(pair)
    batches = []
    for step in range(steps):

        def numbers(fed: Fed, half: bool = step % 2 == 1) -> np.ndarray:
            rows = pair.structure.rows.get(fed.tensor)
            return _ids(rng, fed, rows, size, half=half) if rows else _numbers(rng, fed, size, 2)

        x = keras.tree.map_structure(numbers, pair.x)
        # An autoencoder's labels are its x; several outputs may have the same.
        known = dict(zip(_names(pair.x), keras.tree.flatten(x), strict=True))
        for fed, number in zip(keras.tree.flatten(pair.y), classes, strict=True):
            if fed.tensor not in known:
                known[fed.tensor] = _labels(rng, pair, fed, number, size)
        labels = [known[fed.tensor] for fed in keras.tree.flatten(pair.y)]
        batches.append((x, keras.tree.pack_sequence_as(pair.y, labels)))
    return batches


def rows_of(batch: Batch) -> int:
    """Return how many rows a batch has."""
    return len(keras.tree.flatten(batch)[0])


def taken(batch: Batch, rows: np.ndarray) -> Batch:
    """Return some rows of a batch."""
    return keras.tree.map_structure(lambda array: array[rows], batch)


def _names(tree: Any) -> list[str]:
    return [fed.tensor for fed in keras.tree.flatten(tree)]


def _classes(pair: Pair) -> Sequence[int]:
    """Return for each label how many classes there are: the last size of Keras' outputs."""
    shapes = getattr(pair.sample, "output_shape", None)  # a subclassed model may have none yet
    several = isinstance(shapes, dict) or (isinstance(shapes, list) and len(shapes) > 1)
    if isinstance(shapes, dict):
        shapes = [shapes[name] for name in sorted(shapes)]
    of_each = list(shapes or ()) if several else [shapes]
    sizes = [max(2, one[-1] or 2) if isinstance(one, tuple) and one else 2 for one in of_each]
    labels = len(_names(pair.y))
    return sizes if len(sizes) == labels else [min(sizes)] * labels


def _of_user(pair: Pair, rng: np.random.Generator, size: int) -> Batch:
    """Return what the user's `sample_batch` draws, in the graph's dtypes."""
    assert pair.sample_batch is not None
    where = f"{pair.path}: sample_batch(rng, {size})"
    with blamed(pair.path, "sample_batch()"):
        given = pair.sample_batch(rng, size)
    expected = (pair.x, pair.y)
    try:
        keras.tree.assert_same_structure(tuple(given), expected)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{where} gave something else than (x, y) with what tf1_graph() returned for them: "
            f"x {_shown(pair.x)}, y {_shown(pair.y)}."
        ) from error

    one_of_each = dict[tuple[int, str], np.ndarray]()  # an autoencoder's labels stay its x

    def as_fed(array: Any, fed: Fed) -> np.ndarray:
        made = np.asarray(array).astype(fed.dtype)
        made = one_of_each.setdefault((id(array), fed.dtype), made)
        if made.shape != _shape(_of_size(fed, made.shape), size):
            raise UserError(f"{where} gave {fed.name} {list(made.shape)}; expected {_shown(fed)}.")
        return made

    return keras.tree.map_structure(as_fed, tuple(given), expected)


def _of_size(fed: Fed, given: tuple[int, ...]) -> Fed:
    """Return `fed` with the sizes given where any will do, but for that of the rows."""
    if len(fed.shape) != len(given):
        return fed
    rows, *rest = fed.shape
    known = (new if old is None else old for old, new in zip(rest, given[1:], strict=True))
    return replace(fed, shape=(rows, *known))


def _shown(tree: Any) -> str:
    return ", ".join(f"{fed.name} {list(fed.shape)}" for fed in keras.tree.flatten(tree))


def _shape(fed: Fed, size: int) -> tuple[int, ...]:
    if not fed.shape:
        raise UserError(
            f"{fed.name} is a single number; expected rows, [None, ...]. A number that is fed "
            'besides the batch stands in "feeds".'
        )
    rows, *rest = fed.shape
    if None in rest:
        raise UserError(
            f"{fed.name} is {list(fed.shape)}; expected every size but the first to be known, "
            "such as [None, 784], or a sample_batch(rng, rows) that chooses it."
        )
    if rows is not None and rows != size:
        raise UserError(
            f"--batch-size {size}: {fed.name} takes {rows} rows.\nUse --batch-size {rows}."
        )
    return (size, *(n for n in rest if n is not None))


def _numbers(rng: np.random.Generator, fed: Fed, size: int, below: int) -> np.ndarray:
    shape = _shape(fed, size)
    if fed.dtype.startswith("float"):
        return rng.standard_normal(shape).astype(fed.dtype)
    return rng.integers(0, below, shape).astype(fed.dtype)


def _ids(rng: np.random.Generator, fed: Fed, rows: int, size: int, *, half: bool) -> np.ndarray:
    """Return ids of the whole table, as few of them twice as there can be; `half`: never of all."""
    shape = _shape(fed, size)
    count = int(np.prod(shape))
    known = np.arange(rows)
    if half:
        known = rng.permutation(known)[: -(-min(rows, count) // 2)]
    often = -(-count // len(known))
    drawn = np.concatenate([rng.permutation(known) for _ in range(often)])[:count]
    return rng.permutation(drawn).reshape(shape).astype(fed.dtype)


def _labels(rng: np.random.Generator, pair: Pair, fed: Fed, classes: int, size: int) -> np.ndarray:
    shape = _shape(fed, size)
    if not fed.dtype.startswith("float"):
        return _numbers(rng, fed, size, classes)
    if pair.op_types & BINARY:
        return rng.integers(0, 2, shape).astype(fed.dtype)
    if len(shape) == 2 and shape[1] > 1 and pair.op_types & CROSS_ENTROPIES:
        return np.eye(shape[1], dtype=fed.dtype)[rng.integers(0, shape[1], size)]
    return _numbers(rng, fed, size, classes)


def of_digits(pair: Pair, name: str, manual_dir: Path | None, size: int, steps: int) -> list[Batch]:
    """Return `steps` batches of the training digits of `--data name`, in order, from the start.

    Pixels take the shape of x; labels are one-hot or numbers, as y asks. Raises UserError where
    x and y cannot hold digits.
    """
    x, y = pair.x, pair.y
    if not (isinstance(x, Fed) and isinstance(y, Fed)):
        raise UserError(f"--data {name}: x and y are several tensors; expected one each.")
    train = data.load(name, manual_dir).train
    x_shape, y_shape = _shape(x, size), _shape(y, size)
    one_hot = y_shape == (size, train.y.shape[1])
    if int(np.prod(x_shape[1:])) != train.x.shape[1] or not (one_hot or y_shape[1:] in ((), (1,))):
        raise UserError(
            f"--data {name}: x is {list(x.shape)} and y is {list(y.shape)}; expected 784 numbers a "
            "row and 10 or 1."
        )
    batches = []
    for step in range(steps):
        rows = np.arange(step * size, (step + 1) * size) % len(train.x)
        labels = train.y[rows] if one_hot else train.labels[rows].reshape(y_shape)
        batches.append((train.x[rows].reshape(x_shape).astype(x.dtype), labels.astype(y.dtype)))
    return batches
