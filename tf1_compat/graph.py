"""Any TensorFlow 1 graph with named endpoints and its session, ready to be looked into.

    with graph.as_default():
        endpoints = {"x": X, "y": Y, "cost": cost, "train_op": train_op, "logits": logits}
    program = GraphProgram(graph, inspect(graph, endpoints))

Unlike `tf1_compat/program.py`, which trains the article, it gives logits, loss and the gradient of
each variable besides taking steps, in float32 or in float64.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat import float64, structure, updates
from tf1_compat.updates import Update


@dataclass(frozen=True)
class Observation:
    """What one batch gives before any update; gradients are of the loss, by TF1 variable."""

    logits: np.ndarray | None
    loss: np.ndarray
    gradients: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Inspection:
    """The names that a GraphProgram needs; they hold in the graph and in its float64 twin."""

    endpoints: Mapping[str, str]
    """x, y, cost, train_op, logits where there are any -> tensor; of train_op, operation."""
    initializer: str
    shapes: Mapping[str, tuple[int, ...]]
    """Trained variable -> shape, in the order of creation."""
    reads: Mapping[str, str]
    """Any variable -> tensor of its value."""
    feeds: Mapping[str, str]
    """Any variable -> placeholder of a new value."""
    assigns: Mapping[str, str]
    """Any variable -> op that takes it."""
    gradients: Mapping[str, str]
    """Trained variable -> tensor of the cost's gradient."""
    updates: tuple[Update, ...]


def inspect(graph: tf.Graph, endpoints: Mapping[str, Any]) -> Inspection:
    """Add to `graph` what it takes to read, set and differentiate its variables.

    No op that was there changes, so the graph computes what it computed. `endpoints` are tensors,
    but for `train_op`, an operation; `logits` may be None.
    """
    with graph.as_default(), tf.name_scope("inspection"):
        trained = {v.op.name: v for v in tf.compat.v1.trainable_variables()}
        every = {v.op.name: v for v in tf.compat.v1.global_variables()}
        reads = {name: tf.identity(v).name for name, v in every.items()}
        feeds = {
            name: tf.compat.v1.placeholder(v.dtype.base_dtype, v.shape) for name, v in every.items()
        }
        assigns = {name: tf.compat.v1.assign(v, feeds[name]).op for name, v in every.items()}
        cost, zero = endpoints["cost"], tf.UnconnectedGradients.ZERO
        gradients = tf.gradients(cost, list(trained.values()), unconnected_gradients=zero)
        initializer = tf.group(
            tf.compat.v1.global_variables_initializer(), tf.compat.v1.local_variables_initializer()
        )
        return Inspection(
            endpoints={name: end.name for name, end in endpoints.items() if end is not None},
            initializer=initializer.name,
            shapes={name: tuple(v.shape.as_list()) for name, v in trained.items()},
            reads=reads,
            feeds={name: placeholder.name for name, placeholder in feeds.items()},
            assigns={name: op.name for name, op in assigns.items()},
            gradients={
                name: tf.convert_to_tensor(gradient).name
                for name, gradient in zip(trained, gradients, strict=True)
            },
            updates=tuple(updates.read(endpoints["train_op"])),
        )


class GraphProgram:
    """A graph, initialized, in a session of its own; batches are fed at every call."""

    def __init__(
        self,
        graph: tf.Graph,
        inspection: Inspection,
        config: tf.compat.v1.ConfigProto | None = None,
        moving: Sequence[str] = (),
        switch: str | None = None,
    ) -> None:
        self.inspection, self._moving, self._switch = inspection, moving, switch
        self._graph, self._config = graph, config
        self._session = tf.compat.v1.Session(graph=graph, config=config)
        self.reset()

    def in_float64(self, *, as_rounded: bool = False) -> "GraphProgram":
        """Return the same graph in float64, freshly initialized; `as_rounded` as in `float64`."""
        wide = float64.twin(self._graph, as_rounded=as_rounded)
        return GraphProgram(wide, self.inspection, self._config, self._moving, self._switch)

    def reset(self) -> None:
        """Run every initializer: weights and slots are as at the start."""
        self._session.run(self.inspection.initializer)

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained variables."""
        return self.read(self.inspection.shapes)

    def assign(self, values: Mapping[str, np.ndarray]) -> None:
        """Set variables of any kind, by name."""
        ops = [self.inspection.assigns[name] for name in values]
        self._session.run(ops, {self.inspection.feeds[name]: values[name] for name in values})

    def read(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Return copies of variables of any kind, by name."""
        return self._session.run({name: self.inspection.reads[name] for name in names})

    def observe(self, x: np.ndarray, y: np.ndarray) -> Observation:
        """Return logits, loss and gradients of a batch; nothing is updated."""
        ends = self.inspection.endpoints
        fetches = {"loss": ends["cost"], "gradients": dict(self.inspection.gradients)}
        if "logits" in ends:
            fetches["logits"] = ends["logits"]
        values = self._session.run(fetches, {ends["x"]: x, ends["y"]: y})
        return Observation(values.get("logits"), values["loss"], values["gradients"])

    def step(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Run one update; return the loss before it."""
        ends = self.inspection.endpoints
        return self._session.run([ends["train_op"], ends["cost"]], {ends["x"]: x, ends["y"]: y})[1]

    def slots(self) -> dict[str, np.ndarray]:
        """Return the optimizer's slots as "slot m of W1" -> array."""
        names = {
            f"slot {slot} of {update.variable}": self.inspection.reads[op]
            for update in self.inspection.updates
            for slot, op in update.slots.items()
            if op in self.inspection.reads
        }
        return self._session.run(names)

    def moving(self) -> dict[str, np.ndarray]:
        """Return copies of the variables that move without being trained."""
        return self.read(self._moving)

    def infer(self, x: np.ndarray, moving: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return outputs with the training switch off and these moving averages.

        None for a graph that has no switch, or no named outputs. Nothing is left changed.
        """
        ends = self.inspection.endpoints
        if self._switch is None or "logits" not in ends:
            return None
        before = self.moving()
        self.assign(moving)
        outputs = self._session.run(ends["logits"], {ends["x"]: x, self._switch: False})
        self.assign(before)
        return outputs

    def tensors(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return by name every tensor of floats, one row of x a row, that outputs are made of."""
        ends = self.inspection.endpoints
        last = self._graph.get_tensor_by_name(ends.get("logits") or ends["cost"]).op
        hidden = structure.in_control_flow(last)
        behind = [
            tensor.name
            for op in updates.ancestors([last], control=False)
            for tensor in op.outputs
            if tensor.dtype.is_floating and op.name not in hidden
        ]
        values = self._session.run(behind, {ends["x"]: x, ends["y"]: y})
        return {
            name: value
            for name, value in zip(behind, values, strict=True)
            if value.ndim and len(value) == len(x)
        }

    def applied_gradients(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradients as the update ops would get them, after any clipping."""
        ends = self.inspection.endpoints
        names = {update.variable: update.gradient for update in self.inspection.updates}
        return self._session.run(names, {ends["x"]: x, ends["y"]: y})

    def hyperparameters(self, x: np.ndarray, y: np.ndarray) -> dict[str, float | bool]:
        """Return the first update's hyperparameters as they are now; empty for unknown rules."""
        if not self.inspection.updates:
            return {}
        update, ends = self.inspection.updates[0], self.inspection.endpoints
        values = self._session.run(dict(update.hyperparameters), {ends["x"]: x, ends["y"]: y})
        found: dict[str, float | bool] = {name: float(value) for name, value in values.items()}
        if update.rule == "Momentum":
            found["nesterov"] = update.nesterov
        return found
