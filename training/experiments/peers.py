"""Who is measured by `tf1keras bench`: a full-batch epoch of the article's model in each library.

Every function here takes pixels [N, 784] and labels [N, 10], both float32, and returns what trains
as many epochs as it is told. Each runs in a process of its own, with nothing else in it.
"""

import contextlib
import io
import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tf1_compat.hyperparameters import N_HIDDEN, N_INPUT, N_OUTPUT
from training.data import Examples
from training.experiments import frameworks
from training.lanes.build import build
from training.machine import devices
from training.options.lanes import Lane

Train = Callable[[int], Any]
"""Train so many epochs."""
Build = Callable[[np.ndarray, np.ndarray], Train]


def _each(epoch: Callable[[], Any]) -> Train:
    def train(epochs: int) -> None:
        for _ in range(epochs):
            epoch()

    return train


def floor(x: np.ndarray, y: np.ndarray) -> Train:
    """Return the two large matrix products of an epoch, alone: X @ W1, then X^T @ gradient."""
    devices.choose("cpu")
    import tensorflow as tf

    random = np.random.default_rng(0)
    pixels = tf.constant(x)
    W1 = tf.constant(random.standard_normal([N_INPUT, N_HIDDEN], np.float32))
    gradient = tf.constant(random.standard_normal([len(x), N_HIDDEN], np.float32))

    @tf.function
    def products() -> tuple[tf.Tensor, tf.Tensor]:
        forwards = tf.matmul(pixels, W1)
        with tf.control_dependencies([forwards]):  # together they are in each other's way
            return forwards, tf.matmul(pixels, gradient, transpose_a=True)

    return _each(products)


def _lane(name: Lane, x: np.ndarray, y: np.ndarray) -> Train:
    (trainee,) = build([name], Examples(x, y), 1234, devices.choose("cpu"))
    return trainee.steps  # of a Keras lane, all in one call


def streamed(name: Any, rows: int, micro_batch: int) -> Train:
    """Return a Keras lane that trains on `rows` synthetic rows, made as they are needed.

    `micro_batch` rows at a time are in memory; the same rows in every epoch.
    """
    devices.choose("cpu")
    import tensorflow as tf

    from keras_models import article as mirror
    from keras_models.trainees.micro_batch import MicroBatchTrainee

    def block(start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count, seed = tf.minimum(micro_batch, rows - start), tf.stack([start, 0])
        labels = tf.random.stateless_uniform([count], seed, 0, N_OUTPUT, tf.int64)
        return tf.random.stateless_uniform([count, N_INPUT], seed), tf.one_hot(labels, N_OUTPUT)

    starts = tf.data.Dataset.range(0, rows, micro_batch, output_type=tf.int32)
    model = mirror.build(name, seed=0)
    return _each(MicroBatchTrainee(name, model, starts.map(block).prefetch(1), rows).step)


def article(x: np.ndarray, y: np.ndarray) -> Train:
    """Return the listing's own loop body: `sess.run` with feed_dict, and its `print`."""
    devices.choose("cpu")
    import tensorflow as tf

    from tf1_compat import article as listing

    with tf.Graph().as_default():
        tf.compat.v1.set_random_seed(1234)
        graph = listing.build()
        sess = tf.compat.v1.Session()
        sess.run(tf.compat.v1.global_variables_initializer())
    screen = io.StringIO()

    def epoch() -> None:
        _, loss = sess.run([graph.optimizer, graph.cost], feed_dict={graph.X: x, graph.Y: y})
        print("Epoch:", 0, "Loss:", loss, file=screen)

    return _each(epoch)


class Genuine:
    """The article's loop on genuine TensorFlow 1.15.5, in the Python that TF115 names."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("x.npy", "y.npy")]
            for file, array in zip(files, (x, y), strict=True):
                np.save(file, array)
            script = Path(__file__).with_name("tf115_loop.py")
            # TensorFlow 2 leaves TF2_BEHAVIOR there, which TensorFlow 1.15 obeys.
            clean = {name: v for name, v in os.environ.items() if not name.startswith("TF")}
            self._process = subprocess.Popen(
                [os.environ[TF115], str(script), *map(str, files)],
                env=clean,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self(0)  # it has read the files when it answers
        self.pid = self._process.pid
        """Whose memory is measured."""

    def __call__(self, epochs: int) -> None:
        """Train so many epochs."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{epochs}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        if not (version := self._process.stdout.readline().strip()):
            raise RuntimeError(f"{os.environ[TF115]}: no TensorFlow 1 there; make tf115")
        if not version.startswith("1.15"):
            raise RuntimeError(f"{os.environ[TF115]}: TensorFlow {version}; expected 1.15.5")


TF115 = "TF115"
"""Environment variable: a Python with TensorFlow 1.15.5, such as `make tf115` makes."""


def keras_fit(x: np.ndarray, y: np.ndarray) -> Train:
    """Return `model.fit` on NumPy arrays, as most would write it."""
    devices.choose("cpu")
    from keras_models import article as mirror

    model = mirror.build("idiomatic")

    def train(epochs: int) -> None:
        model.fit(x, y, batch_size=len(x), epochs=epochs, verbose=0)

    return train


def _plain(step: Callable[..., frameworks.Step], x: np.ndarray, y: np.ndarray) -> Train:
    one = step(x, y, frameworks.initial())
    return _each(lambda: float(one()))


def sklearn(x: np.ndarray, y: np.ndarray) -> Train:
    """Return one epoch of `MLPClassifier`: Adam on one batch of all rows, through `partial_fit`."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((N_HIDDEN,), solver="adam", batch_size=len(x), shuffle=False)
    labels, classes = y.argmax(axis=1), np.arange(N_OUTPUT)

    def epoch() -> None:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            model.partial_fit(x, labels, classes=classes)

    return _each(epoch)


PEERS: dict[str, Build] = {
    "floor": floor,
    "tf1": partial(_lane, "tf1"),
    "exact": partial(_lane, "exact"),
    "idiomatic": partial(_lane, "idiomatic"),
    "tf2": partial(_lane, "tf2"),
    "article": article,
    "tf115": Genuine,
    "keras_fit": keras_fit,
    "torch": partial(_plain, frameworks.torch_step),
    "torch_compile": partial(_plain, partial(frameworks.torch_step, compiled=True)),
    "jax": partial(_plain, frameworks.jax_step),
    "sklearn": sklearn,
    "numpy": partial(_lane, "numpy"),
    "portable": partial(_lane, "portable"),
}

NEEDS = {"torch": "torch", "torch_compile": "torch", "jax": "jax"}
"""Peer -> package that has to be there."""
