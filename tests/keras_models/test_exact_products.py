"""A kernel's gradient, made the other way round: the same bits, and only where they are."""

import numpy as np
import pytest
import tensorflow as tf

from keras_models.exact import AddV2Dense
from keras_models.exact.products import same_either_way
from training.data import Digits, Examples
from training.lanes.build import build
from training.machine.devices import Device

CPU = Device("CPU", 0)


@pytest.mark.parametrize("rows", [1, 7, 999, 4000])
def test_turned_is_plain_bit_for_bit(rows: int, digits: Digits) -> None:
    """Forward, and all three gradients."""
    x = tf.constant(digits.train.x[:rows])
    upstream = tf.random.stateless_uniform([rows, 128], [rows, 1], -1, 1)
    layer = AddV2Dense(128, "relu", bias_initializer="ones")
    layer.build([None, 784])

    @tf.function(autograph=False)
    def computed(x: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
        return [outputs, *tape.gradient(outputs, [x, layer.kernel, layer.bias], upstream)]

    plain = computed(x)
    layer.turns_at = rows
    turned = tf.function(computed.python_function, autograph=False)(x)
    assert same_either_way(x, 128)
    for one, other in zip(plain, turned, strict=True):
        assert one.numpy().tobytes() == other.numpy().tobytes()


def test_only_the_rows_that_were_tried_are_turned(digits: Digits) -> None:
    """A model of another number of rows, or of any, computes as ever."""
    few = Examples(digits.train.x[:500], digits.train.y[:500])
    (exact,) = build(["exact"], few, 1234, CPU)
    layer = exact.model.get_layer("hidden_layer")  # type: ignore[attr-defined]
    assert layer.turns_at == 500

    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = layer(x)
        return tape.gradient(outputs, layer.kernel)

    for rows, turned in ((500, True), (499, False), (None, False)):
        given = tf.TensorSpec([rows, 784])
        graph = tf.function(gradient, autograph=False).get_concrete_function(given).graph
        assert ("Transpose" in {op.type for op in graph.get_operations()}) == turned


def test_another_order_of_sums_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a library whose product adds up from the last row to the first."""
    x = tf.constant(np.random.default_rng(0).random([300, 20], np.float32))
    assert same_either_way(x, 5)
    product = tf.matmul

    def matmul(a: tf.Tensor, b: tf.Tensor, **how: bool) -> tf.Tensor:
        turned = a.shape == [300, 5]
        return product(a[::-1], b[::-1], **how) if turned else product(a, b, **how)

    monkeypatch.setattr(tf, "matmul", matmul)
    assert not same_either_way(x, 5)


def test_rows_are_summed_in_four_chains() -> None:
    """A bias's gradient: the order that a quicker sum would have to keep."""
    g = np.random.default_rng(0).standard_normal((4_002, 128), np.float32)
    chains = np.zeros((4, 128), np.float32)
    for four in g[:4_000].reshape(-1, 4, 128):
        chains += four
    total = chains[0]
    for one in (*chains[1:], *g[4_000:]):
        total = total + one
    assert total.tobytes() == tf.reduce_sum(g, 0).numpy().tobytes()
    assert total.tobytes() != g.sum(axis=0).tobytes()
