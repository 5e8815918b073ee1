"""The portable lane's checksum with one of its rules dropped at a time, as JSON: rule -> checksum.

    python -m tests.lanes.dropped_rules

Which rules matter shows where this runs again with other kernels, or without NumPy's SIMD.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy

from tf1_compat.hyperparameters import Hyperparameters
from training.lanes import portable
from training.portable import Slices

HYPER = Hyperparameters((300, 40, 10), "cross_entropy", "gradient_descent", learning_rate=0.01)
ROWS, EPOCHS = 500, 3


def problem() -> dict[str, np.ndarray]:
    """Made-up data and weights, from integers and divisions alone."""
    random = np.random.RandomState(0)  # its integers are the same in every version of NumPy

    def numbers(*shape: int) -> np.ndarray:
        return (random.randint(-1000, 1000, shape) / 9973).astype(np.float32)

    (inputs, hidden), (_, outputs) = HYPER.layers
    labels = np.eye(outputs, dtype=np.float32)[random.randint(outputs, size=ROWS)]
    weights = {"W1": numbers(inputs, hidden), "b1": numbers(hidden)}
    weights |= {"W2": numbers(hidden, outputs), "b2": numbers(outputs)}
    return {"x": numbers(ROWS, inputs), "y": labels, **weights}


def one_slice(a: Slices, b: Slices) -> np.ndarray:
    """As `product`, each factor in one slice of twice the bits."""
    whole = [slices.high + slices.low * 2.0 ** -(slices.bits + 1) for slices in (a, b)]
    return (whole[0] @ whole[1]) * a.unit * b.unit + 0.0


def by_library(a: np.ndarray) -> np.ndarray:
    """As `total`, by a matrix product with ones."""
    return np.ones(len(a)) @ a


def fused(network: Any, gradients: dict[str, np.ndarray]) -> None:
    """As `adjust`; where a kernel can, it rounds w - alpha * gradient once."""
    for name, gradient in gradients.items():
        weight = network._w[name]
        moved = daxpy(gradient.ravel(), weight.ravel(), a=-HYPER.learning_rate)
        network._w[name] = moved.reshape(weight.shape)


@contextmanager
def replaced(module: Any, name: str, other: Callable) -> Iterator[None]:
    kept = getattr(module, name)
    setattr(module, name, other)
    try:
        yield
    finally:
        setattr(module, name, kept)


RULES: dict[str, tuple[Any, str, Callable]] = {
    "none": (portable, "total", portable.total),
    "two slices": (portable, "product", one_slice),
    "sums by a tree": (portable, "total", by_library),
    "exp in a fixed order": (portable, "exp", np.exp),
    "nothing fused": (portable.Portable, "adjust", fused),
}


def checksum() -> str:
    arrays = problem()
    network = portable.Portable(arrays.pop("x"), arrays.pop("y"), arrays, HYPER)
    return portable.checksum(network.steps(EPOCHS), network.weights())


def main() -> None:
    found = {}
    for rule, dropped in RULES.items():
        with replaced(*dropped):
            found[rule] = checksum()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
