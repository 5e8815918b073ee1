"""Several outputs, each with a loss of its own, and costs of other kinds."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from tests.support.examining import examine
from tests.support.pairs.graph_parts import dense, descent, mean_square, placeholder
from training.errors import UserError

tf1 = tf.compat.v1


def two_heads() -> dict[str, Any]:
    """Return a graph of two outputs, each with a loss of its own."""
    x, number, kind = placeholder(None, 4), placeholder(None, 1), placeholder(None, dtype=tf.int32)
    hidden = tf.tanh(dense(x, 5, "hidden"))
    value, logits = dense(hidden, 1, "value"), dense(hidden, 3, "kind")
    of_kind = tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=kind, logits=logits)
    cost = mean_square(value, number) + 0.5 * tf.reduce_mean(of_kind)
    return {
        **{"x": x, "y": [number, kind], "logits": [value, logits]},
        **{"cost": cost, "train_op": descent(cost)},
    }


def model_of_two_heads(
    loss: str = "mse", share: float = 0.5, activation: str | None = None
) -> keras.Model:
    x = keras.Input([4])
    hidden = keras.layers.Dense(5, "tanh", name="hidden")(x)
    value = keras.layers.Dense(1, name="value")(hidden)
    logits = keras.layers.Dense(3, activation, name="kind")(hidden)
    model = keras.Model(x, [value, logits])
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), [loss, cross_entropy], loss_weights=[1.0, share])
    return model


@pytest.mark.slow
def test_two_outputs_with_a_loss_each() -> None:
    found = examine({"tf1_graph": two_heads, "keras_model": model_of_two_heads})
    assert found.verdict in ("identical", "equivalent"), found
    other_share = examine(
        {"tf1_graph": two_heads, "keras_model": lambda: model_of_two_heads(share=1.0)}
    )
    assert other_share.verdict == "different"
    (share,) = other_share.causes
    assert share.cause == "loss_weights: 1 for kind in Keras, 0.5 in TensorFlow 1"
    other_loss = examine({"tf1_graph": two_heads, "keras_model": lambda: model_of_two_heads("mae")})
    (loss,) = other_loss.causes
    assert (
        loss.cause == "loss of value: MeanAbsoluteError in Keras, MeanSquaredError in TensorFlow 1"
    )


def test_second_output_is_compared() -> None:
    wrong = lambda: model_of_two_heads(activation="relu")  # noqa: E731
    found = examine({"tf1_graph": two_heads, "keras_model": wrong})
    assert found.verdict == "different"
    assert found.first_difference
    assert found.first_difference.where == "logits 2"
    assert "kind" in found.causes[0].cause


def test_outputs_that_keras_lacks() -> None:
    def keras_model() -> keras.Model:
        both = model_of_two_heads()
        model = keras.Model(both.inputs, both.outputs[0])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model

    with pytest.raises(UserError, match="matched"):
        examine({"tf1_graph": two_heads, "keras_model": keras_model})


def test_cost_that_is_no_mean() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 2)
        out = dense(x, 2, "out")
        cost = tf.reduce_sum(tf.square(out - y))
        train_op = tf1.train.GradientDescentOptimizer(0.001).minimize(cost)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": train_op}

    def keras_model(reduction: str = "sum") -> keras.Model:
        model = keras.Sequential([keras.Input([4]), keras.layers.Dense(2)])
        square = keras.losses.MeanSquaredError(reduction=reduction)
        model.compile(keras.optimizers.SGD(0.001), square, loss_weights=2.0)
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    mean = lambda: keras_model("sum_over_batch_size")  # noqa: E731
    assert examine({"tf1_graph": tf1_graph, "keras_model": mean}).verdict == "different"


def test_probabilities_are_compared_in_inference_too() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y, keep = placeholder(None, 4), placeholder(None, 1), placeholder(name="keep_prob")
        out = tf.nn.sigmoid(dense(tf1.nn.dropout(x, keep_prob=keep), 1, "out"))
        cost = mean_square(out, y)
        ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}
        return ends | {"feeds": {keep: (0.75, 1.0)}}

    def keras_model() -> keras.Model:
        out = keras.layers.Dense(1, "sigmoid")
        model = keras.Sequential([keras.Input([4]), keras.layers.Dropout(0.25), out])
        model.compile(keras.optimizers.SGD(0.1), lambda y, out: keras.ops.square(y - out))
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    assert found.rungs[-1].name == "inference"


def test_second_network_stands_aside() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 6), placeholder(None, 1)
        ends = []
        for name in ("first", "second"):
            out = dense(x, 1, name)
            cost = mean_square(out, y)
            ends.append({"cost": cost, "logits": out, "train_op": descent(cost)})
        return {"x": x, "y": y, **ends[0]}

    def keras_model() -> keras.Model:
        model = keras.Sequential([keras.Input([6]), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    assert any("second/kernel, second/bias" in said for said in found.not_compared)


@pytest.mark.slow
def test_adversary_whose_generator_stands_still() -> None:
    """A Sequential within a model is float64 throughout, or the verdict is "different"."""

    def net(x: tf.Tensor, first: str, last: str, units: int) -> tf.Tensor:
        with tf1.variable_scope("", reuse=tf1.AUTO_REUSE):
            return dense(tf.nn.relu(dense(x, 6, first)), units, last)

    def tf1_graph() -> dict[str, Any]:
        real, noise = placeholder(None, 4), placeholder(None, 3)
        fake = tf.nn.sigmoid(net(noise, "g1", "g2", 4))
        of_real, of_fake = (net(images, "d1", "d2", 1) for images in (real, fake))
        cost = tf.reduce_mean(tf.nn.softplus(-of_real)) + tf.reduce_mean(tf.nn.softplus(of_fake))
        of_critic = [v for v in tf1.trainable_variables() if v.name.startswith("d")]
        train_op = tf1.train.AdamOptimizer(0.01).minimize(cost, var_list=of_critic)
        ends = {"x": [real, noise], "y": real, "logits": [of_real, of_fake]}
        return ends | {"cost": cost, "train_op": train_op}

    class Adversary(keras.Model):
        def compute_loss(self, *, y_pred: Any, **others: Any) -> Any:
            of_real, of_fake = map(keras.ops.softplus, (-y_pred[0], y_pred[1]))
            return keras.ops.mean(of_real) + keras.ops.mean(of_fake)

    def keras_model() -> keras.Model:
        layers, Input = keras.layers, keras.Input
        hidden = layers.Dense(6, "relu", name="g1")
        made = [Input([3]), hidden, layers.Dense(4, "sigmoid", name="g2")]
        generator = keras.Sequential(made, name="generator")
        generator.trainable = False
        hidden = layers.Dense(6, "relu", name="d1")
        critic = keras.Sequential([Input([4]), hidden, layers.Dense(1, name="d2")], name="critic")
        real, noise = Input([4]), Input([3])
        model = Adversary([real, noise], [critic(real), critic(generator(noise))])
        model.compile(keras.optimizers.Adam(0.01, epsilon=1e-8), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert (found.verdict, found.unexplained) == ("equivalent", None), found
