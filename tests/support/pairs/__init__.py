"""Small pairs to examine: one right rewrite, and wrong ones that differ from it in one place."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

tf1 = tf.compat.v1
layers = keras.layers


def cross_entropy(labels: Any, logits: Any) -> Any:
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))


@dataclass(frozen=True)
class TF1:
    """A graph: dense layers of `units` with `activation` between, one placeholder each."""

    units: Sequence[int] = (6, 5, 3)
    activation: Callable = tf.nn.relu
    bias: bool = True
    transpose: bool = False
    cost: Callable = cross_entropy
    penalty: float = 0.0
    optimizer: Callable = lambda: tf1.train.AdamOptimizer(0.01)
    clip: Callable | None = None
    trained: Callable = lambda names: True
    y: Sequence[int | None] = (None, 3)

    def __call__(self) -> dict:
        x = tf1.placeholder(tf.float32, [None, self.units[0]], name="x")
        y = tf1.placeholder(tf.float32, list(self.y), name="y")
        outputs, kernels = x, []
        for i, (n, m) in enumerate(zip(self.units, self.units[1:], strict=False)):
            if i:
                outputs = self.activation(outputs)
            shape = [m, n] if self.transpose else [n, m]
            kernel = tf1.Variable(tf1.random_normal(shape, stddev=0.5), name=f"W{i}")
            outputs = tf.matmul(outputs, kernel, transpose_b=self.transpose)
            if self.bias:
                outputs += tf1.Variable(tf.zeros([m]), name=f"b{i}")
            kernels.append(kernel)
        cost = self.cost(y, outputs)
        if self.penalty:
            cost += self.penalty * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])
        optimizer = self.optimizer()
        variables = [v for v in tf1.trainable_variables() if self.trained(v.op.name)]
        pairs = optimizer.compute_gradients(cost, variables)
        if self.clip:
            pairs = self.clip(pairs)
        train_op = optimizer.apply_gradients(pairs, tf1.train.get_global_step())
        return {"x": x, "y": y, "logits": outputs, "cost": cost, "train_op": train_op}


@dataclass(frozen=True)
class Keras:
    """A Sequential of dense layers h0, h1, ...; the fields are what a mutation may change."""

    units: Sequence[int] = (6, 5, 3)
    activations: Sequence[str] = ("relu", "linear")
    options: Sequence[dict] = ({}, {})
    extra: Callable | None = None
    loss: Callable = lambda: keras.losses.CategoricalCrossentropy(from_logits=True)
    optimizer: Callable = lambda: keras.optimizers.Adam(0.01, epsilon=1e-8)

    def __call__(self) -> keras.Model:
        model = keras.Sequential([keras.Input([self.units[0]])])
        for i, m in enumerate(self.units[1:]):
            options = {"activation": self.activations[i], **self.options[i]}
            model.add(layers.Dense(m, name=f"h{i}", **options))
            if i == 0 and self.extra:
                model.add(self.extra())
        model.compile(self.optimizer(), self.loss(), jit_compile=False)
        return model


def write(tf1_side: TF1, keras_side: Any, weight_map: dict | None = None) -> dict[str, Any]:
    """Return what PAIR.py would define."""
    names = {"tf1_graph": tf1_side, "keras_model": keras_side}
    return names | ({"weight_map": weight_map} if weight_map else {})


def keras_with(**changes: Any) -> Keras:
    return dataclasses.replace(Keras(), **changes)
