"""Any classifier of 28 x 28 pixels is handed over as it is, whatever it takes and ends in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_models.classifiers import copying, kinds, network, stack, strategies
from keras_models.classifiers.strategies import Settings
from tests.conftest import ROOT, run
from training.data import Digits
from training.errors import UserError
from training.machine.files import read_json
from training.model_files import pretrained


def convolutional() -> keras.Model:
    """Of bytes, with all that Keras' own examples have."""
    return keras.Sequential(
        [
            keras.Input([28, 28, 1], dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ]
    )


def residual() -> keras.Model:
    inputs = keras.Input([28, 28, 1])
    x = layers.Conv2D(8, 3, padding="same", strides=4, activation="relu")(inputs)
    x = layers.Add()([x, layers.Conv2D(8, 3, padding="same")(x)])
    x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Softmax()(x))


def nested() -> keras.Model:
    inside = [keras.Input([28, 28, 1]), layers.Conv2D(4, 5, strides=3), layers.Flatten()]
    rows = keras.Input([784])
    features = keras.Sequential(inside, name="inside")(layers.Reshape([28, 28, 1])(rows))
    return keras.Model(rows, layers.Dense(10)(features))


def quickstart() -> keras.Model:
    """TensorFlow's own first example: a stack, once its dropout and softmax are gone."""
    dense = [layers.Dense(16, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
    return keras.Sequential([keras.Input([28, 28]), layers.Flatten(), *dense])


def dense(*activations: str | None) -> Callable[[], keras.Model]:
    def make() -> keras.Model:
        widths = [12] * (len(activations) - 1) + [10]
        hidden = [layers.Dense(*both) for both in zip(widths, activations, strict=True)]
        return keras.Sequential([keras.Input([784]), *hidden])

    return make


def pooled() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input([1, 28, 28]),
            layers.Permute([2, 3, 1]),
            layers.Conv2D(10, 3),
            layers.GlobalMaxPooling2D(),
        ]
    )


def of_bytes() -> keras.Model:
    inputs = keras.Input([28, 28], dtype="uint8")
    return keras.Sequential([inputs, layers.Flatten(), layers.Dense(10)])


MODELS: dict[str, tuple[Callable[[], keras.Model], bool, bool]] = {
    "sequential": (dense("relu", None), True, False),
    "quickstart": (quickstart, True, True),
    "convolutional": (convolutional, False, True),
    "bytes": (of_bytes, False, False),
    "residual": (residual, False, True),
    "nested": (nested, False, False),
    "tanh": (dense("tanh", None), False, False),
    "without a head": (pooled, False, False),
}
"""Name -> maker, whether it is a stack of Dense layers with ReLU, whether it ends in a softmax."""


def saved(make: Callable[[], keras.Model], folder: Path) -> Path:
    """With weights, averages and biases that are not as Keras starts them."""
    model = make()
    generator = np.random.default_rng(0)
    drawn = [generator.uniform(0.05, 0.3, weight.shape) for weight in model.get_weights()]
    model.set_weights([one - 0.15 * (one.ndim > 1) for one in drawn])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy())
    model.save(folder / "model.keras")
    return folder / "model.keras"


@pytest.mark.parametrize("name", MODELS)
def test_copy_gives_the_logits_of_the_source(name: str, digits: Digits, tmp_path: Path) -> None:
    make, is_stack, softmax = MODELS[name]
    path = saved(make, tmp_path)
    found, itself = pretrained.load(path), keras.models.load_model(path)
    x = digits.test.x[:20]
    outputs = found.outputs(x)
    assert found.is_stack == is_stack
    assert outputs.logits.tobytes() == pretrained.logits(found.model, x).tobytes()
    given = np.rint(x * 255) if name in ("convolutional", "bytes") else x
    theirs = np.asarray(itself(given.reshape(20, *itself.input_shape[1:])))
    ours = keras.activations.softmax(outputs.logits) if softmax else outputs.logits
    assert np.asarray(ours).tobytes() == theirs.tobytes()
    kind = kinds.of(found.model)
    assert len(kind.layers(found.model)) >= 1
    assert pretrained.logits(kind.hidden(found.model), x).tobytes() == outputs.hidden.tobytes()


