"""What stands in for ops without float64 computes what they do: values and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from tf1_compat import float64

tf1 = tf.compat.v1


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(8, 3, 2, 4), (5, 1, 1, 3)])
def test_twin_computes_what_the_fused_op_does(shape: tuple[int, ...], training: bool) -> None:
    rng = np.random.default_rng(7)
    channels = [*shape[-1:]]
    graph = tf.Graph()
    with graph.as_default():
        x = tf1.placeholder(tf.float32, [None, *shape[1:]], name="x")
        scale, offset, mean = (tf1.placeholder(tf.float32, channels, name=n) for n in "abc")
        variance = tf1.placeholder(tf.float32, channels, name="v")
        given = {} if training else {"mean": mean, "variance": variance}
        y, *moments = tf1.nn.fused_batch_norm(
            x, scale, offset, epsilon=0.01, is_training=training, **given
        )
        gradients = tf.gradients(tf.reduce_sum(tf.sin(y)), [x, scale, offset])
        names = [one.name for one in (y, *moments, *gradients)]
    values = {
        "x:0": rng.standard_normal(shape) * 3 + 1,
        **{f"{name}:0": rng.standard_normal(channels) for name in "abc"},
        "v:0": rng.random(channels) + 0.5,
    }
    fused, plain = (
        tf1.Session(graph=one).run(names, values) for one in (graph, float64.twin(graph))
    )
    for name, a, b in zip(names, fused, plain, strict=True):
        assert b.dtype == np.float64, name
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("radius", [1, 5])
def test_twin_computes_local_response_normalization(radius: int) -> None:
    rng = np.random.default_rng(7)
    graph = tf.Graph()
    with graph.as_default():
        x = tf1.placeholder(tf.float32, [None, 3, 2, 7], name="x")
        y = tf1.nn.local_response_normalization(x, radius, bias=1.5, alpha=0.2, beta=0.75)
        names = [y.name, tf.gradients(tf.reduce_sum(tf.sin(y)), x)[0].name]
    values = {"x:0": rng.standard_normal((4, 3, 2, 7)) * 3}
    for a, b in zip(
        *(tf1.Session(graph=one).run(names, values) for one in (graph, float64.twin(graph))),
        strict=True,
    ):
        assert b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)
