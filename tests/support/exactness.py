"""A graph of TensorFlow 1 and a Keras model, trained on the same batches from the same weights."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.pairing import pair_moving, pair_up
from keras_models.rewrite import Rewrite
from keras_models.tf1_optimizers import TF1GradientDescent
from training.parity.bits import same_bits

tf1 = tf.compat.v1
CLASSES = 3
RATE = 0.3
GRAPH_SEED = 5
UPDATES = 50
ROWS = (16, 17)
"""Of one update and of the next: a power of two, and a number that nothing divides."""

Arrays = dict[str, np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]
Net = Callable[[Any], Any]
"""Inputs -> [N, CLASSES] logits, in TensorFlow 1's ops."""
Cost = Callable[[Any, Any], Any]
"""(labels, logits) -> the cost, in TensorFlow 1's ops."""
Loss = Callable[[], keras.losses.Loss]


@dataclass(frozen=True)
class Trained:
    """What a graph did on `batches`; by name, the trained variables and the others."""

    batches: Sequence[Batch]
    trained: Sequence[str]
    first: Arrays
    halfway: Arrays
    last: Arrays


def variable(name: str, *shape: int, start: float = 0.0, trainable: bool = True) -> Any:
    """Make a variable of TensorFlow 1's kind that starts as a constant."""
    begin = tf1.constant_initializer(start)
    return tf1.get_variable(name, shape, None, begin, trainable=trainable, use_resource=False)


@contextlib.contextmanager
def loops_of_tensorflow_1() -> Iterator[None]:
    """Make loops of Enter and Exit within it, whose gradients are summed in another order."""
    tf1.disable_control_flow_v2()
    try:
        yield
    finally:
        tf1.enable_control_flow_v2()


def cross_entropy(labels: Any, logits: Any) -> Any:
    entropy = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(entropy)


def keras_cross_entropy() -> keras.losses.Loss:
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def train_net(net: Net, inputs: Sequence[int], cost: Cost = cross_entropy) -> Trained:
    """Train `net` on rows of shape `inputs` by gradient descent, UPDATE_OPS before each update."""
    with tf.Graph().as_default(), loops_of_tensorflow_1():
        tf1.set_random_seed(GRAPH_SEED)
        x = tf1.placeholder(tf.float32, [None, *inputs], "x")
        y = tf1.placeholder(tf.float32, [None, CLASSES], "y")
        costs = cost(y, net(x))
        optimizer = tf1.train.GradientDescentOptimizer(RATE)
        with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
            optimizer.minimize(costs, name="train")
        return train_graph()


def train_graph() -> Trained:
    """Train the default graph's placeholders x and y by its op train, in a session each half.

    Trained variables start from N(0, 0.3) more than they would.
    """
    graph, rng = tf1.get_default_graph(), np.random.default_rng(0)
    x, y = (graph.get_tensor_by_name(f"{name}:0") for name in "xy")
    batches = [
        (
            rng.standard_normal((ROWS[i % 2], *x.shape[1:])).astype(np.float32),
            np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, ROWS[i % 2])],
        )
        for i in range(UPDATES)
    ]
    variables = {v.op.name: v for v in tf1.global_variables()}
    trained = [v.op.name for v in tf1.trainable_variables()]
    with tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        values = session.run(variables)
    for name in trained:
        values[name] += (0.3 * rng.standard_normal(values[name].shape)).astype(np.float32)
    seen = [values]
    for half in (batches[: UPDATES // 2], batches[UPDATES // 2 :]):
        with tf1.Session() as session:
            for name, value in seen[-1].items():
                variables[name].load(value, session)
            for batch in half:
                session.run("train", dict(zip((x, y), batch, strict=True)))
            seen.append(session.run(variables))
    return Trained(batches, trained, *seen)


class Model:
    """A Sequential of these layers, compiled, that has the graph's weights of the beginning."""

    def __init__(
        self, theirs: Trained, layers: Sequence[keras.Layer], loss: Loss = keras_cross_entropy
    ) -> None:
        self.theirs = theirs
        self.model = keras.Sequential([keras.Input(theirs.batches[0][0].shape[1:]), *layers])
        self.model.compile(TF1GradientDescent(RATE), loss(), jit_compile=False)
        self._paired.load_weights(theirs.first)
        self._paired.load_moving(theirs.first)

    @property
    def _paired(self) -> Rewrite:
        shapes = {name: array.shape for name, array in self.theirs.first.items()}
        trained = {name: shapes.pop(name) for name in self.theirs.trained}
        pairing = pair_up(trained, self.model)
        moving, left = pair_moving(shapes, self.model, pairing)
        assert not left
        return Rewrite(self.model, pairing, moving)

    def fit(self, batches: Sequence[Batch]) -> None:
        """Train as a user would, on a data set that leaves the number of rows open."""
        signature = tuple(tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in batches[0])
        rows = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
        self.model.fit(rows, steps_per_epoch=len(batches), shuffle=False, verbose=0)

    def equals(self, expected: Arrays) -> bool:
        """Whether every variable, moving averages included, is the graph's to the bit."""
        return same_bits(self._paired.weights() | self._paired.moving(), expected)

    def save_and_load(self, path: Path) -> None:
        """Go on with what a .keras file gives back."""
        self.model.save(path)
        self.model = keras.models.load_model(path)


def trains_as_tensorflow_1(ours: Model, folder: Path) -> tuple[bool, bool]:
    """Train half of the updates, save, load, train the rest; return whether each half is equal."""
    theirs, half = ours.theirs, UPDATES // 2
    ours.fit(theirs.batches[:half])
    first = ours.equals(theirs.halfway)
    ours.save_and_load(folder / "half.keras")
    ours.fit(theirs.batches[half:])
    return first, ours.equals(theirs.last)


def drifts(ours: Model) -> bool:
    """Whether half of the updates end in other bits."""
    ours.fit(ours.theirs.batches[: UPDATES // 2])
    return not ours.equals(ours.theirs.halfway)
