"""Choices made by the bytes of an input, so that a fuzzer changes fields rather than bytes."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Takes a byte for each choice; once they are used up, the first is chosen."""

    def __init__(self, content: bytes) -> None:
        self._left = iter(content)

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        return next(self._left, 0) % limit

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]


NUMBERS = (0, 1, 2, 3, 4, 8, -1, -2, 63, 64, 255, 2**10, 2**20, 2**31, 2**32 - 1, 2**62, 2**63 - 1)
"""Lengths, offsets and counts that mean something to somebody."""
