"""What may be varied of the article's model: widths, cost, optimizer, penalties, dropout.

Standard library only. Both sides, the NumPy reference and the command line read it; where nothing
is said, it is the listing.

    LISTING.parameters    # 101770
"""

import itertools
from dataclasses import dataclass
from typing import Literal, get_args

Cost = Literal["cross_entropy", "mse"]
Optimizer = Literal["adam", "gradient_descent"]

N_INPUT = 784
N_HIDDEN = 128
N_OUTPUT = 10

LEARNING_RATE = 0.001
"""`tf.train.AdamOptimizer`'s default, which the listing takes. For gradient descent, of which the
article gives no alpha, it is one at which either cost falls from N(0, 1) weights."""


@dataclass(frozen=True)
class Hyperparameters:
    """A network of Dense layers with ReLU between them, and how it is trained.

    The cost is J = C + l1 * sum |W| + l2 / 2 * sum W^2 over all kernels W, not the biases
    (Goodfellow, Bengio, Courville: Deep Learning, 2016, section 7.1). C is the mean over rows of
    the softmax cross-entropy, or the article's 1 / 2N * sum (f(X; theta) - Y)^2.
    """

    widths: tuple[int, ...] = (N_INPUT, N_HIDDEN, N_OUTPUT)
    """Numbers a row, units of each hidden layer, outputs."""
    cost: Cost = "cross_entropy"
    optimizer: Optimizer = "adam"
    learning_rate: float = LEARNING_RATE
    """The article's alpha."""
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    """Share of hidden units that a training step leaves out; in idiomatic Keras models only."""

    def __post_init__(self) -> None:
        """Raise ValueError for a cost or an optimizer that is not known."""
        for name, kind in (("cost", Cost), ("optimizer", Optimizer)):
            if getattr(self, name) not in get_args(kind):
                known = ", ".join(get_args(kind))
                raise ValueError(f"{name} {getattr(self, name)!r}: expected one of {known}")

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(inputs, units) of each layer, first to last."""
        return tuple(itertools.pairwise(self.widths))

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(inputs * units + units for inputs, units in self.layers)

    @property
    def names(self) -> tuple[str, ...]:
        """The listing's names of the trained arrays: W1, b1, W2, b2, ..."""
        numbers = range(1, len(self.layers) + 1)
        return tuple(f"{kind}{number}" for number in numbers for kind in "Wb")

    @property
    def variables(self) -> tuple[str, ...]:
        """Their names in TensorFlow 1, which the listing leaves to it: Variable, Variable_1, ..."""
        return tuple(f"Variable_{i}" if i else "Variable" for i in range(2 * len(self.layers)))

    def describe(self) -> str:
        """One line for banners: widths, parameters, and what is not as in the listing."""
        said = [f"{'-'.join(map(str, self.widths))}, {self.parameters:,} parameters"]
        if self.cost != LISTING.cost:
            said.append(self.cost)
        if self.optimizer != LISTING.optimizer or self.learning_rate != LISTING.learning_rate:
            said.append(f"{self.optimizer} at {self.learning_rate:g}")
        said += [f"{name} {getattr(self, name):g}" for name in PENALTIES if getattr(self, name)]
        return ", ".join(said)


PENALTIES = ("l1", "l2", "dropout")
"""What regularizes: 0 is none."""

LISTING = Hyperparameters()
