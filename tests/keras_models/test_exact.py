"""The exact lane is the TensorFlow 1 graph, bit for bit, however it is trained, saved or loaded."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from keras_models.exact import AddV2Dense, TF1Adam
from tf1_compat.hyperparameters import Hyperparameters
from training.data import Digits, Examples
from training.lanes import loop
from training.lanes.build import Manner, build
from training.machine.devices import Device
from training.options.lanes import Lane
from training.parity import judgement
from training.parity.bits import same_bits
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

CPU = Device("CPU", 0)
EPOCHS = 40


@pytest.fixture(scope="module")
def tf1(digits: Digits) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Losses, initial and final weights of EPOCHS epochs of the TensorFlow 1 graph."""
    (program,) = build(["tf1"], digits.train, 7, CPU)
    initial = program.weights()
    history = loop.train([program], EPOCHS, lambda epoch, losses: None)
    return history.losses["tf1"], initial, program.weights()


@pytest.fixture(scope="module")
def few(digits: Digits) -> Examples:
    """Every fourth row."""
    return Examples(digits.train.x[::4].copy(), digits.train.y[::4].copy())


def exact_model(initial: dict[str, np.ndarray]) -> keras.Model:
    model = article.build("exact")
    model.set_weights(list(initial.values()))
    return model


def named_weights(model: keras.Model) -> dict[str, np.ndarray]:
    return dict(zip(article.weight_paths(), model.get_weights(), strict=True))


@pytest.mark.slow
def test_every_lane_alone_has_the_losses_it_has_in_lockstep(few: Examples) -> None:
    """More lanes than TIMED_EPOCHS runs one by one, so both ways of stepping are covered."""
    every: list[Lane] = ["tf1", "exact", "idiomatic", "numpy"]
    together = loop.train(build(every, few, 7, CPU), EPOCHS, lambda epoch, losses: None)
    for lane in every:
        alone = loop.train(build([lane], few, 7, CPU), EPOCHS, lambda epoch, losses: None)
        assert (alone.losses[lane] == together.losses[lane]).all()


def test_plain_fit_of_the_exact_lane_gives_tensorflow_1s_weights(
    tf1: tuple, digits: Digits
) -> None:
    losses, initial, final = tf1
    model = exact_model(initial)
    history = model.fit(
        digits.train.x,
        digits.train.y,
        batch_size=len(digits.train.x),
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
    )
    assert same_bits(named_weights(model), final)
    # Keras reports a mean over rows, loss * 4000 / 4000 in float32, which may round once or twice.
    assert np.allclose(history.history["loss"], losses, rtol=2 * np.finfo(np.float32).eps, atol=0)


def test_exact_lane_saved_and_loaded_goes_on_as_if_never_left(
    tf1: tuple, digits: Digits, tmp_path: Path
) -> None:
    _, initial, final = tf1
    half = EPOCHS // 2
    fit = {"batch_size": len(digits.train.x), "shuffle": False, "verbose": 0}
    model = exact_model(initial)
    model.fit(digits.train.x, digits.train.y, epochs=half, **fit)
    model.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    assert isinstance(loaded.optimizer, TF1Adam)
    assert isinstance(loaded.get_layer("hidden_layer"), AddV2Dense)
    loaded.fit(digits.train.x, digits.train.y, epochs=EPOCHS - half, **fit)
    assert same_bits(named_weights(loaded), final)


@pytest.mark.parametrize("rows", [1, 999])
def test_exact_for_row_counts_that_nothing_divides(rows: int, digits: Digits) -> None:
    few = Examples(digits.train.x[::4][:rows], digits.train.y[::4][:rows])
    trainees = build(["tf1", "exact"], few, 3, CPU)
    history = loop.train(trainees, 30, lambda epoch, losses: None)
    assert (history.losses["tf1"] == history.losses["exact"]).all()
    assert same_bits(trainees[0].weights(), trainees[1].weights())


