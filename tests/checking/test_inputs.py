"""Inputs, labels and outputs as people have them: lists, dicts, iterators, further placeholders."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.examining import examine
from tests.support.pairs.graph_parts import NORMAL, dense, descent, mean_square, placeholder
from training.checking import batches
from training.errors import UserError
from training.model_files import pair
from training.model_files.endpoints import Fed

tf1 = tf.compat.v1


def users_and_items(gather: Any) -> Any:
    """Return tf1_graph() of a recommender; `gather` makes x of its two inputs."""

    def tf1_graph() -> dict[str, Any]:
        user, dense_features = placeholder(None, dtype=tf.int32), placeholder(None, 3)
        y = placeholder(None, 1)
        table = tf1.get_variable("users", [7, 4], initializer=NORMAL)
        hidden = tf.concat([tf.gather(table, user), dense_features], 1)
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        x = gather(user, dense_features)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    return tf1_graph


def recommender(rate: float = 0.1) -> keras.Model:
    user, features = keras.Input([], dtype="int32", name="user"), keras.Input([3], name="features")
    hidden = keras.layers.Concatenate()([keras.layers.Embedding(7, 4)(user), features])
    model = keras.Model([user, features], keras.layers.Dense(1, name="out")(hidden))
    model.compile(keras.optimizers.SGD(rate), "mse")
    return model


@pytest.mark.parametrize(
    "gather",
    [
        lambda user, features: [user, features],
        lambda user, features: (user, features),
        lambda user, features: {"user": user, "features": features},
    ],
    ids=["list", "tuple", "dict"],
)
def test_two_inputs(gather: Any) -> None:
    tf1_graph = users_and_items(gather)
    found = examine({"tf1_graph": tf1_graph, "keras_model": recommender})
    assert found.verdict in ("identical", "equivalent"), found
    assert not any("ids" in said for said in found.not_compared)  # all 7 were drawn


def test_a_mistake_beside_two_inputs_is_named() -> None:
    tf1_graph = users_and_items(lambda user, features: [user, features])
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: recommender(0.2)})
    assert found.verdict == "different"
    assert "learning_rate: 0.2 in Keras" in found.causes[0].cause


def test_inputs_the_other_way_round() -> None:
    def tf1_graph() -> dict[str, Any]:
        left, right, y = placeholder(None, 3), placeholder(None, 3), placeholder(None, 1)
        out = dense(left, 1, "a") - dense(right, 1, "b")
        cost = mean_square(out, y)
        x = {"left": left, "right": right}
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    def keras_model(swapped: bool = False) -> keras.Model:
        left, right = keras.Input([3], name="left"), keras.Input([3], name="right")
        a, b = (keras.layers.Dense(1, name=name) for name in "ab")
        first, second = (right, left) if swapped else (left, right)
        model = keras.Model(
            {"left": left, "right": right}, keras.layers.Subtract()([a(first), b(second)])
        )
        model.compile(keras.optimizers.SGD(0.1), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(True)})
    assert found.verdict == "different"


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


def test_iterator_is_fed_as_the_tensors_that_it_gives() -> None:
    def tf1_graph() -> dict[str, Any]:
        rows = np.ones([8, 4], np.float32), np.ones([8, 1], np.float32)
        data = tf1.data.Dataset.from_tensor_slices(rows).batch(4).repeat()
        x, y = tf1.data.make_one_shot_iterator(data).get_next()
        out = dense(x, 1, "out")
        cost = mean_square(out, y)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    def keras_model(rate: float = 0.1) -> keras.Model:
        model = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(0.3)})
    assert wrong.verdict == "different"


def dropping(**feeds: Any) -> Any:
    """Return tf1_graph() with a keep_prob that nothing but `feeds` sets."""

    def tf1_graph() -> dict[str, Any]:
        x, y, keep = placeholder(None, 4), placeholder(None, 1), placeholder(name="keep_prob")
        hidden = tf1.nn.dropout(dense(x, 6, "hidden"), keep_prob=keep)
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}
        return ends | {name: {keep: value} for name, value in feeds.items()}

    return tf1_graph


def dropped(rate: float) -> keras.Model:
    layers = [keras.layers.Dense(6), keras.layers.Dropout(rate), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input([4]), *layers])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_feeds_in_training_and_in_inference() -> None:
    tf1_graph = dropping(feeds=(0.75, 1.0))
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert found.verdict in ("identical", "equivalent"), found
    assert "inference" in [rung.name for rung in found.rungs]
    assert not any("rates" in said for said in found.not_compared)
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.5)})
    assert wrong.verdict == "different"
    assert "rate 0.5 in Keras, 0.25 in TensorFlow 1" in wrong.causes[-1].cause


def test_feeds_that_switch_dropout_off_for_good() -> None:
    tf1_graph = dropping(feeds=1.0)
    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.0)})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert wrong.verdict == "different"


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


def lengths() -> dict[str, Any]:
    """Return a graph that sums the first so many steps of each row."""
    x, length = placeholder(None, 5, 2), placeholder(None, dtype=tf.int32, name="length")
    y = placeholder(None, 1)
    mask = tf.sequence_mask(length, 5, tf.float32)
    out = dense(tf.reduce_sum(x * mask[:, :, None], 1), 1, "out")
    cost = mean_square(out, y)
    return {"x": [x, length], "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}


def model_with_lengths(off: int = 0) -> keras.Model:
    x, length = keras.Input([5, 2]), keras.Input([], dtype="int32")
    taken = keras.ops.less(keras.ops.arange(5), keras.ops.expand_dims(length + off, 1))
    summed = keras.ops.sum(x * keras.ops.cast(taken[:, :, None], "float32"), 1)
    model = keras.Model([x, length], keras.layers.Dense(1, name="out")(summed))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_users_own_batches() -> None:
    drawn = []

    def sample_batch(rng: np.random.Generator, rows: int) -> Any:
        drawn.append(rng.integers(1, 6, rows))
        return [rng.standard_normal([rows, 5, 2]), drawn[-1]], rng.standard_normal([rows, 1])

    names = {"tf1_graph": lengths, "sample_batch": sample_batch}
    found = examine({**names, "keras_model": model_with_lengths})
    assert found.verdict in ("identical", "equivalent"), found
    assert np.concatenate(drawn).max() == 5
    wrong = examine({**names, "keras_model": lambda: model_with_lengths(1)})
    assert wrong.verdict == "different"


def without_feeding(kind: str) -> Any:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 1)
        further = {
            "switch": lambda: tf.cast(placeholder(dtype=tf.bool, name="is_training"), tf.float32),
            "number": lambda: placeholder(name="keep_prob"),
            "rows": lambda: placeholder(None, 1, name="other"),
        }[kind]()
        cost = tf.reduce_mean(tf.square(dense(x, 1, "out") * further - y))
        return {"x": x, "y": y, "cost": cost, "train_op": descent(cost)}

    return tf1_graph


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("switch", r'"feeds": \{is_training: \(True, False\)\}'),
        ("number", r'"feeds": \{keep_prob: \(0.5, 1.0\)\}'),
        ("rows", r'"x": \[\.\.\., other\]'),
    ],
)
def test_hint_fits_what_nobody_feeds(kind: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        examine({"tf1_graph": without_feeding(kind), "keras_model": recommender})


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ([1.0], "feeds is a list; expected a dict"),
        ({"keep": 1.0}, "feeds names 'keep', which is not in the graph"),
        ({"keep_prob": "half"}, r"feeds has 'half' for keep_prob; expected float32 \(\)"),
        ({"keep_prob": [1.0, 2.0]}, r"feeds has \[1.0, 2.0\] for keep_prob"),
        ({"keep_prob": (1.0, 0.5, 0.2)}, r"or two of them: \(in training, in inference\)"),
    ],
)
def test_feeds_that_are_none(feeds: Any, said: str) -> None:
    def tf1_graph() -> dict[str, Any]:
        return without_feeding("number")() | {"feeds": feeds}

    with pytest.raises(UserError, match=said):
        examine({"tf1_graph": tf1_graph, "keras_model": recommender})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda rng, rows: np.ones([rows, 5, 2]), "gave something else than"),
        (lambda rng, rows: ([np.ones([rows, 5, 2])], np.ones([rows, 1])), "something else than"),
        (
            lambda rng, rows: ([np.ones([rows, 5, 3]), np.ones(rows)], np.ones([rows, 1])),
            r"gave Placeholder \[8, 5, 3\]; expected Placeholder \[None, 5, 2\]",
        ),
        (lambda rng, rows: {}["none"], "raised KeyError"),
        (3, r"no function sample_batch\(rng, rows\)"),
    ],
)
def test_sample_batch_that_gives_something_else(given: Any, said: str) -> None:
    names = {"tf1_graph": lengths, "keras_model": model_with_lengths, "sample_batch": given}
    with pytest.raises(UserError, match=said):
        examine(names)


def test_labels_that_are_the_inputs() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, other = placeholder(None, 4), placeholder(None, 2)
        code = dense(x, 2, "code")
        back = dense(code, 4, "back")
        cost = mean_square(back, x) + mean_square(code, other)
        ends = {"x": x, "y": [x, other], "logits": [back, code]}
        return {**ends, "cost": cost, "train_op": descent(cost)}

    names = {"tf1_graph": tf1_graph, "keras_model": recommender}
    loaded = pair.validate(Path("pair.py"), names, seed=0)
    (x, (same, other)), *_ = batches.synthetic(loaded, 8, 2, 0)
    np.testing.assert_array_equal(x, same)
    assert other.shape == (8, 2)


def test_ids_come_twice_in_every_other_batch_however_large_their_table_is() -> None:
    """Or nothing shows whether an id's gradients are added up before they are squared."""
    rng, fed = np.random.default_rng(0), Fed("ids", "ids:0", "int32", (None,))
    all_of_them, few = (batches._ids(rng, fed, 1000, 32, half=half) for half in (False, True))
    assert len(np.unique(all_of_them)) == 32
    assert len(np.unique(few)) == 16


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


