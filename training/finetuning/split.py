"""Which rows train, which choose, which are only measured: validation rows, few-shot rows."""

from dataclasses import dataclass

import numpy as np

from training.data import Digits, Examples
from training.errors import UserError

EVERY = 12
"""Every twelfth training row validates: 5,000 of MNIST's 60,000."""


@dataclass(frozen=True)
class Task:
    """Target data, by what each row is for; no test row ever chooses anything."""

    train: Examples
    validation: Examples | None
    test: Examples
    classes: tuple[int, ...]


def task(digits: Digits, shots: int | None, seed: int) -> Task:
    """Return the rows to train with, choose with and test with.

    With `shots` there is nothing to choose with: every label would be one more shot. Raises
    UserError where there are too few.
    """
    if shots is None:
        return Task(*validation(digits.train), digits.test, digits.classes)
    return Task(few(digits.train, shots, seed), None, digits.test, digits.classes)


def validation(train: Examples) -> tuple[Examples, Examples]:
    """Return (rows to train with, rows to choose with): row i chooses where i % 12 == 11.

    Raises UserError where that leaves one of them empty.
    """
    chooses = np.arange(len(train.x)) % EVERY == EVERY - 1
    if not chooses.any():
        raise UserError(f"{len(train.x)} training rows: expected at least {EVERY}; or use --shots.")
    return rows(train, ~chooses), rows(train, chooses)


def few(train: Examples, shots: int, seed: int) -> Examples:
    """Return `shots` rows of each class, drawn with `seed`, class by class.

    Raises UserError where a class has fewer.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for label in range(train.y.shape[1]):
        having = np.flatnonzero(train.labels == label)
        if len(having) < shots:
            raise UserError(
                f"--shots {shots}: class {label} has {len(having)} training rows; expected at "
                "least as many."
            )
        chosen.append(generator.choice(having, shots, replace=False))
    return rows(train, np.concatenate(chosen))


def rows(examples: Examples, which: np.ndarray) -> Examples:
    """Return copies of the rows that `which`, a mask or indexes, names."""
    return Examples(examples.x[which], examples.y[which])
