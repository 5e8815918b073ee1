"""What of a model trains, when, and how fast: the strategies of fine-tuning.

    plan = strategies.plan(model, ["gradual", "discriminative"], Settings())
    for phase in plan.phases:
        strategies.freeze(model, phase)
        model.compile(...)     # always anew: a compiled model goes on training what trained before

A scope says which variables train in which phase; at most one is given, `full` where none is. The
other strategies go with any scope. Each is one small function with its source.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_models.classifiers import kinds


class Phase(NamedTuple):
    """A part of the training: its share of the epochs, the paths of the variables that train."""

    share: float
    trains: frozenset[str]


class Settings(NamedTuple):
    """The numbers of the strategies, each with where it is from."""

    lora_rank: int = 8
    """Hu et al., LoRA, 2021, section 4.1: delta of a kernel = alpha / rank * A @ B."""
    lora_alpha: float = 16.0
    rate_ratio: float = 2.6
    """Howard, Ruder, ULMFiT, 2018, section 3.2: each layer's rate over that of the layer below."""
    pull: float = 1e-2
    """Li, Grandvalet, Davoine, L2-SP, 2018, eq. 2: alpha / 2 * |w - w of the source|^2."""
    shrink: float = 0.5
    """Ash, Adams, On Warm-Starting, 2020, section 4: w -> shrink * w + noise."""
    noise: float = 0.01
    """Standard deviation of that noise."""
    probe_share: float = 0.2
    """Of the epochs that go into the head alone before everything trains."""
    seed: int = 0


@dataclass
class Plan:
    """What a training does: phases, and per layer name the factor of its learning rate."""

    phases: list[Phase]
    rates: Mapping[str, float] = field(default_factory=dict)


def full(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train everything."""
    return [Phase(1.0, _paths([one for layer in _layers(model) for one in layer.weights]))]


def head(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train the last layer only, a linear classifier on what the source has learnt."""
    return [Phase(1.0, _paths(_layers(model)[-1].weights))]


def probe(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train the head, then everything (Kumar et al., LP-FT, 2022)."""
    share = settings.probe_share
    first, then = head(model, settings) + full(model, settings)
    return [first._replace(share=share), then._replace(share=1 - share)]


def gradual(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train the head, then one layer more from the top at a time (ULMFiT, section 3.3)."""
    layers = _layers(model)
    return [
        Phase(1 / len(layers), _paths([w for layer in layers[first:] for w in layer.weights]))
        for first in reversed(range(len(layers)))
    ]


def bitfit(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train biases only (Ben Zaken, Ravfogel, Goldberg, BitFit, 2021), and a head that is new."""
    biases = [getattr(layer, "bias", None) for layer in _layers(model)]
    return [Phase(1.0, _paths([bias for bias in biases if bias is not None]))]


def lora(model: keras.Model, settings: Settings) -> list[Phase]:
    """Train a low-rank addition to every kernel; kernels and biases stay (LoRA, section 4)."""
    matrices = []
    kernels = [layer for layer in _layers(model) if hasattr(layer, "enable_lora")]
    for number, layer in enumerate(kernels):
        layer.enable_lora(
            settings.lora_rank,
            lora_alpha=settings.lora_alpha,
            a_initializer=keras.initializers.HeUniform(seed=settings.seed + number),
        )
        matrices += [layer.lora_kernel_a, layer.lora_kernel_b]
    return [Phase(1.0, _paths(matrices))]


def discriminative(model: keras.Model, plan: Plan, settings: Settings) -> None:
    """Give each layer a lower learning rate than the layer above it (ULMFiT, section 3.2)."""
    names = [layer.name for layer in _layers(model)]
    plan.rates = {
        name: settings.rate_ratio ** (position - len(names) + 1)
        for position, name in enumerate(names)
    }


def l2_sp(model: keras.Model, plan: Plan, settings: Settings) -> None:
    """Pull every trained variable towards its value now; what is new is pulled towards it too."""
    for variable in (one for layer in _layers(model) for one in layer.weights):
        variable.regularizer = PullTowards(variable.numpy(), settings.pull)


def shrink_perturb(model: keras.Model, plan: Plan, settings: Settings) -> None:
    """Shrink all weights and add noise, so that training starts from something less sure of itself.

    Predictions change here, on purpose and after the hand-off was checked.
    """
    generator = np.random.default_rng(settings.seed)
    for variable in (one for layer in _layers(model) for one in layer.weights):
        value = variable.numpy()
        noise = generator.normal(0, settings.noise, value.shape).astype(np.float32)
        variable.assign(np.float32(settings.shrink) * value + noise)


SCOPES = {scope.__name__: scope for scope in (full, head, probe, gradual, bitfit, lora)}
ADDITIONS: dict[str, Callable[[keras.Model, Plan, Settings], None]] = {
    "l2-sp": l2_sp,
    "shrink-perturb": shrink_perturb,
    "discriminative": discriminative,
}
"""In the order in which they are applied: the pull is towards what was there before shrinking."""


def plan(
    model: keras.Model, names: Sequence[str], settings: Settings, new_head: bool = False
) -> Plan:
    """Prepare `model` for the strategies `names` and return the plan.

    A new head trains whole in every phase, whatever the scope. Raises ValueError for a name that is
    unknown, and for two scopes.
    """
    if unknown := [name for name in names if name not in SCOPES and name not in ADDITIONS]:
        raise ValueError(f"unknown strategy {unknown[0]!r}: {', '.join([*SCOPES, *ADDITIONS])}")
    scopes = [name for name in names if name in SCOPES] or ["full"]
    if len(scopes) > 1:
        raise ValueError(f"{' and '.join(scopes)} both say what trains; expected one of them")
    always = frozenset(_paths(_layers(model)[-1].weights)) if new_head else frozenset()
    drawn = Plan([])
    # before LoRA adds matrices that no source knows
    for name, addition in ADDITIONS.items():
        if name in names:
            addition(model, drawn, settings)
    phases = SCOPES[scopes[0]](model, settings)
    drawn.phases = [phase._replace(trains=phase.trains | always) for phase in phases]
    return drawn


def freeze(model: keras.Model, phase: Phase) -> list[keras.Variable]:
    """Let the phase's variables train and no other; return the frozen ones.

    It takes effect with the next `compile`, and in a model compiled before only half: that one goes
    on with the variables it had.
    """
    for variable in model.weights:
        variable.trainable = variable.path in phase.trains
    return [variable for variable in model.weights if not variable.trainable]


@keras.saving.register_keras_serializable(package="keras_models")
class PullTowards(keras.regularizers.Regularizer):
    """strength / 2 * |w - anchor|^2, a scalar in the dtype of w."""

    def __init__(self, anchor: np.ndarray, strength: float) -> None:
        self.anchor = np.asarray(anchor, np.float32)
        self.strength = strength

    def __call__(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return the penalty of `x`, of the anchor's shape."""
        return 0.5 * self.strength * keras.ops.sum(keras.ops.square(x - self.anchor))

    def get_config(self) -> dict[str, object]:
        """Return what makes it again."""
        return {"anchor": self.anchor.tolist(), "strength": self.strength}


def _layers(model: keras.Model) -> list[Any]:
    """Return the layers that can train, first to last; the last is the head."""
    return list(kinds.of(model).layers(model))


def _paths(variables: Sequence[keras.Variable]) -> frozenset[str]:
    return frozenset(variable.path for variable in variables)
