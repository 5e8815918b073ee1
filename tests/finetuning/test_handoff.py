"""The hand-off check: what is the same passes, and every way of being another model is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from keras_models.classifiers import stack
from training.data import Digits, Examples
from training.errors import UserError
from training.finetuning import handoff, recipe, split
from training.finetuning.handoff import HandedOver
from training.machine.devices import Device
from training.model_files import pretrained
from training.options.finetune import FinetuneConfig

Breakage = Callable[[np.ndarray], np.ndarray]


def some(digits: Digits) -> Examples:
    return Examples(digits.train.x[::8], digits.train.y[::8])


def handed(source: Path, digits: Digits, **options: Any) -> HandedOver:
    config = FinetuneConfig(source=source, **options)
    task = split.Task(some(digits), None, digits.test, digits.classes)
    return handoff.hand_over(config, pretrained.load(source), task, Device("CPU", 0))


def one_ulp(logits: np.ndarray) -> np.ndarray:
    out = logits.copy()
    out[7, 3] = np.nextafter(out[7, 3], np.float32(np.inf))
    return out


def swapped(logits: np.ndarray) -> np.ndarray:
    return logits[:, [1, 0, *range(2, 10)]]


@pytest.mark.parametrize(
    "broken", [one_ulp, swapped, lambda z: z[::-1], lambda z: z * np.float32(1.001), np.negative]
)
def test_any_other_logits_are_refused(broken: Breakage) -> None:
    logits = np.random.default_rng(0).normal(size=(50, 10)).astype(np.float32)
    handoff.check(logits, logits / 4, 0.25, None, "logits")
    with pytest.raises(UserError, match="the hand-off does not hold"):
        handoff.check(logits, broken(logits) / np.float32(4), 0.25, None, "logits")


@pytest.mark.parametrize("broken", [swapped, lambda z: z[::-1], lambda z: z * np.float32(1.001)])
def test_with_a_scale_that_rounds_only_rounding_passes(broken: Breakage) -> None:
    logits = np.random.default_rng(0).normal(size=(50, 10)).astype(np.float32)
    found = handoff.check(logits, one_ulp(logits * np.float32(0.1)), 0.1, None, "logits")
    assert 0 < found.largest_relative < 1e-6
    assert found.predictions_equal
    assert not found.identical
    with pytest.raises(UserError, match="the hand-off does not hold"):
        handoff.check(logits, broken(logits) * np.float32(0.1), 0.1, None, "logits")


def test_the_articles_checkpoint_is_handed_over_bit_for_bit(article: Path, digits: Digits) -> None:
    found = handed(article, digits, rescale="none").handoff
    assert (found.of, found.rows, found.identical) == ("logits", 500, True)
    assert found.loss_before == found.loss_after
    rescaled = handed(article, digits)
    assert rescaled.scale == 1 / 16
    assert rescaled.handoff.identical
    assert rescaled.handoff.logit_scale == 1 / 256
    assert rescaled.handoff.predictions_equal
    assert rescaled.handoff.loss_before == found.loss_before


def test_a_new_head_is_fed_with_what_the_old_one_was(article: Path, digits: Digits) -> None:
    begun = handed(article, digits, new_head=True)
    assert begun.new_head
    assert (begun.handoff.of, begun.handoff.identical) == ("hidden", True)
    assert begun.handoff.loss_before is None


def test_a_rescale_that_forgets_the_biases_is_caught(
    article: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(model: keras.Model, scale: float) -> float:
        for layer in stack.layers(model):
            layer.kernel.assign(layer.kernel.numpy() * np.float32(scale))
        return scale**2

    monkeypatch.setattr(stack, "rescale", careless)
    with pytest.raises(UserError, match="the hand-off does not hold"):
        handed(article, digits)
    with pytest.raises(UserError, match="hidden of the model handed over"):
        handed(article, digits, new_head=True)


def test_a_copy_that_lost_a_weight_is_caught(
    article: Path, digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    faithful = stack.rebuild

    def forgetful(model: keras.Model, *given: object, **named: object) -> keras.Model:
        copy = faithful(model, *given, **named)  # type: ignore[arg-type]
        bias = copy.layers[1].bias
        bias.assign(bias.numpy() * (np.arange(128) != 5))
        return copy

    monkeypatch.setattr(stack, "rebuild", forgetful)
    with pytest.raises(UserError, match="the hand-off does not hold"):
        handed(article, digits)


def test_cross_entropy_is_the_definitions() -> None:
    logits = np.array([[0.0, np.log(3.0)], [200.0, -200.0]], np.float32)
    y = np.array([[1, 0], [1, 0]], np.float32)
    assert recipe.cross_entropy(logits, y) == pytest.approx(np.log(4) / 2)
