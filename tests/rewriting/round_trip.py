"""A random Keras model becomes a TensorFlow 1 graph, and that a Keras model again: the same one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import writing
from tests.rewriting.models import Drawn
from tf1_compat import network
from tf1_compat.network import Given, Network

UNSAID = ("name", "dtype", "trainable")
"""What a configuration has that is no hyperparameter."""
PLAIN = (int, float, str, bool, tuple, list, dict, type(None), slice)


@dataclass(frozen=True)
class RoundTrip:
    """A network that went there and back."""

    source: str
    model: keras.Model
    same: bool
    """Layers, hyperparameters and loss are those that were drawn, and its outputs bit for bit."""
    exact: bool
    """Its outputs are TensorFlow 1's bit for bit, where nobody trains."""
    distance: float
    """Of those outputs, relative to the largest, or of the cost."""


def go(drawn: Drawn) -> RoundTrip:
    """Read the graph, write the source, run it, and give the model the graph's weights."""
    with drawn.graph.as_default():
        read, mapped = network.read(drawn.graph, Given(feeds=drawn.feeds))
    source = writing.source(read, mapped, "graph.meta").text
    names: dict[str, Any] = {"__name__": "model", "__file__": "model.py"}
    exec(compile(source, "model.py", "exec"), names)
    model = names["keras_model"]()
    weights = {weight.path: weight.numpy() for weight in drawn.model.weights}
    _load(model, {path: weights[name] for name, path in mapped.items()})
    x, y = drawn.batch
    before, after = (one.predict_on_batch(x) for one in (drawn.model, model))
    outputs, cost = _of_graph(drawn, read, {name: weights[name] for name in mapped})
    loss = float(model.test_on_batch(x, y))
    return RoundTrip(
        source=source,
        model=model,
        same=described(model) == described(drawn.model) and np.array_equal(before, after),
        exact=np.array_equal(after, outputs),
        distance=max(_distance(after, outputs), _distance(loss, cost)),
    )


def _of_graph(drawn: Drawn, read: Network, weights: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    """Return outputs and cost, where nobody trains."""
    x, y = drawn.batch
    fed = {name: at_inference for name, (_, at_inference) in read.switches.items()}
    session = tf.compat.v1.Session(graph=drawn.graph)
    for name, value in weights.items():
        initial = drawn.graph.get_operation_by_name(f"{name}/Assign")
        session.run(initial, {initial.inputs[1]: value})
    found = session.run((drawn.outputs, drawn.cost), {**fed, "x:0": x, "y:0": y})
    session.close()
    return found


def _load(model: keras.Model, values: Mapping[str, np.ndarray]) -> None:
    """Give each variable its value, by the end of its path."""
    for variable in model.variables:
        found = [path for path in values if f"/{variable.path}".endswith(f"/{path}")]
        if found:
            variable.assign(values[found[0]])


def _distance(ours: Any, theirs: Any) -> float:
    furthest = np.abs(ours - theirs).max()
    return float(furthest / np.abs(theirs).max()) if furthest else 0.0


def described(model: keras.Model) -> list[str]:
    """Return inputs, loss, and every layer and function with its hyperparameters, in some order."""
    made = model.layers if isinstance(model, keras.Sequential) else model.operations
    inner = [one for one in made if not isinstance(one, keras.layers.InputLayer)]
    inputs = [f"{one.shape} {one.dtype}" for one in model.inputs]
    return [*inputs, _described(model.loss), *sorted(map(_described, inner))]


def _described(one: Any) -> str:
    has_config = isinstance(one, (keras.Layer, keras.losses.Loss))
    config = one.get_config() if has_config else vars(one)
    said = [
        f"{name}={value}"
        for name, value in sorted(config.items())
        if isinstance(value, PLAIN) and name not in UNSAID
        if name[0] != "_" and not name.endswith("_initializer")
    ]
    return f"{type(one).__name__}({', '.join(said)})"
