"""A TensorFlow 1 graph with its named endpoints and its session, as a Trainee."""

import collections
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf

from tf1_compat import article, checkpoint
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.state import State

Placement = dict[str, dict[str, int]]
"""Device name -> op type -> number of ops that were executed there."""
Feed = Literal["documented", "resident"]
"""How the data reach the graph: fed at every step, as in the article, or from variables."""


def note(placement: Placement, graphs: Iterable[tf.compat.v1.GraphDef]) -> None:
    """Count the ops of partitions, as TensorFlow executed them, into `placement`."""
    for graph_def in graphs:
        for node in graph_def.node:
            placement.setdefault(node.device, collections.Counter())[node.op] += 1


class Program:
    """The article's graph, initialized and bound to its training data.

    `x` is [N, 784] float32 and `y` is [N, 10] float32, cast once where `dtype` is another. `feed`
    says how they reach X and Y: "documented" feeds them at every step, which costs nothing on a CPU
    and a copy over the bus on a GPU; "resident" copies them into variables on `device` once, which
    X and Y read where nothing is fed. No bit depends on it. The graph is placed on `device` and run
    with `config`. `placement` says where the ops of the first step were executed; it is empty
    before that.
    """

    name = "tf1"

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        seed: int,
        device: str = "/CPU:0",
        config: tf.compat.v1.ConfigProto | None = None,
        dtype: tf.DType = tf.float32,
        hyper: Hyperparameters = LISTING,
        feed: Feed = "documented",
    ) -> None:
        self.placement: Placement = {}
        self._layout = checkpoint.of_article(hyper)
        data = [array.astype(dtype.as_numpy_dtype, copy=False) for array in (x, y)]
        self.graph = tf.Graph()
        with self.graph.as_default(), tf.device(device):
            tf.compat.v1.set_random_seed(seed)
            bound = [_resident(array.shape, dtype) for array in data if feed == "resident"]
            self.endpoints = article.build(dtype, hyper, *bound)
            initializer = tf.compat.v1.global_variables_initializer()
        self.session = tf.compat.v1.Session(graph=self.graph, config=config)
        self.session.run(initializer)
        for variable, array in zip(bound, data, strict=False):
            self._assign(variable, array)
        self._fetches = [self.endpoints.optimizer, self.endpoints.cost]
        self._fed = {} if bound else dict(zip(self.endpoints[:2], data, strict=True))
        # What `session.run` does, without looking up fetches and feeds at every step.
        self._run = self.session.make_callable(self._fetches, list(self._fed))

    def step(self) -> np.floating:
        """Run one update on the bound data; return the loss before it."""
        _, loss = self._run(*self._fed.values()) if self.placement else self._traced_run()
        return loss

    def steps(self, count: int) -> list[np.floating]:
        """Run `count` updates, each a session's run as in the article; return the losses before."""
        return [self.step() for _ in range(count)]

    def _traced_run(self) -> list:
        """Run like `session.run`, and note on which device each op was executed."""
        options = tf.compat.v1.RunOptions(output_partition_graphs=True)
        metadata = tf.compat.v1.RunMetadata()
        values = self.session.run(self._fetches, self._fed, options, metadata)
        note(self.placement, metadata.partition_graphs)
        return values

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits of `x`: [N, 784] float32 -> [N, 10] float32."""
        return self.session.run(self.endpoints.output_layer, {self.endpoints.X: x})

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names: W1, b1, ..."""
        return self.session.run(self.endpoints.weights)

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; the optimizer's slots stay as they are."""
        for name, variable in self.endpoints.weights.items():
            self._assign(variable, weights[name])

    def state(self) -> State:
        """Return copies of weights, Adam's slots, powers and step, by checkpoint names."""
        return checkpoint.to_state(self.snapshot(), self._layout)

    def load_state(self, state: State) -> None:
        """Set all that a Saver would restore; training goes on from there, bit for bit."""
        self.restore(checkpoint.to_arrays(state, self._layout))

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on, by the variables' names."""
        return self.session.run({v.op.name: v for v in self._saved()})

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        for variable in self._saved():
            self._assign(variable, snapshot[variable.op.name])

    def _saved(self) -> list[tf.Variable]:
        return self.graph.get_collection(tf.compat.v1.GraphKeys.GLOBAL_VARIABLES)

    def _assign(self, variable: tf.Variable, value: np.ndarray) -> None:
        # Feeding the initial value into the Assign op that is there adds no op to the graph.
        assign = variable.initializer
        self.session.run(assign, {assign.inputs[1]: value})

    def save(self, folder: Path) -> None:
        """Write `folder`/tf1/model.ckpt.*, a Saver checkpoint, as TensorFlow 1 users know it."""
        (folder / self.name).mkdir()
        with self.graph.as_default(), tf.device("/CPU:0"):
            tf.compat.v1.train.Saver().save(self.session, str(folder / self.name / "model.ckpt"))

    def close(self) -> None:
        """Release the session; the program cannot be used after that."""
        self.session.close()


def _resident(shape: tuple[int, ...], dtype: tf.DType) -> tf.Variable:
    """Return a variable for data, [N, ...]: no weight, so neither trained nor saved."""
    return tf.compat.v1.Variable(
        tf.compat.v1.placeholder(dtype, shape),  # what `_assign` feeds
        trainable=False,
        name="resident",  # or the weights would be called Variable_2 and so on
        collections=[tf.compat.v1.GraphKeys.LOCAL_VARIABLES],
        use_resource=False,
    )
