"""What the exercises are marked by: TensorFlow 1's own numbers, and those of usual mistakes."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from training.machine import devices

ROWS = 32
GRADIENTS = np.float32(
    [[1, -0.1, 1e-3, 1e-6, 1e-8, 0], [2, 0.1, 1e-3, -1e-6, 3e-8, 0], [1, -0.3, 2e-3, 1e-6, 1e-8, 1]]
)
"""Of three updates: some so small that epsilon decides."""
START = np.zeros(6, np.float32)


class Graph(NamedTuple):
    """Of the article's graph, before any update."""

    x: np.ndarray
    """[32, 784] float32."""
    y: np.ndarray
    """[32, 10] float32, one-hot."""
    weights: list[np.ndarray]
    """W1, b1, W2, b2."""
    logits: np.ndarray
    cost: np.ndarray


@functools.cache
def graph() -> Graph:
    """Run the graph on some digits."""
    import tensorflow as tf

    from tf1_compat import article
    from training.data import load

    digits = load("mnist_5k").train
    x, y = digits.x[:ROWS], digits.y[:ROWS]
    with tf.Graph().as_default(), tf.compat.v1.Session(config=_config()) as session:
        tf.compat.v1.set_random_seed(1234)
        built = article.build()
        session.run(tf.compat.v1.global_variables_initializer())
        wanted = [list(built.weights.values()), built.output_layer, built.cost]
        return Graph(x, y, *session.run(wanted, {built.X: x, built.Y: y}))


def wrong_logits() -> dict[str, np.ndarray]:
    """Return what mistake gives which logits."""
    x, (W1, b1, W2, b2) = graph().x, graph().weights
    hidden = x @ W1 + b1
    relu = np.maximum(hidden, 0)
    return {
        "there is no ReLU between the layers.": hidden @ W2 + b2,
        "the logits go through a ReLU, too.": np.maximum(relu @ W2 + b2, 0),
        "the hidden layer's bias is missing.": np.maximum(x @ W1, 0) @ W2 + b2,
        "the output layer's bias is missing.": relu @ W2,
        "these are probabilities; logits come before the softmax.": _softmax(graph().logits),
    }


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def wrong_costs() -> dict[str, np.ndarray]:
    """Return what mistake gives which cost."""
    logits, y = graph().logits.astype(np.float64), graph().y
    clipped = -np.sum(y * np.log(_softmax(logits).clip(1e-7, 1 - 1e-7)), axis=1)
    of_rows = -np.sum(y * np.log(np.maximum(_softmax(logits), 1e-300)), axis=1)
    return {
        "it is the sum over the rows; expected their mean.": of_rows.sum(),
        "it is the mean over rows and classes; expected the mean over rows.": of_rows.mean() / 10,
        "the sign is the other way round.": -of_rows.mean(),
        "the probabilities are clipped, as Keras does without from_logits=True.": clipped.mean(),
    }


def by_steps(answer: Callable[..., Any]) -> np.ndarray:
    """Return the weights after each update by `answer(w, g, m, v, t) -> (w, m, v)`: [3, 6]."""
    w, m, v = START, np.zeros_like(START), np.zeros_like(START)
    found = []
    for step, gradient in enumerate(GRADIENTS, 1):
        w, m, v = answer(w, gradient, m, v, step)
        found.append(w)
    return np.array(found)


@functools.cache
def adam() -> np.ndarray:
    """Return the same by TensorFlow 1's optimizer."""
    import tensorflow as tf

    tf1 = tf.compat.v1
    with tf.Graph().as_default(), tf1.Session(config=_config()) as session:
        weights = tf1.get_variable("w", initializer=START)
        gradient = tf1.placeholder(tf.float32, START.shape)
        update = tf1.train.AdamOptimizer().apply_gradients([(gradient, weights)])
        session.run(tf1.global_variables_initializer())
        found = []
        for of_step in GRADIENTS:
            session.run(update, {gradient: of_step})
            found.append(session.run(weights))
    return np.array(found)


def wrong_adams() -> dict[str, np.ndarray]:
    """Return what mistake gives which weights."""

    def rule(epsilon: float = 1e-8, corrected: bool = True, outside: bool = False) -> Any:
        def step(w: Any, g: Any, m: Any, v: Any, t: int) -> Any:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            first, second = (1 - 0.9**t, 1 - 0.999**t) if corrected else (1, 1)
            if outside:  # Kingma and Ba, before their last remark
                return w - 0.001 * (m / first) / (np.sqrt(v / second) + epsilon), m, v
            return w - 0.001 * np.sqrt(second) / first * m / (np.sqrt(v) + epsilon), m, v

        return step

    return {
        "epsilon is 1e-7, Keras' default; TensorFlow 1's is 1e-8.": by_steps(rule(1e-7)),
        "m and v are not corrected for their start at 0.": by_steps(rule(corrected=False)),
        "epsilon is added to the corrected v; TensorFlow 1 adds it to sqrt(v) as it is, and "
        "corrects the rate.": by_steps(rule(outside=True)),
    }


def not_the_graph(keras_model: Callable[[], Any]) -> str | None:
    """Say what `check` finds wrong with a rewrite of the article's graph; None: it is right."""
    from tf1_compat import article
    from training.checking.diagnosis import diagnose
    from training.commands import check
    from training.errors import UserError
    from training.model_files import pair
    from training.options.check import CheckConfig
    from training.reports.check import facts

    def tf1_graph() -> dict[str, Any]:
        built = article.build()
        ends = {"x": built.X, "y": built.Y, "logits": built.output_layer, "cost": built.cost}
        return ends | {"train_op": built.optimizer}

    config = CheckConfig(pair=Path("keras_model"), steps=3, budget=20)
    names = {"tf1_graph": tf1_graph, "keras_model": keras_model}
    try:
        loaded = pair.validate(config.pair, names, config.seed)
        found = facts(diagnose(check.examine(loaded, config, _config()), config.budget))
    except UserError as error:
        return str(error)
    if check.STATUS[found["verdict"]] == 0:
        return None
    return f"{found['verdict']}: {'; '.join(cause['cause'] for cause in found['causes'])}."


def _config() -> Any:
    return devices.session_config(devices.choose("cpu"))
