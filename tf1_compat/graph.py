"""Any TensorFlow 1 graph with named endpoints and its session, ready to be looked into.

    with graph.as_default():
        endpoints = {"x": X, "y": Y, "cost": cost, "train_op": train_op, "logits": logits}
        inspection = inspect(graph, endpoints)
    program = GraphProgram(graph, inspection, structure.read(endpoints, inspection))

Unlike `tf1_compat/program.py`, which trains the article, it gives logits, loss and the gradient of
each variable besides taking steps, in float32 or in float64.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat import float64
from tf1_compat.masks import Masks
from tf1_compat.noise import Noise
from tf1_compat.reading import draws, updates
from tf1_compat.reading.control_flow import in_control_flow
from tf1_compat.reading.inspection import Inspection, Tree
from tf1_compat.reading.structure import Structure
from tf1_compat.reading.updates import Update


@dataclass(frozen=True)
class Observation:
    """What one batch gives before any update; gradients are of the loss, by TF1 variable.

    Outputs are by name, see `inspection.named`; empty where the graph names none.
    """

    logits: Mapping[str, np.ndarray]
    loss: np.ndarray
    gradients: Mapping[str, np.ndarray]


class GraphProgram:
    """A graph, initialized, in a session of its own; batches are fed at every call.

    x and y are arrays, or lists or dicts of arrays, as the endpoints are. `fixed` is fed besides,
    by tensor; with `streams`, by kind, random numbers are from them.
    """

    def __init__(
        self,
        graph: tf.Graph,
        inspection: Inspection,
        structure: Structure,
        config: tf.compat.v1.ConfigProto | None = None,
        fixed: Mapping[str, Any] = MappingProxyType({}),
        streams: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.inspection, self._structure = inspection, structure
        self._graph, self._config, self._fixed, self._streams = graph, config, fixed, streams
        self._session = tf.compat.v1.Session(graph=graph, config=config)
        self._copies: dict[str, tf.Tensor] = {}
        self._masks = Masks(self._session, structure.dropouts, (streams or {}).get("uniform"))
        self._noise = Noise(self._session, structure.noise, streams)
        self.reset()

    def in_float64(self, *, as_rounded: bool = False) -> "GraphProgram":
        """Return the same graph in float64, freshly initialized; `as_rounded` as in `float64`."""
        wide = float64.twin(self._graph, as_rounded=as_rounded)
        known = (self.inspection, self._structure, self._config, self._fixed, self._streams)
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
        return {name: a for name, a in begun.items() if name not in self._structure.shadows}

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

    def _feed(self, x: Tree, y: Tree | None = None) -> dict[str, Any]:
        """Return all that is fed with a batch."""
        fed = self._given(x, y)
        return fed | self._masks.feeds(fed) | self._noise.feeds(fed)

    def _given(self, x: Tree, y: Tree | None) -> dict[str, Any]:
        """Return what placeholders are fed with a batch."""
        given = [(self.inspection.x, x)] + ([] if y is None else [(self.inspection.y, y)])
        fed: dict[str, Any] = {}
        for names, arrays in given:
            tf.nest.assert_same_structure(names, arrays)
            fed |= zip(tf.nest.flatten(names), tf.nest.flatten(arrays), strict=True)
        return fed | dict(self._fixed)

    def dropout_rates(
        self, x: Tree, y: Tree, fixed: Mapping[str, Any] | None = None
    ) -> list[float]:
        """Return which share of numbers each dropout drops; with other values fed besides."""
        return self._masks.rates({**self._given(x, y), **(fixed or {})})

    def observe(self, x: Tree, y: Tree) -> Observation:
        """Return logits, loss and gradients of a batch; nothing is updated."""
        known = self.inspection
        fetches = [dict(known.logits), known.cost, dict(known.gradients)]
        # What an update is made of, so that Grappler sees the graph that it sees in training.
        applied = [update.gradient for update in known.updates]
        return Observation(*self._session.run([*fetches, applied], self._feed(x, y))[:-1])

    def step(self, x: Tree, y: Tree) -> np.ndarray:
        """Run one update; return the loss before it."""
        fetches = [self.inspection.train_op, self.inspection.cost]
        return self._session.run(fetches, self._feed(x, y))[1]

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

    def infer(self, x: Tree, moving: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return outputs where nobody trains, with these moving averages.

        Empty for a graph that is the same then, or has no named outputs. Nothing is left changed.
        """
        off = self._structure.inference
        if off is None:
            return {}
        before = self.moving()
        self.assign(moving)
        outputs = self._session.run(dict(self.inspection.logits), {**self._feed(x), **off})
        self.assign(before)
        return outputs

    def tensors(self, x: Tree, y: Tree) -> dict[str, np.ndarray]:
        """Return by name every tensor of floats, one row of x a row, that outputs are made of."""
        named, given = self._graph.get_tensor_by_name, self._feed(x, y)
        last = [named(name).op for name in self.inspection.last]
        inputs, hidden = tf.nest.flatten(self.inspection.x), in_control_flow(last)
        behind = [named(name) for name in inputs]
        for op in updates.ancestors(last, control=False, fed=given):
            behind += op.outputs if op.name not in hidden else []
        names = [tensor.name for tensor in behind if tensor.dtype.is_floating]
        values = self._session.run({name: name for name in names}, given)
        rows = len(given[inputs[0]])
        return {name: one for name, one in values.items() if one.ndim and len(one) == rows}

    def values(self, names: Any, x: Tree, y: Tree) -> Any:
        """Return what tensors are on a batch, in the structure of their names.

        Copies are fetched: TensorFlow fuses a leaky relu with the convolution before it, and does
        not find what was between them.
        """
        for name in sorted({*tf.nest.flatten(names)} - {*self._copies}):
            with self._graph.as_default():
                self._copies[name] = tf.identity(self._graph.get_tensor_by_name(name))
        copies = tf.nest.map_structure(self._copies.__getitem__, names)
        return self._session.run(copies, self._feed(x, y))

    def applied_gradients(self, x: Tree, y: Tree) -> dict[str, np.ndarray]:
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

    def hyperparameters(self, x: Tree, y: Tree) -> dict[str, float | bool]:
        """Return the first update's hyperparameters as they are now; empty for unknown rules."""
        return next(iter(self._hyperparameters(self.inspection.updates[:1], x, y).values()), {})

    def hyperparameters_of_each(self, x: Tree, y: Tree) -> dict[str, dict[str, float | bool]]:
        """Return the hyperparameters of every variable's update, as they are now."""
        return self._hyperparameters(self.inspection.updates, x, y)

    def _hyperparameters(
        self, made: Sequence[Update], x: Tree, y: Tree
    ) -> dict[str, dict[str, float | bool]]:
        fetches = [dict(update.hyperparameters) for update in made]
        found = {}
        for update, values in zip(made, self._session.run(fetches, self._feed(x, y)), strict=True):
            numbers = {name: float(value) for name, value in values.items()}
            found[update.variable] = {**numbers, **update.fixed}
        return found