@pytest.mark.parametrize("swap", ["dense", "adam"])
def test_either_stock_piece_alone_breaks_the_bits(
    swap: str, tf1: tuple, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both pieces of the exact lane are needed: with one of Keras' own, bits differ."""
    losses, initial, _ = tf1
    stock = getattr(article.PIECES["idiomatic"], swap)
    pieces = article.PIECES["exact"]._replace(**{swap: stock})
    monkeypatch.setitem(article.PIECES, "exact", pieces)
    (trainee,) = build(["exact"], digits.train, 7, CPU)
    assert same_bits(trainee.weights(), initial)
    history = loop.train([trainee], EPOCHS, lambda epoch, losses: None)
    assert (history.losses["exact"] != losses).any()
    assert np.allclose(history.losses["exact"], losses, rtol=1e-4, atol=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tf1_adam_equals_adam_optimizer_on_any_gradient(dtype: str) -> None:
    """Against `tf.compat.v1.train.AdamOptimizer`, other hyperparameters, gradients of all sizes."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal((5, 3)).astype(dtype)
    scales = np.float64(10.0) ** rng.integers(-20, 10, (200, 1, 1))
    gradients = (rng.standard_normal((200, 5, 3)) * scales).astype(dtype)
    options = {"learning_rate": 0.01, "epsilon": 1e-5}

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        theirs = tf.compat.v1.Variable(start, use_resource=False)
        fed = tf.compat.v1.placeholder(dtype, start.shape)
        adam = tf.compat.v1.train.AdamOptimizer(beta1=0.8, beta2=0.99, **options)
        update = adam.apply_gradients([(fed, theirs)])
        session.run(tf.compat.v1.global_variables_initializer())
        for gradient in gradients:
            session.run(update, {fed: gradient})
        expected = session.run(theirs)
        expected_powers = session.run(adam._get_beta_accumulators())

    ours = keras.Variable(start, dtype=dtype)
    optimizer = TF1Adam(beta_1=0.8, beta_2=0.99, **options)
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [ours])
    assert ours.numpy().tobytes() == expected.tobytes()
    assert [optimizer.beta1_power.numpy(), optimizer.beta2_power.numpy()] == list(expected_powers)


def test_idiomatic_lane_is_made_of_stock_keras() -> None:
    model = article.build("idiomatic")
    modules = {type(part).__module__.split(".")[0] for part in [*model.layers, model.optimizer]}
    assert modules == {"keras"}
    assert model.count_params() == 784 * 128 + 128 + 128 * 10 + 10 == 101_770


def test_initial_weights_without_tensorflow_1_are_seeded_and_normal() -> None:
    first, again, other = (article.build("exact", seed=seed) for seed in (1, 1, 2))
    assert same_bits(named_weights(first), named_weights(again))
    assert not same_bits(named_weights(first), named_weights(other))
    for array in named_weights(first).values():
        assert abs(array.mean()) < 4 / np.sqrt(array.size)
        assert abs(array.std() - 1) < 4 / np.sqrt(array.size)


def test_unknown_lane_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'fast'.*exact, idiomatic"):
        article.build("fast")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"cost": "mse", "l1": 1e-3, "l2": 1e-2}, {"widths": (784, 32, 16, 10)}]
)
def test_exact_lane_is_the_graph_in_float64_too(options: dict, few: Examples) -> None:
    """From the same weights, float32's; and NumPy agrees with both to float64's rounding."""
    hyper, manner = Hyperparameters(**options), Manner(precision="float64")
    names: list[Lane] = ["tf1", "exact", "numpy"]
    trainees = build(names, few, 7, CPU, hyper, manner)
    found = loop.train(trainees, 30, lambda epoch, losses: None, per_call=7).losses
    assert found["exact"].dtype == np.float64
    tf1, exact, _ = trainees
    assert judgement.compare(found["exact"], exact.weights(), found["tf1"], tf1.weights()).identical
    away = relative_distance(found["tf1"], found["numpy"]).max()
    assert away <= TOLERANCES["rounding_in_float64"].relative


def test_a_last_bit_of_float64_is_a_difference() -> None:
    losses = np.array([1.0, 2.0, 3.0])
    nearly = losses.copy()
    nearly[1] = np.nextafter(2.0, 3.0)
    assert judgement.compare(nearly, {}, losses, {}).first_difference == 1
    assert judgement.compare(losses.astype(np.float32), {}, nearly, {}).identical


@pytest.mark.slow
@pytest.mark.parametrize("lane", ["exact", "idiomatic"])
def test_mixed_bfloat16_rounds_as_measured(lane: Lane, digits: Digits) -> None:
    """1e-3 relative of the float32 graph's losses: 8 bits of each product, and not a bit less."""
    tf1, mixed = (
        build([name], digits.train, 1234, CPU, manner=Manner(precision=precision))
        for name, precision in (("tf1", "float32"), (lane, "mixed_bfloat16"))
    )
    losses = [
        next(iter(loop.train(of, 50, lambda epoch, losses: None).losses.values()))
        for of in (tf1, mixed)
    ]
    assert losses[1].dtype == np.float32
    assert 1e-4 < relative_distance(losses[1], losses[0]).max() < 5e-3
    assert {array.dtype for array in mixed[0].weights().values()} == {np.dtype(np.float32)}
