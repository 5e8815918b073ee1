"""The seven steps by hand once more, in arithmetic that gives the same bits on every machine.

    network = Portable(x, y, weights)     # as training/lanes/by_hand.py; x and y may be CuPy's
    losses = network.steps(50)
    checksum(losses, network.weights())   # the same 64 hex digits wherever it runs

`tf1keras compare --lanes portable` trains it. What a sum, a product or a function of NumPy's leaves
open is replaced by `training/portable`; the update needs nothing but + - * / and square roots.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from training.lanes.by_hand import Arrays, Backpropagation
from training.portable import Slices, bits_of_a_slice, exp, log, product, split, total

if TYPE_CHECKING:
    from training.lanes.build import Setting


def make(name: str, setting: "Setting") -> "Portable":
    """Return the lane, from TensorFlow 1's initial weights."""
    return Portable(*setting.train, setting.program.weights(), setting.whole)


class Portable(Backpropagation):
    """A network bound to its training data, as a Trainee; all is as in `Backpropagation` but bits.

    A step raises UserError where rows or units are more than `bits_of_a_slice` has bits for.
    """

    name = "portable"

    @cached_property
    def _bits(self) -> int:
        return bits_of_a_slice(max(len(self._x), *self.hyper.widths))

    @cached_property
    def _used(self) -> np.ndarray:
        """The inputs that are not 0 in every row: without the others no exact sum is another.

        All of them where all are 0.
        """
        inked = self._x.any(axis=0)
        return np.flatnonzero(inked | ~inked.any())

    @cached_property
    def _bound(self) -> Slices:
        """The used inputs, the same in every step, for products over columns and over rows."""
        return split(self._x[:, self._used], None, self._bits)

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """As `Backpropagation.forward`."""
        values = [x]
        for number in range(1, len(self.hyper.layers) + 1):
            kernel = self._split(self._w[f"W{number}"], 0)
            if values[-1] is self._x:
                weighted = product(self._bound, kernel.rows(self._used))
            else:
                weighted = product(self._split(values[-1], 1), kernel)
            weighted += self._w[f"b{number}"]
            last = number == len(self.hyper.layers)
            values.append(weighted if last else np.where(weighted > 0, weighted, 0.0))
        return values

    def error(self, output: np.ndarray, y: np.ndarray) -> tuple[np.float64, np.ndarray]:
        """As `Backpropagation.error`."""
        rows = len(y)
        if self.hyper.cost == "mse":
            difference = output - y
            return _total(difference * difference) / (2 * rows), difference / rows
        shifted = output - output.max(axis=1, keepdims=True)
        log_softmax = shifted - log(total(exp(shifted).T))[:, None]
        return -_total(y * log_softmax) / rows, (exp(log_softmax) - y) / rows

    def backward(self, values: list[np.ndarray], change: np.ndarray) -> Arrays:
        """As `Backpropagation.backward`."""
        gradients = {}
        for number in range(len(self.hyper.layers), 0, -1):
            entered = values[number - 1]
            by_column = self._split(change, 0)
            if entered is self._x:
                gradient = np.zeros_like(self._w[f"W{number}"])
                gradient[self._used] = product(self._bound.T, by_column)
            else:
                gradient = product(self._split(entered, 0).T, by_column)
            gradients[f"W{number}"] = gradient
            gradients[f"b{number}"] = total(change)
            if number > 1:
                kernel = self._split(self._w[f"W{number}"], 1)
                below = product(self._split(change, 1), kernel.T)
                change = np.where(entered > 0, below, 0.0)
        return gradients

    def penalty(self, kernel: np.ndarray) -> np.float64:
        """As `Backpropagation.penalty`."""
        absolute, square = _total(np.abs(kernel)), _total(kernel * kernel)
        return self.hyper.l1 * absolute + self.hyper.l2 / 2 * square

    def _split(self, a: np.ndarray, axis: int) -> Slices:
        return split(a, axis, self._bits)


def checksum(losses: Sequence[np.floating] | np.ndarray, weights: Mapping[str, np.ndarray]) -> str:
    """Return SHA-256 of the losses, and of the weights in the order of their names.

    Each number is taken as 8 bytes, float64, the lowest first.
    """
    found = hashlib.sha256()
    for array in (np.asarray(losses), *(weights[name] for name in sorted(weights))):
        found.update(np.ascontiguousarray(array, "<f8").tobytes())
    return found.hexdigest()


def _total(a: np.ndarray) -> Any:
    return total(a.reshape(-1))
