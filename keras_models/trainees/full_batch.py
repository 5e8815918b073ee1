"""Full-batch updates in a graph of TensorFlow 2's, on data that lie on their device already."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from tf1_compat.program import Placement, note


class FullBatchTrainee(ABC):
    """What has `_loss(x, y) -> loss` and `_forward(x) -> logits`, bound to training data.

    `weights` are the trained variables by the article's names: W1, b1, ..., which `optimizer`
    updates. `x` is [N, 784] and `y` is [N, 10], in their dtype. `device` is None where all is on
    devices already. `placement` says where the ops of the first step were executed; it is empty
    before that.
    """

    def __init__(
        self,
        name: str,
        weights: Mapping[str, Any],
        optimizer: keras.optimizers.Optimizer,
        x: tf.Tensor,
        y: tf.Tensor,
        *,
        device: str | None = "/CPU:0",
        jit_compile: bool | None = None,
    ) -> None:
        self.name = name
        self.placement: Placement = {}
        self._named, self._trained = weights, list(weights.values())
        self._optimizer, self._x, self._y = optimizer, x, y
        self._dtype, self._device = tf.as_dtype(weights["W1"].dtype), device
        with tf.device(device):
            optimizer.build(self._trained)
        self._train = tf.function(self._update, autograph=False, jit_compile=jit_compile)
        self._train_many = tf.function(self._updates, jit_compile=jit_compile)
        self._predict = tf.function(self._forward, autograph=False)

    @abstractmethod
    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """[N, 784], [N, 10] -> []."""

    @abstractmethod
    def _forward(self, x: tf.Tensor) -> tf.Tensor:
        """[N, 784] -> [N, 10]."""

    @abstractmethod
    def _moving(self) -> Mapping[str, Any]:
        """Return every variable that training depends on, by a name that stays."""

    def _update(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Update once; return the loss before, []."""
        with tf.GradientTape() as tape:
            loss = self._loss(x, y)
        self._optimizer.apply(tape.gradient(loss, self._trained), self._trained)
        return loss

    def _updates(self, x: tf.Tensor, y: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        """Run `count` updates, [] int32, in the graph; return the loss before each, [count]."""
        losses = tf.TensorArray(self._dtype, size=count)
        for epoch in tf.range(count):
            losses = losses.write(epoch, self._update(x, y))
        return losses.stack()

    def step(self) -> np.floating:
        """Run one update on the bound data; return the loss before it."""
        with tf.device(self._device):
            loss = self._train(self._x, self._y) if self.placement else self._traced_step()
        return loss.numpy()

    def steps(self, count: int) -> list[np.floating]:
        """Run `count` updates in one call of a graph; return the loss before each, [count]."""
        with tf.device(self._device):
            return list(self._train_many(self._x, self._y, tf.constant(count)).numpy())

    def _traced_step(self) -> tf.Tensor:
        """Run the first step, and note on which device each of its ops was executed.

        Eager TensorFlow has no public way to ask for this; `op.device` is only the request.
        """
        context.enable_graph_collection()
        try:
            loss = self._train(self._x, self._y)
            metadata = context.export_run_metadata()
        finally:
            context.disable_graph_collection()
        for graphs in metadata.function_graphs:
            note(self.placement, graphs.partition_graphs)
        return loss

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits of `x`: [N, 784] float32 -> [N, 10] in the dtype of the variables."""
        with tf.device(self._device):
            return self._predict(tf.constant(x, self._dtype)).numpy()

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names: W1, b1, ..."""
        return {name: variable.numpy() for name, variable in self._named.items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; the optimizer's state stays as it is."""
        for name, variable in self._named.items():
            variable.assign(weights[name])

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on, random state included."""
        return {name: variable.numpy() for name, variable in self._moving().items()}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        for name, variable in self._moving().items():
            variable.assign(snapshot[name])