def test_placeholders_without_a_shape_have_that_of_keras() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = tf1.placeholder("float"), tf1.placeholder("float")
        weight, bias = tf1.Variable(0.3, name="weight"), tf1.Variable(0.1, name="bias")
        out = x * weight + bias
        cost = tf.reduce_sum(tf.pow(out - y, 2)) / (2 * 8)
        return {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    def keras_model(factor: float = 0.5) -> keras.Model:
        model = keras.Sequential([keras.Input([1]), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse", loss_weights=factor)
        return model

    found = examine({"tf1_graph": tf1_graph, "keras_model": keras_model})
    assert found.verdict in ("identical", "equivalent"), found
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: keras_model(1.0)})
    assert [one.cause for one in wrong.causes] == [
        "factor: TensorFlow 1's loss is 0.5 times Keras'"
    ]


def test_dropout_in_a_branch_that_only_training_takes() -> None:
    def tf1_graph() -> dict[str, Any]:
        x, y = placeholder(None, 4), placeholder(None, 1)
        training = tf1.placeholder_with_default(False, [])
        hidden = dense(x, 6, "hidden")
        dropped_out = lambda: tf1.nn.dropout(hidden, rate=0.25)  # noqa: E731
        hidden = tf1.cond(training, dropped_out, lambda: tf.identity(hidden))
        out = dense(hidden, 1, "out")
        cost = mean_square(out, y)
        ends = {"x": x, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}
        return ends | {"feeds": {training: (True, False)}}

    found = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.25)})
    assert found.verdict in ("identical", "equivalent"), found
    assert found.rungs[-1].name == "inference"
    wrong = examine({"tf1_graph": tf1_graph, "keras_model": lambda: dropped(0.5)})
    assert "rate 0.5 in Keras, 0.25 in TensorFlow 1" in wrong.causes[-1].cause


