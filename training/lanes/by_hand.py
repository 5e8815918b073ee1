"""The article's seven steps of backpropagation by hand: NumPy only, float64, no framework.

    network = Backpropagation(x, y, weights)     # {"W1": ..., "b1": ..., "W2": ..., "b2": ...}
    network.repeat(stop_below=1.0, at_most=1000)

`tf1keras compare --lanes tf1 exact numpy` trains it beside the others: it is the independent judge
of how far each of them is from the exact arithmetic.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.state import POWERS, State

if TYPE_CHECKING:
    from training.lanes.build import Setting

BETA_1, BETA_2, EPSILON = (np.float32(number) for number in (0.9, 0.999, 1e-8))
"""Of `tf.train.AdamOptimizer`, which holds them, the learning rate and the betas' running products
as float32 whatever the weights' dtype; so they are part of what is computed, not of its rounding.
"""

Arrays = dict[str, np.ndarray]


def make(name: str, setting: "Setting") -> "Backpropagation":
    """Return the lane, from TensorFlow 1's initial weights."""
    return Backpropagation(*setting.train, setting.program.weights(), setting.whole)


class Backpropagation:
    """A network bound to its training data, as a Trainee; one step is one full batch.

    `x` is [N, inputs], `y` [N, outputs], `weights` W1, b1, W2, ... by the article's names: W_l is
    [inputs of layer l, units], b_l [units]. All is computed in float64.
    """

    name = "numpy"

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        weights: Mapping[str, np.ndarray],
        hyper: Hyperparameters = LISTING,
    ) -> None:
        self.hyper = hyper
        self.placement: dict[str, dict[str, int]] = {}
        self._x, self._y = (array.astype(np.float64) for array in (x, y))
        self.load_weights(weights)
        self._slots = {
            slot: {name: np.zeros_like(a) for name, a in self._w.items()} for slot in "mv"
        }
        self._powers = {"beta1_power": BETA_1, "beta2_power": BETA_2}
        self._updates = 0
        self._saved = dict(zip(hyper.names, hyper.variables, strict=True))
        """The article's name -> TensorFlow 1's."""

    # Steps 1 to 3: the data enter the first layer, which hands its result on, up to the last one.

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """Return what enters each layer, and the output at the end: [N, inputs], ..., [N, outputs].

        A hidden layer gives relu(input @ W + b), the last one input @ W + b.
        """
        values = [x]
        for number in range(1, len(self.hyper.layers) + 1):
            weighted = values[-1] @ self._w[f"W{number}"] + self._w[f"b{number}"]
            last = number == len(self.hyper.layers)
            values.append(weighted if last else np.maximum(weighted, 0))
        return values

    # Step 4: the output is compared with the truth.

    def error(self, output: np.ndarray, y: np.ndarray) -> tuple[np.float64, np.ndarray]:
        """Return the error, and how it changes with each output: [] and [N, outputs].

        Squared error, the article's formula: E = 1/2N sum (f - Y)^2, dE/df = (f - Y) / N.
        Cross-entropy: E = -1/N sum Y log softmax(f), dE/df = (softmax(f) - Y) / N, Y summing to 1.
        """
        rows = len(y)
        if self.hyper.cost == "mse":
            difference = output - y
            return (difference**2).sum() / (2 * rows), difference / rows
        shifted = output - output.max(axis=1, keepdims=True)  # softmax stays, exp cannot overflow
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -(y * log_softmax).sum() / rows, (np.exp(log_softmax) - y) / rows

    # Step 5: the error is propagated back, layer by layer, and weights and biases are adjusted.

    def backward(self, values: list[np.ndarray], change: np.ndarray) -> Arrays:
        """Return dE/dW and dE/db of every layer, from what `forward` and `error` gave.

        With d = dE/d(input @ W + b): dE/dW = input^T @ d, dE/db = the sum of d over the rows, and
        the layer below gets d @ W^T where its relu was open.
        """
        gradients = {}
        for number in range(len(self.hyper.layers), 0, -1):
            entered = values[number - 1]
            gradients[f"W{number}"] = entered.T @ change
            gradients[f"b{number}"] = change.sum(axis=0)
            if number > 1:
                change = change @ self._w[f"W{number}"].T * (entered > 0)
        return gradients

    def adjust(self, gradients: Mapping[str, np.ndarray]) -> None:
        """Move every array against its gradient, by gradient descent or by Adam.

        theta <- theta - alpha * gradient; or Kingma, Ba: Adam, 2015, algorithm 1, in the order of
        operations at the end of its section 2, with TensorFlow 1's epsilon there.
        """
        alpha = np.float64(np.float32(self.hyper.learning_rate))
        self._updates += 1
        if self.hyper.optimizer == "gradient_descent":
            for name, gradient in gradients.items():
                self._w[name] -= alpha * gradient
            return
        power_1, power_2 = (np.float64(self._powers[name]) for name in POWERS)
        alpha *= np.sqrt(1 - power_2) / (1 - power_1)
        for name, gradient in gradients.items():
            m, v = self._slots["m"][name], self._slots["v"][name]
            m += (gradient - m) * (1 - np.float64(BETA_1))
            v += (gradient * gradient - v) * (1 - np.float64(BETA_2))
            self._w[name] -= alpha * m / (np.sqrt(v) + np.float64(EPSILON))
        self._powers["beta1_power"] *= BETA_1
        self._powers["beta2_power"] *= BETA_2

    # Step 6: what was adjusted serves the next pass. Step 7: repeat, until the error is small.

    def step(self) -> np.float64:
        """Run steps 1 to 6 on the bound data; return the cost before the adjustment."""
        with np.errstate(over="ignore", invalid="ignore"):  # whoever trains looks at the cost
            cost, gradients = self.gradients(self._x, self._y)
            self.adjust(gradients)
        self.placement = {"/device:CPU:0": {"weights": len(self._w)}}
        return cost

    def steps(self, count: int) -> list[np.float64]:
        """Step so often; return the cost before each adjustment."""
        return [self.step() for _ in range(count)]

    def repeat(self, stop_below: float, at_most: int) -> list[np.float64]:
        """Step until the cost is below `stop_below`, at most so often; return every cost."""
        costs: list[np.float64] = []
        while len(costs) < at_most and not (costs and costs[-1] < stop_below):
            costs.append(self.step())
        return costs

    def gradients(self, x: np.ndarray, y: np.ndarray) -> tuple[np.float64, Arrays]:
        """Return the cost with its penalties, [], and its gradient by every array."""
        values = self.forward(x)
        cost, change = self.error(values[-1], y)
        gradients = self.backward(values, change)
        l1, l2 = self.hyper.l1, self.hyper.l2
        if l1 or l2:  # + l1 sum |W| + l2/2 sum W^2, of the kernels only
            for name in (name for name in self._w if name.startswith("W")):
                kernel = self._w[name]
                cost += self.penalty(kernel)
                gradients[name] += l1 * np.sign(kernel) + l2 * kernel
        return cost, gradients

    def penalty(self, kernel: np.ndarray) -> np.float64:
        """Return what a kernel adds to the cost."""
        return self.hyper.l1 * np.abs(kernel).sum() + self.hyper.l2 / 2 * (kernel**2).sum()

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the output for `x`: [N, inputs] -> [N, outputs] float64."""
        return self.forward(x.astype(np.float64))[-1]

    def weights(self) -> Arrays:
        """Return copies of W1, b1, ..., in float64."""
        return {name: array.copy() for name, array in self._w.items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; Adam's state stays as it is."""
        self._w = {name: weights[name].astype(np.float64) for name in self.hyper.names}

    def state(self) -> State:
        """Return copies of weights, slots, powers and step by TensorFlow 1's checkpoint names."""

        def saved(arrays: Arrays) -> Arrays:
            return {variable: arrays[name].copy() for name, variable in self._saved.items()}

        if self.hyper.optimizer == "gradient_descent":
            return State(saved(self._w), step=self._updates)
        slots = {slot: saved(arrays) for slot, arrays in self._slots.items()}
        powers = {name: np.asarray(power) for name, power in self._powers.items()}
        return State(saved(self._w), slots, powers, self._updates, "Adam")

    def load_state(self, state: State) -> None:
        """Set all of it: training goes on from there."""
        self.load_weights({name: state.weights[saved] for name, saved in self._saved.items()})
        self._updates = state.step or 0
        if state.rule == "Adam":
            for slot, arrays in self._slots.items():
                for name, saved in self._saved.items():
                    arrays[name] = state.slots[slot][saved].astype(np.float64)
            self._powers = {name: np.float32(state.powers[name]) for name in POWERS}

    def snapshot(self) -> Arrays:
        """Return copies of all that training depends on: every array by the article's names.

        Adam's as "m of W1"; and the number of updates, step, and Adam's beta1_power and
        beta2_power.
        """
        arrays: dict[str, Any] = {**self.weights(), "step": self._updates}
        if self.hyper.optimizer == "adam":
            for slot, of_slot in self._slots.items():
                arrays |= {f"{slot} of {name}": array.copy() for name, array in of_slot.items()}
            arrays |= self._powers
        return {name: np.asarray(array) for name, array in arrays.items()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        self.load_weights(snapshot)
        self._updates = int(snapshot["step"])
        if self.hyper.optimizer == "adam":
            for slot, arrays in self._slots.items():
                arrays |= {name: snapshot[f"{slot} of {name}"].copy() for name in arrays}
            self._powers = {name: np.float32(snapshot[name]) for name in POWERS}

    def save(self, folder: Path) -> None:
        """Write `folder`/numpy.npz: what `snapshot` returns."""
        np.savez(folder / f"{self.name}.npz", **self.snapshot())  # type: ignore[arg-type]
