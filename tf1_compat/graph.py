"""Any TensorFlow 1 graph with named endpoints and its session, ready to be looked into.

    with graph.as_default():
        endpoints = {"x": X, "y": Y, "cost": cost, "train_op": train_op, "logits": logits}
        inspection = inspect(graph, endpoints)
    program = GraphProgram(graph, inspection, structure.read(endpoints, inspection))

Unlike `tf1_compat/program.py`, which trains the article, it gives logits, loss and the gradient of
each variable besides taking steps, in float32 or in float64.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat import float64
from tf1_compat.masks import Masks
from tf1_compat.reading import draws, structure, updates
from tf1_compat.reading.inspection import Inspection
from tf1_compat.reading.structure import Structure


@dataclass(frozen=True)
class Observation:
    """What one batch gives before any update; gradients are of the loss, by TF1 variable."""

    logits: np.ndarray | None
    loss: np.ndarray
    gradients: Mapping[str, np.ndarray]


class GraphProgram:
    """A graph, initialized, in a session of its own; batches are fed at every call.

    `fixed` is fed besides, by tensor; with a `stream` dropout takes its numbers from it, see Masks.
    """

    def __init__(
        self,
        graph: tf.Graph,
        inspection: Inspection,
        structure: Structure,
        config: tf.compat.v1.ConfigProto | None = None,
        fixed: Mapping[str, Any] = MappingProxyType({}),
        stream: np.ndarray | None = None,
    ) -> None:
        self.inspection, self._structure = inspection, structure
        self._graph, self._config, self._fixed, self._stream = graph, config, fixed, stream
        self._session = tf.compat.v1.Session(graph=graph, config=config)
        self._masks = Masks(self._session, structure.dropouts, stream)
        self.reset()

    def in_float64(self, *, as_rounded: bool = False) -> "GraphProgram":
        """Return the same graph in float64, freshly initialized; `as_rounded` as in `float64`."""
        wide = float64.twin(self._graph, as_rounded=as_rounded)
        known = (self.inspection, self._structure, self._config, self._fixed, self._stream)
        return GraphProgram(wide, *known)

    def reset(self) -> None:
        """Run every initializer: weights and slots are as at the start."""
        self._session.run(self.inspection.initializer)

    def begun_with(self, numbers: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Return what variables are initialized with if draws of a kind all give its number.

        See `draws.KINDS`. Everything is initialized anew afterwards.
        """
        initializer = self._graph.get_operation_by_name(self.inspection.initializer)
        fed = {}
        for op in updates.ancestors([initializer]):
            if op.type in draws.KINDS:
                shape = self._session.run(op.inputs[0])
                fed[op.outputs[0].name] = np.full(shape, numbers[draws.KINDS[op.type]], np.float32)
        self._session.run(initializer, fed)
        begun = {**self.weights(), **self.moving()}
        self.reset()
        return begun

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

    def _feed(self, x: np.ndarray, y: np.ndarray | None = None) -> dict[str, Any]:
        """Return all that is fed with a batch."""
        fed = self._given(x, y)
        return fed | self._masks.feeds(fed)

    def _given(self, x: np.ndarray, y: np.ndarray | None) -> dict[str, Any]:
        """Return what placeholders are fed with a batch."""
        ends = self.inspection.endpoints
        fed = {ends["x"]: x} if y is None else {ends["x"]: x, ends["y"]: y}
        return fed | dict(self._fixed)

    def dropout_rates(
        self, x: np.ndarray, y: np.ndarray, fixed: Mapping[str, Any] | None = None
    ) -> list[float]:
        """Return which share of numbers each dropout drops; with other values fed besides."""
        return self._masks.rates({**self._given(x, y), **(fixed or {})})

    def observe(self, x: np.ndarray, y: np.ndarray) -> Observation:
        """Return logits, loss and gradients of a batch; nothing is updated."""
        ends = self.inspection.endpoints
        fetches = {"loss": ends["cost"], "gradients": dict(self.inspection.gradients)}
        if "logits" in ends:
            fetches["logits"] = ends["logits"]
        values = self._session.run(fetches, self._feed(x, y))
        return Observation(values.get("logits"), values["loss"], values["gradients"])

    def step(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Run one update; return the loss before it."""
        ends = self.inspection.endpoints
        return self._session.run([ends["train_op"], ends["cost"]], self._feed(x, y))[1]

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
        return self.read(self._structure.moving)

    def infer(self, x: np.ndarray, moving: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Return outputs with the training switch off and these moving averages.

        None for a graph that has no switch, or no named outputs. Nothing is left changed.
        """
        ends = self.inspection.endpoints
        switch = self._structure.switch
        if switch is None or "logits" not in ends:
            return None
        before = self.moving()
        self.assign(moving)
        outputs = self._session.run(ends["logits"], {**self._feed(x), switch: False})
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
        values = self._session.run(behind, self._feed(x, y))
        return {
            name: value
            for name, value in zip(behind, values, strict=True)
            if value.ndim and len(value) == len(x)
        }

    def applied_gradients(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradients as the update ops would get them, after any clipping.

        Rows that are not looked up have zeros.
        """
        made = self.inspection.updates
        fetches = {
            "gradients": {update.variable: update.gradient for update in made},
            "rows": {update.variable: update.indices for update in made if update.indices},
        }
        values = self._session.run(fetches, self._feed(x, y))
        gradients: dict[str, np.ndarray] = values["gradients"]
        for name, rows in values["rows"].items():
            dense = np.zeros(self.inspection.shapes[name], gradients[name].dtype)
            dense[rows] = gradients[name]
            gradients[name] = dense
        return gradients

    def hyperparameters(self, x: np.ndarray, y: np.ndarray) -> dict[str, float | bool]:
        """Return the first update's hyperparameters as they are now; empty for unknown rules."""
        if not self.inspection.updates:
            return {}
        update = self.inspection.updates[0]
        values = self._session.run(dict(update.hyperparameters), self._feed(x, y))
        found: dict[str, float | bool] = {name: float(value) for name, value in values.items()}
        return found | dict(update.fixed)
