"""Whether a mistake matters, without asking `check`: two Keras models in float64, side by side."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.clones.variants import floatx
from tests.checking.mutations.model import maker
from tests.checking.mutations.recipe import Recipe

ENOUGH = 1e-6
"""Relative distance beyond what float32 rounds."""
FAR = (0, 1, 2, 3, 999, 1000, 1001, 1999, 2000, 2001, 10_000)


def matters(right: Recipe, wrong: Recipe) -> bool:
    """Whether `wrong` trains otherwise than `right`, drops otherwise, or rates differ later."""
    if _drops(right) != _drops(wrong):
        return True
    right, wrong = _without_masks(right), _without_masks(wrong)
    with floatx("float64"):
        one, other = maker(right)(), maker(wrong)()
        if not np.allclose(_rates(one), _rates(other), rtol=ENOUGH, atol=0):
            return True
        return any(_apart(right, wrong, factor) > ENOUGH for factor in (1.0, 1000.0))


def _drops(recipe: Recipe) -> list[tuple[int, float]]:
    """Return behind how many layers with weights how much is dropped."""
    found, weighted = [], 0
    for _, one in recipe.parts():
        weighted += one.kind in ("dense", "conv")
        if one.kind == "dropout":
            found.append((weighted, one.options["rate"]))
    return found


def _without_masks(recipe: Recipe) -> Recipe:
    """Return the recipe with its dropout off: masks would be other random numbers."""
    for place, one in recipe.parts():
        if one.kind == "dropout":
            recipe = recipe.replaced(place, one.having(rate=0.0))
    return recipe


def _rates(model: keras.Model) -> list[float]:
    own = model.optimizer._learning_rate
    return [float(own(tf.constant(step)) if callable(own) else own) for step in FAR]


def _apart(right: Recipe, wrong: Recipe, factor: float) -> float:
    """Return the largest relative distance of losses and weights over three updates."""
    models = [maker(recipe)() for recipe in (right, wrong)]
    _same_weights(*models)
    rng = np.random.default_rng(5)
    apart = 0.0
    for _ in range(3):
        x, y = _batch(rng, right, models[0], factor)
        losses = [_step(model, x, y) for model in models]
        values: list[list[Any]] = [
            [loss, *(w.numpy() for w in _by_path(model).values())]
            for loss, model in zip(losses, models, strict=True)
        ]
        if [np.shape(v) for v in values[0]] != [np.shape(v) for v in values[1]]:
            return np.inf
        for a, b in zip(*values, strict=True):
            scale = np.abs(a).max(initial=1e-300)
            apart = max(apart, float(np.abs(a - b).max(initial=0) / scale))
    return apart


def _by_path(model: keras.Model) -> dict[str, Any]:
    named = {"/".join(w.path.split("/")[-2:]): w for w in model.weights if "seed" not in w.path}
    return dict(sorted(named.items()))


def _same_weights(one: keras.Model, other: keras.Model) -> None:
    rng = np.random.default_rng(3)
    theirs = _by_path(other)
    for path, weight in _by_path(one).items():
        if "moving" not in path:
            weight.assign(weight + 0.1 * rng.standard_normal(weight.shape))
        if path in theirs and theirs[path].shape == weight.shape:
            theirs[path].assign(weight)


def _batch(rng: np.random.Generator, recipe: Recipe, model: Any, factor: float) -> tuple[Any, Any]:
    rows = 8
    if recipe.ids is None:
        x = factor * rng.standard_normal((rows, *recipe.shape))
    else:
        x = rng.integers(0, recipe.ids, (rows, *recipe.shape))
    shape = (rows, *model.output_shape[1:])
    classes = rng.integers(0, shape[-1], rows)
    if recipe.loss.kind == "sparse":
        return x, classes
    if recipe.loss.kind == "softmax":
        return x, np.eye(shape[-1])[classes]
    if recipe.loss.kind == "sigmoid":
        return x, rng.integers(0, 2, shape).astype(np.float64)
    return x, rng.standard_normal(shape)


def _step(model: keras.Model, x: Any, y: Any) -> float:
    x, y = tf.constant(x), tf.constant(y)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return float(loss)
