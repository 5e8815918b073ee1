"""Under which names a graph's state lies in its checkpoints.

A slot of variable W1 is "W1/Adam" (m) or "W1/Adam_1" (v), and so on by the optimizer
(`tensorflow/python/training/slot_creator.py`); Adam's powers are "beta1_power" and "beta2_power".
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tf1_compat.checkpoint.partitions import Part
from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.reading.updates import Update
from tf1_compat.state import AVERAGE, POWERS, StateError

SLOT_NAMES = {
    "Adam": {"m": "Adam", "v": "Adam_1"},
    "Momentum": {"accum": "Momentum"},
    "RMSProp": {"ms": "RMSProp", "mom": "RMSProp_1"},
    "Adagrad": {"accum": "Adagrad"},
    "Adadelta": {"accum": "Adadelta", "accum_update": "Adadelta_1"},
    "Ftrl": {"accum": "Ftrl", "linear": "Ftrl_1"},
    "ProximalAdagrad": {"accum": "ProximalAdagrad"},
}
"""Rule -> slot -> what follows the variable's name and a slash."""

CENTERED = {"ms": "RMSProp", "mg": "RMSProp_1", "mom": "RMSProp_2"}
"""The same of RMSProp, centered."""

WITHOUT_SLOTS = ("GradientDescent", "ProximalGradientDescent")
"""The rules that keep nothing."""

GLOBAL_STEP = "global_step"


@dataclass(frozen=True)
class Layout:
    """Under which names a graph's state lies in its checkpoints."""

    weights: tuple[str, ...]
    rule: str | None = None
    slots: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Slot -> variable -> name."""
    powers: Mapping[str, str] = field(default_factory=dict)
    """beta1_power -> name."""
    global_step: str | None = None
    step_dtype: str = "int64"
    others: "tuple[Layout, ...]" = ()
    """Of further optimizers, each without weights."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Variables that are saved as parts of one."""
    saved_as: Mapping[str, str] = field(default_factory=dict)
    """Variable -> its name in a checkpoint, where the Saver was told one."""
    dtypes: Mapping[str, str] = field(default_factory=dict)
    """Of floating point variables that are not float32."""
    twins: Mapping[str, str] = field(default_factory=dict)
    """Name -> another of the layout with the same number, where one optimizer stands for two."""

    def names(self) -> list[str]:
        """Return every name of the layout, weights first."""
        slots = [name for of_slot in self.slots.values() for name in of_slot.values()]
        step = [self.global_step] if self.global_step else []
        others = [name for one in self.others for name in one.names()]
        return [*self.weights, *slots, *self.powers.values(), *step, *self.twins, *others]


def standard(
    rule: str | None,
    weights: Sequence[str],
    *,
    centered: bool = False,
    global_step: bool = False,
) -> Layout:
    """Return the layout that TensorFlow 1 gives `weights` trained by `rule`.

    `centered`: by RMSProp, centered.
    """
    return Layout(
        weights=tuple(weights),
        rule=rule,
        slots={
            slot: {weight: f"{weight}/{suffix}" for weight in weights}
            for slot, suffix in (CENTERED if centered else SLOT_NAMES.get(rule or "", {})).items()
        },
        powers={name: name for name in POWERS} if rule == "Adam" else {},
        global_step=GLOBAL_STEP if global_step else None,
    )


def bare(where: Layout, *, stepped: bool = False) -> Layout:
    """Return a layout with its weights alone, or `stepped`, with the step."""
    kept = replace(where, rule=None, slots={}, powers={}, others=(), twins={})
    return kept if stepped else replace(kept, global_step=None)


def of_article(hyper: Hyperparameters) -> Layout:
    """Return the layout of the article's graph, whose listing gives its variables no names."""
    return standard("Adam" if hyper.optimizer == "adam" else None, hyper.variables)