def of(shape: list[int], *inside: keras.layers.Layer) -> Callable[[], keras.Model]:
    return lambda: keras.Sequential([keras.Input(shape), *inside])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (dense("relu", "sigmoid"), "ends it with sigmoid; expected logits or a softmax"),
        (
            of([32, 32, 3], layers.Flatten(), layers.Dense(10)),
            "32, 32, 3.; expected one input",
        ),
        (of([28, 28], layers.Dense(10)), "expected one output of classes"),
        (of([784], layers.Softmax()), "no layer of it has weights"),
        (of([784], layers.Dense(10, dtype="mixed_bfloat16")), "computes in mixed_bfloat16"),
    ],
)
def test_what_is_no_classifier_is_refused(
    make: Callable[[], keras.Model], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        pretrained.load(saved(make, tmp_path))


def rows_of(make: Callable[[], keras.Model]) -> keras.Model:
    return kinds.of_rows(make())


def test_nothing_is_drawn_at_random_in_a_copy() -> None:
    """Dropout would be drawn otherwise when a training goes on."""
    found = [one for one in copying.leaves(rows_of(convolutional)) if hasattr(one, "rate")]
    assert [layer.rate for layer in found] == [0]


def test_strategies_train_what_they_say_of_a_network() -> None:
    model = rows_of(convolutional)
    every = {path for layer in network.layers(model) for path in _paths(layer)}
    head = _paths(network.layers(model)[-1])
    averages = {weight.path for weight in model.weights} - every
    assert len(averages) == 4  # of batch normalization: it stays as it is
    for name, trains in {"full": [every], "head": [head], "gradual": [head, every]}.items():
        plan = strategies.plan(model, [name], Settings())
        assert [set(phase.trains) for phase in plan.phases] == [set(one) for one in trains]
    (phase,) = strategies.plan(model, ["bitfit"], Settings()).phases
    assert phase.trains == {path for path in every if path.endswith("bias")}


def _paths(layer: Any) -> set[str]:
    return {weight.path for weight in layer.weights}


def test_lora_in_a_network_is_merged(digits: Digits) -> None:
    model = rows_of(convolutional)
    strategies.plan(model, ["lora"], Settings())
    for layer in network.layers(model):
        layer.lora_kernel_b.assign(np.full(layer.lora_kernel_b.shape, 0.3, np.float32))
    rebuilt = network.rebuild(model)
    x = digits.test.x[:20]
    assert len(rebuilt.weights) == len(model.weights) - 4
    ours, theirs = (pretrained.logits(one, x) for one in (rebuilt, model))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_a_fresh_network_follows_from_its_seed() -> None:
    like = rows_of(convolutional)
    first, again, other = (network.fresh(like, 4, seed) for seed in (1, 1, 2))
    assert first.output_shape == (None, 4)
    kernels = [[weight.tobytes() for weight in one.get_weights()] for one in (first, again, other)]
    assert kernels[0] == kernels[1] != kernels[2]


def test_rescaling_and_a_new_head_are_for_what_can_have_them() -> None:
    assert network.suggest_scale(rows_of(convolutional)) == (1.0, network.NO_STACK)
    with pytest.raises(stack.NotAStack, match="not rescaled"):
        network.rescale(rows_of(convolutional), 0.5)
    with pytest.raises(network.NotAClassifier, match="expected Dense"):
        network.rebuild(rows_of(pooled), classes=4)


@pytest.mark.slow
def test_a_convolutional_network_is_fine_tuned_and_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, tuned = saved(convolutional, tmp_path), tmp_path / "tuned"
    options = ["--data", "mnist_5k[3,7]", "--shots", "8", "--epochs", "1", "--out", tuned]
    assert run("finetune", source, *options) == 0
    assert network.NO_STACK in capsys.readouterr().err
    assert read_json(tuned / "finetune.json")["rescale"] == {
        "scale": 1.0,
        "reason": network.NO_STACK,
    }
    before, after = (keras.models.load_model(file) for file in (source, tuned / "model.keras"))
    assert _averages(before) == _averages(after)
    assert run("predict", tuned, ROOT / "examples" / "seven.png") == 0
    assert "Keras alone" in capsys.readouterr().out
    assert run("finetune", source, "--rescale", "0.5", *options[:-1], tmp_path / "other") == 2
    assert "not rescaled" in capsys.readouterr().err


def _averages(model: keras.Model) -> list[bytes]:
    return [weight.numpy().tobytes() for weight in model.weights if "moving" in weight.path]
