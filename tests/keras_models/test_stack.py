"""Rescaling keeps every prediction; rebuilding keeps the function; what is no stack is refused."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_models import article
from keras_models.classifiers import stack
from training.finetuning.tuning import logits

X = np.random.default_rng(5).random((64, 784), np.float32)


@settings(max_examples=25, deadline=None)
@given(exponent=st.integers(-12, 4), seed=st.integers(0, 2**31 - 2))
def test_rescaling_by_a_power_of_two_multiplies_logits_exactly(exponent: int, seed: int) -> None:
    model = article.build("idiomatic", seed=seed)
    before = logits(model, X)
    factor = stack.rescale(model, 2.0**exponent)
    assert factor == 4.0**exponent
    assert (before * np.float32(factor)).tobytes() == logits(model, X).tobytes()


def test_rescaling_three_layers_by_any_number_keeps_the_classes() -> None:
    layers = [keras.layers.Dense(30, "relu"), keras.layers.Dense(20, "relu")]
    model = keras.Sequential([keras.Input([784]), *layers, keras.layers.Dense(4)])
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    before = logits(model, X)
    assert stack.rescale(model, 0.1) == pytest.approx(1e-3)
    after = logits(model, X)
    assert np.abs(after / 1e-3 - before).max() < 1e-5 * np.abs(before).max()
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()


def test_suggested_scale_is_for_large_weights_only() -> None:
    assert stack.suggest_scale(article.build("idiomatic", seed=1))[0] == 1 / 16
    glorot = stack.fresh(article.build(), classes=10, seed=0)
    assert stack.suggest_scale(glorot)[0] == 1
    stack.rescale(glorot, 1 / 64)
    assert stack.suggest_scale(glorot)[0] == 1  # small weights are no hindrance
    assert stack.suggest_scale(glorot)[1].startswith("kernels' root mean square against Glorot's")


def test_rebuilding_merges_lora_and_forgets_what_was_frozen() -> None:
    model = article.build("idiomatic", seed=3)
    for layer in stack.layers(model):
        layer.enable_lora(4)
        layer.lora_kernel_b.assign(np.full(layer.lora_kernel_b.shape, 0.3, np.float32))
    rebuilt = stack.rebuild(model)
    assert logits(rebuilt, X).tobytes() == logits(model, X).tobytes()
    assert [tuple(w.shape) for w in rebuilt.trainable_weights] == [
        (784, 128),
        (128,),
        (128, 10),
        (10,),
    ]


def test_a_new_head_is_keras_own_and_what_is_below_stays() -> None:
    model = article.build("exact", seed=3)
    rebuilt = stack.rebuild(model, classes=5, seed=1)
    hidden = [np.asarray(stack.hidden(m)(X)) for m in (model, rebuilt)]
    assert hidden[0].tobytes() == hidden[1].tobytes()
    kernel, bias = rebuilt.layers[-1].get_weights()
    assert kernel.shape == (128, 5)
    assert np.abs(kernel).max() <= np.sqrt(6 / (128 + 5))  # Glorot's bound
    assert not bias.any()
    again = stack.rebuild(model, classes=5, seed=1).layers[-1].get_weights()[0]
    assert np.array_equal(kernel, again)


dense = keras.layers.Dense


def test_dropout_is_passed_over_where_nobody_trains() -> None:
    parts = [keras.Input([784]), dense(8, "relu"), keras.layers.Dropout(0.5), dense(10)]
    model = keras.Sequential(parts)
    assert [layer.units for layer in stack.layers(model)] == [8, 10]
    x = np.random.default_rng(0).random((4, 784), np.float32)
    assert np.array_equal(stack.rebuild(model)(x), model(x, training=False))


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([dense(10, "softmax")], "expected logits"),
        ([dense(8, "tanh"), dense(10)], "expected relu"),
        ([keras.layers.BatchNormalization(), dense(10)], "expected Dense only"),
        ([dense(10, use_bias=False)], "no bias"),
        ([dense(8, "relu", dtype="float16"), dense(10)], "expected float32"),
    ],
)
def test_what_is_no_stack_is_refused(layers: list[keras.layers.Layer], said: str) -> None:
    with pytest.raises(stack.NotAStack, match=said):
        stack.layers(keras.Sequential([keras.Input([784]), *layers]))


def test_a_stack_with_a_shortcut_is_refused() -> None:
    x = keras.Input([784])
    unused = dense(784, "relu")(x)
    model = keras.Model(x, [dense(10)(x), unused])
    with pytest.raises(stack.NotAStack):
        stack.layers(model)
    with pytest.raises(stack.NotAStack, match="one input"):
        stack.layers(keras.Sequential([keras.Input([20]), dense(10)]))
