"""How fine-tuning trains: mini-batches, AdamW or Muon, warm-up and cosine decay, averaged weights.

The optimizer and the loss are Keras' own. `compile_for` makes them anew for every phase, since a
compiled model does not see what was frozen after it was compiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from training.finetuning.augment import Augmentation

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training; `finetune.json` holds those that were used."""

    epochs: int
    optimizer: Literal["AdamW", "Muon"] = "AdamW"
    """Muon makes the update of a matrix one of equal singular values, as large as AdamW's, and
    updates all else as AdamW does (Jordan et al. 2024; Liu et al. 2025, arXiv 2502.16982)."""
    batch_size: int = 128
    learning_rate: float = 8e-3
    """The highest, reached at the end of the warm-up."""
    weight_decay: float = 3e-2
    warm_up: float = 0.05
    """Share of the updates in which the rate rises from 0, before it falls on a half cosine."""
    average_over: float = 0.05
    """Share of the updates that the exponential moving average of the weights looks back over."""
    patience: float = 0.4
    """Share of the epochs without a lower Brier score after which training stops."""
    augmentation: Augmentation = field(default_factory=Augmentation)


RECIPES: dict[str, Recipe] = {
    "default": Recipe(epochs=20),
    "best": Recipe(
        epochs=400,
        optimizer="Muon",
        batch_size=512,
        learning_rate=1.2e-2,
        weight_decay=0.1,
        augmentation=Augmentation(rotation=0.15, zoom=0.1, shear=0.15),
    ),
}

RATE_OF_FEW = 0.5
"""Factor of the rate with `--shots`: with few labels, the less weights change, the better."""

AVERAGE_AT_LEAST = 10
"""Updates that the average looks back over, however short the training."""


def compile_for(
    model: "keras.Model", recipe: Recipe, updates: int, epochs: int, rates: Mapping[str, float]
) -> None:
    """Compile `model` for a phase of `epochs` of `updates` each.

    `rates` is layer name -> factor of the rate; where they differ, Keras' `MultiOptimizer` has an
    optimizer for each layer.
    """
    import keras

    total = updates * epochs

    def with_rate(factor: float = 1.0) -> "keras.optimizers.Optimizer":
        rising = max(1, round(recipe.warm_up * total))
        muon = recipe.optimizer == "Muon"
        also = {"adam_weight_decay": recipe.weight_decay} if muon else {}
        return getattr(keras.optimizers, recipe.optimizer)(
            keras.optimizers.schedules.CosineDecay(
                initial_learning_rate=0.0,
                decay_steps=max(total - rising, 1),
                warmup_target=recipe.learning_rate * factor,
                warmup_steps=rising,
            ),
            weight_decay=recipe.weight_decay,
            use_ema=True,
            ema_momentum=1 - 1 / max(AVERAGE_AT_LEAST, recipe.average_over * total),
            **also,
        )

    optimizer = with_rate()
    if rates:
        by_layer = {f"{layer}/.*": with_rate(factor) for layer, factor in rates.items()}
        chosen = keras.optimizers.OptimizerMap(optimizer, by_layer)
        optimizer = keras.optimizers.MultiOptimizer(chosen)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=True,  # a third faster here; no parity is claimed of fine-tuning
        steps_per_execution=updates,  # same bits, without Python between the updates of an epoch
    )
    optimizer.build(model.trainable_variables)  # or all would be traced once more, to make them


def averages(model: "keras.Model") -> list[tuple["keras.Variable", "keras.Variable"]]:
    """Return (trained variable, its moving average) of the compiled model's optimizers."""
    optimizers = getattr(model.optimizer, "optimizers", [model.optimizer])
    return [
        pair
        for optimizer in optimizers
        if optimizer.built
        for pair in zip(
            optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True
        )
    ]


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> float:
    """Return the mean cross-entropy of one-hot labels `y` [N, M], in float64."""
    return float(-(y * _log_softmax(logits)).sum(axis=1).mean())


def brier(logits: np.ndarray, y: np.ndarray) -> float:
    """Return the mean squared distance of the probabilities from `y` [N, M], in float64: 0 to 2.

    Brier 1950, "Verification of forecasts expressed in terms of probability".
    """
    return float(((np.exp(_log_softmax(logits)) - y) ** 2).sum(axis=1).mean())


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