def averaged(where: Layout, shadows: Mapping[str, str], rule: str) -> Layout:
    """Return a layout with moving averages of weights that `rule` trains: shadow -> weight."""
    if not shadows:
        return where
    of_slot = {weight: shadow for shadow, weight in shadows.items()}
    return replace(where, slots={**where.slots, AVERAGE: of_slot}, rule=rule)


def widths(
    arrays: Mapping[str, np.ndarray], names: Sequence[str] | None = None
) -> tuple[int, ...] | None:
    """Return the widths of the article's graph whose checkpoint holds `arrays`; None: another's.

    `names` are its W1, b1, W2, ... there; by default Variable, Variable_1 and so on, as many as
    there are.
    """
    if names is None:
        count = next(i for i in itertools.count(1) if f"Variable_{i}" not in arrays)
        names = Hyperparameters(widths=(1,) * (count // 2 + 1)).variables
    if not names or len(names) % 2 or not set(names) <= set(arrays):
        return None
    kernels, biases = ([arrays[name].shape for name in names[first::2]] for first in (0, 1))
    if any(len(shape) != 2 for shape in kernels):
        return None
    found = (kernels[0][0], *(shape[1] for shape in kernels))
    layers = list(itertools.pairwise(found))
    fits = kernels == layers and biases == [layer[1:] for layer in layers]
    return tuple(int(width) for width in found) if fits else None


def layout_of_graph(
    weights: Sequence[str],
    groups: Iterable[Sequence[Update]],
    variables: Mapping[str, str],
    step: str | None = None,
) -> Layout:
    """Return the layout of a graph, read from the `groups` of updates that each optimizer makes.

    An embedding may have none; its slots have the names that TensorFlow 1 gave them. `variables`
    are all that the graph's Saver saves, name -> dtype; `step` is the one that counts the updates,
    where that is known. Raises StateError for a graph with an optimizer that is not known.
    """
    groups = sorted(groups, key=lambda of: _place(of, weights)) or [[]]
    rules = {update.rule for group in groups for update in group}
    if unknown := rules - {*SLOT_NAMES, *WITHOUT_SLOTS}:
        raise StateError(
            f"the graph is trained by {', '.join(sorted(unknown))}; expected one of "
            f"{', '.join((*WITHOUT_SLOTS, *SLOT_NAMES))}."
        )
    elsewhere = {update.variable for group in groups[1:] for update in group}
    own = [weight for weight in weights if weight not in elsewhere]
    first, *others = (
        _layout_of_one(group, [] if number else own, variables)
        for number, group in enumerate(groups)
    )
    step = step or (GLOBAL_STEP if GLOBAL_STEP in variables else None)
    return replace(
        first,
        weights=tuple(weights),
        global_step=step,
        step_dtype=variables[step] if step else "int64",
        dtypes={name: one for name, one in variables.items() if one in ("float16", "float64")},
        others=tuple(others),
    )


def _place(of_one: Sequence[Update], weights: Sequence[str]) -> int:
    """Return where the first variable stands that an optimizer trains."""
    return min(weights.index(one.variable) for one in of_one)


def _layout_of_one(
    updates: Sequence[Update], weights: Iterable[str], variables: Mapping[str, str]
) -> Layout:
    """Return the layout of one optimizer, which may train rows of any of `weights` besides."""
    rule = updates[0].rule if updates else None
    slots: dict[str, dict[str, str]] = {}
    for update in updates:
        for slot, name in update.slots.items():
            slots.setdefault(slot, {})[update.variable] = name
    for slot, suffix in SLOT_NAMES.get(rule or "", {}).items():
        usual = {weight: f"{weight}/{suffix}" for weight in weights}
        slots[slot] = {w: n for w, n in usual.items() if n in variables} | slots.get(slot, {})
    powers = dict(updates[0].powers) if updates else {}
    twins = {name: powers[key] for update in updates for key, name in update.powers.items()}
    twins = {name: own for name, own in twins.items() if name != own}
    return Layout((), rule if slots else None, slots, powers, twins=twins)
