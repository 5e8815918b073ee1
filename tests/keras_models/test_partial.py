"""What no layer is known for, as one layer of raw ops: it computes what the graph did."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models import transfer, writing
from keras_models.clones import copies
from tests.tf1_compat.network.graphs import images, read, variable
from tf1_compat.network import Given, Network, NotCovered
from tf1_compat.reading.control_flow import as_tensorflow_1
from tf1_compat.state import State

tf1 = tf.compat.v1
Build = Callable[[Any], Any]


def dense(x: Any, units: int, scope: str) -> Any:
    kernel = variable(f"{scope}/weights", x.shape[-1], units)
    return tf.matmul(x, kernel) + variable(f"{scope}/bias", units)


def of_normalized_weights(x: Any) -> Any:
    v, g = variable("net/v", 4, 3), variable("net/g", 3)
    return tf.nn.relu(tf.matmul(x, v * g / tf.sqrt(1e-6 + tf.reduce_sum(v * v, 0))))


def best_two(x: Any) -> Any:
    """Two outputs of one op, one of them whole numbers."""
    values, places = tf.nn.top_k(x, 2)
    return tf.concat([values, tf.cast(places, tf.float32)], 1)


def around_a_layer(x: Any) -> Any:
    return tf.math.cumprod(dense(tf.math.cumsum(x, 1, exclusive=True), 4, "middle"), 1)


def one_kernel_twice(x: Any) -> Any:
    """A layer whose kernel is read by what is no layer, too."""
    hidden = dense(x, 4, "own")
    (kernel,) = (one for one in tf1.trainable_variables() if one.op.name == "own/weights")
    return tf.matmul(tf.nn.relu(hidden), tf.linalg.band_part(kernel, 0, -1))


def rows_of_a_table(x: Any) -> Any:
    """Of a resource, by where the largest number is; and a list of outputs."""
    table = tf1.get_variable("table", [4, 6], use_resource=True)
    found = tf.gather(table, tf.argmax(x, 1))
    return tf.math.cumsum(tf.stack(tf.split(found, 3, 1), 1)[:, 0] * tf.constant([0.1, 3.0]), 1)


BUILDS: dict[Build, list[str]] = {
    of_normalized_weights: ["Mul", "Mul", "Sum", "AddV2", "Sqrt", "RealDiv", "MatMul"],
    best_two: ["TopKV2"],
    around_a_layer: ["Cumsum", "MatMul", "AddV2", "Cumprod"],
    one_kernel_twice: ["MatMul", "AddV2", "Relu", "MatrixBandPart", "MatMul"],
    rows_of_a_table: ["ArgMax", "GatherV2", "Split", "Pack", "StridedSlice", "Mul", "Cumsum"],
}


def trained(build: Build) -> tuple[Network, tf.Graph]:
    with tf.Graph().as_default() as graph, as_tensorflow_1():
        outputs = dense(build(dense(images(5), 4, "first")), 2, "last")
        return read(outputs, given=Given(partial=True)), graph


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_the_rest_is_one_layer_that_gives_what_the_graph_did(build: Build) -> None:
    network, graph = trained(build)
    assert network.rest is not None
    assert [op.kind for op in network.rest.options["ops"]] == BUILDS[build]
    x = np.random.default_rng(0).normal(size=(7, 5)).astype("f")
    with graph.as_default(), tf1.Session() as session:
        session.run(tf1.global_variables_initializer())
        weights = {one.op.name: session.run(one) for one in tf1.trainable_variables()}
        wanted = session.run(network.outputs[0], {"x:0": x})
    model = writing.build(network, weight_map := writing.weight_map(network))
    transfer.load_state(model, State(weights), weight_map, weights_only=True)
    assert np.array_equal(model.predict_on_batch(x), wanted)
    assert {*weights} == {*weight_map}


def test_its_source_is_marked_and_shows_the_ops() -> None:
    network, _ = trained(of_normalized_weights)
    source = writing.source(network, writing.weight_map(network), "graph.meta").text
    assert source.count("NOT ALL OF IT IS UNDERSTOOD") == source.count('"""NOT UNDERSTOOD: ') == 1
    assert "mul_1 = tf.raw_ops.Mul(x=self.v, y=self.v)\n" in source
    assert "sum = tf.raw_ops.Sum(input=mul_1, axis=0)\n" in source
    assert "x=tf.constant(1e-6, self.compute_dtype)" in source
    assert 'NotUnderstood(name="not_understood"),\n' in source
    assert 'keras.layers.Activation("relu"),\n' in source


def branch(x: Any) -> Any:
    training = tf1.placeholder(tf.bool, [], "training")
    scale = tf1.cond(training, lambda: tf.constant([1.0, 2, 3, 4]), lambda: tf.zeros([4]))
    return tf.math.cumprod(tf.math.cumsum(x, 1) * scale, 1)


REFUSED: dict[str, tuple[Build, str]] = {
    "random numbers": (
        lambda x: x * tf.random.normal([4], seed=1),
        r"RandomStandardNormal\): it gives other numbers each time",
    ),
    "a branch": (branch, r"Merge\): a branch that is within what no layer is known for"),
    "a long constant": (
        lambda x: tf.matmul(x, tf.constant(np.arange(80, dtype="f").reshape(4, 20))),
        r"Const\): a constant of 80 numbers; 64 can be written",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_function_that_can_be_written_is_refused(name: str) -> None:
    build, said = REFUSED[name]
    with pytest.raises(NotCovered, match=said):
        trained(build)


def test_nothing_is_the_rest_where_nobody_asks() -> None:
    with tf.Graph().as_default(), pytest.raises(NotCovered, match="Cumsum"):
        read(tf.math.cumsum(dense(images(5), 4, "first"), 1))


def test_penalties_of_a_layers_own_weights_are_exact_in_float64() -> None:
    """Else the rest's would be another number than the graph's, by a float32's rounding."""

    class Own(keras.layers.Layer):
        def build(self, input_shape: object) -> None:
            penalty = keras.regularizers.L2(0.005)
            self.kernel = self.add_weight([2], regularizer=penalty, name="kernel")

    layer = Own()
    layer.build(None)
    copies.exactly(layer)
    assert type(layer.kernel.regularizer.l2) is np.float64
