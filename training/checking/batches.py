"""The batches that both sides of a pair are fed: synthetic, or digits."""

from pathlib import Path

import numpy as np

from training import data
from training.errors import UserError
from training.model_files.pair import Pair, Placeholder
from training.parity.ladder import Batch

CROSS_ENTROPIES = {"SoftmaxCrossEntropyWithLogits", "Softmax", "LogSoftmax", "Log"}
BINARY = {"Log1p", "Sigmoid"}
"""What a cost over labels of 0 and 1 is made of; sigmoid_cross_entropy_with_logits has Log1p."""


def synthetic(pair: Pair, classes: int, size: int, steps: int, seed: int) -> list[Batch]:
    """Return `steps` batches of `size` rows drawn for the placeholders' dtypes and shapes.

    Floats are N(0, 1), as labels one-hot, 0 or 1, or N(0, 1) according to the cost; integers are
    below `classes`, and where they are looked up in a table, all of its rows; every other batch
    leaves some out, which tells who moves them nevertheless. Raises UserError for a placeholder
    with an unknown size besides the batch's.
    """
    rng = np.random.default_rng(seed)
    batches = []
    for step in range(steps):
        if pair.structure.rows:
            x = _ids(rng, pair, size, half=step % 2 == 1)
        else:
            x = _numbers(rng, pair.x, size, 2)
        # An autoencoder's labels are its x.
        y = x if pair.y.name == pair.x.name else _labels(rng, pair, classes, size)
        batches.append((x, y))
    return batches


def _shape(placeholder: Placeholder, size: int) -> tuple[int, ...]:
    if not placeholder.shape:
        raise UserError(
            f"the placeholder {placeholder.name} is a single number; expected rows, [None, ...]."
        )
    rows, *rest = placeholder.shape
    if None in rest:
        raise UserError(
            f"the placeholder {placeholder.name} is {list(placeholder.shape)}; expected every size "
            "but the first to be known, such as [None, 784]."
        )
    if rows is not None and rows != size:
        raise UserError(
            f"--batch-size {size}: the placeholder {placeholder.name} takes {rows} rows.\n"
            f"Use --batch-size {rows}."
        )
    return (size, *(n for n in rest if n is not None))


def _numbers(
    rng: np.random.Generator, placeholder: Placeholder, size: int, below: int
) -> np.ndarray:
    shape = _shape(placeholder, size)
    if placeholder.dtype.startswith("float"):
        return rng.standard_normal(shape).astype(placeholder.dtype)
    return rng.integers(0, below, shape).astype(placeholder.dtype)


def _ids(rng: np.random.Generator, pair: Pair, size: int, *, half: bool) -> np.ndarray:
    """Return ids of the whole table, as few of them twice as there can be; `half`: never of all."""
    shape, rows = _shape(pair.x, size), pair.structure.rows or 2
    count = int(np.prod(shape))
    known = np.arange(rows)
    if half and count >= rows:
        known = rng.permutation(known)[: -(-rows // 2)]
    often = -(-count // len(known))
    drawn = np.concatenate([rng.permutation(known) for _ in range(often)])[:count]
    return rng.permutation(drawn).reshape(shape).astype(pair.x.dtype)


def _labels(rng: np.random.Generator, pair: Pair, classes: int, size: int) -> np.ndarray:
    y = pair.y
    shape = _shape(y, size)
    if not y.dtype.startswith("float"):
        return _numbers(rng, y, size, classes)
    if pair.op_types & BINARY:
        return rng.integers(0, 2, shape).astype(y.dtype)
    if len(shape) == 2 and shape[1] > 1 and pair.op_types & CROSS_ENTROPIES:
        return np.eye(shape[1], dtype=y.dtype)[rng.integers(0, shape[1], size)]
    return _numbers(rng, y, size, classes)


def of_digits(pair: Pair, name: str, manual_dir: Path | None, size: int, steps: int) -> list[Batch]:
    """Return `steps` batches of the training digits of `--data name`, in order, from the start.

    Pixels take the shape of x; labels are one-hot or numbers, as y asks. Raises UserError where
    the placeholders cannot hold digits.
    """
    train = data.load(name, manual_dir).train
    x_shape, y_shape = _shape(pair.x, size), _shape(pair.y, size)
    one_hot = y_shape == (size, train.y.shape[1])
    if int(np.prod(x_shape[1:])) != train.x.shape[1] or not (one_hot or y_shape[1:] in ((), (1,))):
        raise UserError(
            f"--data {name}: x is {list(pair.x.shape)} and y is {list(pair.y.shape)}; expected "
            "784 numbers a row and 10 or 1."
        )
    batches = []
    for step in range(steps):
        rows = np.arange(step * size, (step + 1) * size) % len(train.x)
        labels = train.y[rows] if one_hot else train.labels[rows].reshape(y_shape)
        batches.append(
            (train.x[rows].reshape(x_shape).astype(pair.x.dtype), labels.astype(pair.y.dtype))
        )
    return batches
