"""How fine-tuning trains: mini-batches, AdamW, warm-up and cosine decay, averaged weights.

The optimizer and the loss are Keras' own. `compile_for` makes them anew for every phase, since a
compiled model does not see what was frozen after it was compiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from training.finetuning.augment import Augmentation

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training; `finetune.json` holds those that were used."""

    epochs: int
    batch_size: int = 128
    learning_rate: float = 4e-3
    """The highest, reached at the end of the warm-up."""
    weight_decay: float = 3e-2
    warm_up: float = 0.05
    """Share of the updates in which the rate rises from 0, before it falls on a half cosine."""
    label_smoothing: float = 0.05
    average_over: float = 0.05
    """Share of the updates that the exponential moving average of the weights looks back over."""
    patience: float = 0.4
    """Share of the epochs without a lower validation loss after which training stops."""
    augmentation: Augmentation = field(default_factory=Augmentation)


RECIPES: dict[str, Recipe] = {
    "default": Recipe(epochs=32, augmentation=Augmentation(elastic=8.0)),
    "best": Recipe(epochs=110, augmentation=Augmentation(elastic=12.0)),
}

AVERAGE_AT_LEAST = 10
"""Updates that the average looks back over, however short the training."""


def compile_for(
    model: "keras.Model", recipe: Recipe, updates: int, epochs: int, rates: Mapping[str, float]
) -> None:
    """Compile `model` for a phase of `epochs` of `updates` each.

    `rates` is layer name -> factor of the rate; where they differ, Keras' `MultiOptimizer` has an
    AdamW for each layer.
    """
    import keras

    total = updates * epochs

    def adamw(factor: float = 1.0) -> "keras.optimizers.Optimizer":
        rising = max(1, round(recipe.warm_up * total))
        return keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                initial_learning_rate=0.0,
                decay_steps=max(total - rising, 1),
                warmup_target=recipe.learning_rate * factor,
                warmup_steps=rising,
            ),
            weight_decay=recipe.weight_decay,
            use_ema=True,
            ema_momentum=1 - 1 / max(AVERAGE_AT_LEAST, recipe.average_over * total),
        )

    optimizer = adamw()
    if rates:
        by_layer = {f"{layer}/.*": adamw(factor) for layer, factor in rates.items()}
        chosen = keras.optimizers.OptimizerMap(optimizer, by_layer)
        optimizer = keras.optimizers.MultiOptimizer(chosen)
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing
        ),
        metrics=["accuracy"],
        jit_compile=True,  # a third faster here; no parity is claimed of fine-tuning
        steps_per_execution=updates,  # same bits, without Python between the updates of an epoch
    )


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
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-(y * (shifted - log_sum)).sum(axis=1).mean())
