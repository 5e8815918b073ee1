"""The masks of a graph's dropouts: made of given numbers, and how much of them is dropped."""

import bisect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.reading.dropout import Dropout

STEPS = 2**24
"""Uniform float32 numbers are multiples of 1 / STEPS."""


class Masks:
    """The dropouts of a graph in a session.

    With a `stream`, [n] float32 in [0, 1), every dropout takes its numbers from the stream's start,
    over and over, instead of drawing them: a number is kept where the stream's is not below the
    rate.
    """

    def __init__(
        self,
        session: tf.compat.v1.Session,
        dropouts: Sequence[Dropout],
        stream: np.ndarray | None = None,
    ) -> None:
        self._session, self._dropouts, self._stream = session, dropouts, stream
        self._feeds: dict[Any, dict[str, np.ndarray]] = {}

    def feeds(self, fed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what the dropouts are fed where placeholders are `fed`; nothing without stream."""
        if self._stream is None:
            return {}
        key = tuple(sorted((name, np.shape(value)) for name, value in fed.items()))
        if key not in self._feeds:
            sizes = {one: self._size(one, fed) for one in self._dropouts}
            self._feeds[key] = {
                one.drawn: self._numbers(one, fed, size)
                for one, size in sizes.items()
                if size is not None
            }
        return self._feeds[key]

    def rates(self, fed: Mapping[str, np.ndarray]) -> list[float]:
        """Return which share of numbers each dropout drops, to six digits."""
        return [float(f"{self._rate(one, fed):.6f}") for one in self._dropouts]

    def _size(self, one: Dropout, fed: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return the shape of what a dropout draws; None where it is in a branch not taken."""
        try:
            return self._session.run(one.size, fed)
        except tf.errors.InvalidArgumentError:  # there is no value; what else is wrong comes again
            return None

    def _numbers(self, one: Dropout, fed: Mapping[str, np.ndarray], size: np.ndarray) -> np.ndarray:
        assert self._stream is not None
        numbers = np.resize(self._stream, size)
        keeps = self._deciding(one, fed, size)
        if keeps(0) and not keeps(STEPS - 1):
            return 1 - np.float32(1 / STEPS) - numbers  # it keeps what is below
        return numbers

    def _rate(self, one: Dropout, fed: Mapping[str, np.ndarray]) -> float:
        size = self._size(one, fed)
        if size is None:
            return 0.0
        keeps = self._deciding(one, fed, size)
        lowest, highest = keeps(0), keeps(STEPS - 1)
        if lowest == highest:
            return 0.0 if highest else 1.0
        changes = bisect.bisect_left(
            range(STEPS), True, key=lambda number: keeps(number) == highest
        )
        return changes / STEPS if highest else 1 - changes / STEPS

    def _deciding(
        self, one: Dropout, fed: Mapping[str, np.ndarray], size: np.ndarray
    ) -> Callable[[int], bool]:
        """Return whether a dropout keeps where number / STEPS is drawn."""

        def keeps(number: int) -> bool:
            drawn = np.full(size, number / STEPS, np.float32)
            return bool(self._session.run(one.kept, {**fed, one.drawn: drawn}).flat[0])

        return keeps