def siamese(right: str = "right") -> Any:
    """Return tf1_graph() of distances between two inputs, which names only the first as x."""

    def tf1_graph() -> dict[str, Any]:
        left, other = placeholder(None, 4, name="left"), placeholder(None, 4, name=right)
        y = placeholder(None, 1)
        kernel = tf1.get_variable("w", [4, 3], initializer=NORMAL)
        apart = tf.matmul(left, kernel) - tf.matmul(other, kernel)
        out = tf.reduce_sum(tf.square(apart), 1, keepdims=True)
        cost = mean_square(out, y)
        return {"x": left, "y": y, "cost": cost, "logits": out, "train_op": descent(cost)}

    return tf1_graph


def distances(units: int = 4) -> keras.Model:
    left, right = keras.Input([4], name="left"), keras.Input([units], name="right")
    shared = keras.layers.Dense(3, use_bias=False)
    apart = shared(left) - shared(right)
    model = keras.Model([left, right], keras.layers.Dot(1)([apart, apart]))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def test_an_input_that_is_not_named_is_keras_next_and_said() -> None:
    """Training diverges at once, which is no mistake of the rewrite."""
    found = examine({"tf1_graph": siamese(), "keras_model": distances})
    assert found.verdict in ("identical", "equivalent"), found
    said = " / ".join(found.not_compared)
    assert "whether Keras' inputs are left, right, in this order" in said
    assert "updates from 2 on, for training diverges (loss" in said


def test_an_input_that_keras_lacks_is_no_guess() -> None:
    with pytest.raises(UserError, match="the placeholder right is not fed"):
        examine({"tf1_graph": siamese(), "keras_model": lambda: model_of_two_heads()})
