"""Saver checkpoints: read and written without a session, as a State of named arrays.

    arrays = checkpoint.read("folder/model.ckpt")
    state = checkpoint.to_state(arrays, checkpoint.layout(arrays))

TensorFlow 1's names: a slot of variable W1 is "W1/Adam" (m) or "W1/Adam_1" (v), and so on by the
optimizer (`tensorflow/python/training/slot_creator.py`); Adam's powers are "beta1_power" and
"beta2_power".
"""

import glob
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf1_compat.bundle import index
from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.reading.updates import Update
from tf1_compat.state import (
    POWERS,
    State,
    StateError,
    Unreadable,
    adam_step,
    check_finite,
    first_line,
)

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
NO_NUMBERS = np.empty([], object)
"""Stands for a tensor that holds no numbers."""


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
    averages: Mapping[str, str] = field(default_factory=dict)
    """Variable -> name of the average of it."""

    def names(self) -> list[str]:
        """Return every name of the layout, weights first."""
        slots = [name for of_slot in self.slots.values() for name in of_slot.values()]
        step = [self.global_step] if self.global_step else []
        return [*self.weights, *slots, *self.averages.values(), *self.powers.values(), *step]


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


def of_article(hyper: Hyperparameters) -> Layout:
    """Return the layout of the article's graph, whose listing gives its variables no names."""
    return standard("Adam" if hyper.optimizer == "adam" else None, hyper.variables)


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


def layout(names: Iterable[str], weights: Sequence[str] | None = None) -> Layout:
    """Return the layout of a checkpoint that holds `names`, read from the names alone.

    `weights` are the variables to look at; by default all that are no slot, power or step.
    """
    held = set(names)
    if weights is None:
        every = (*SLOT_NAMES.values(), CENTERED)
        suffixes = {suffix for of_rule in every for suffix in of_rule.values()}
        slots_of_held = {f"{name}/{suffix}" for name in held for suffix in suffixes}
        weights = sorted(held - slots_of_held - {*POWERS, GLOBAL_STEP})
    rules = [
        rule
        for rule, slots in SLOT_NAMES.items()
        if any(f"{weight}/{suffix}" in held for weight in weights for suffix in slots.values())
    ]
    if len(rules) > 1:
        raise StateError(f"slots of {' and '.join(rules)} in one checkpoint; expected one of them.")
    return standard(
        rules[0] if rules else None,
        weights,
        centered=any(f"{weight}/{CENTERED['mom']}" in held for weight in weights),
        global_step=GLOBAL_STEP in held,
    )


def layout_of_graph(
    weights: Sequence[str],
    updates: Sequence[Update],
    variables: Mapping[str, str],
    step: str | None = None,
) -> Layout:
    """Return the layout of a graph, read from its Apply ops: the names are whatever they are.

    An embedding may have none; its slots have the names that TensorFlow 1 gave them. `variables`
    are all that the graph's Saver saves, name -> dtype; `step` is the one that counts the updates,
    where that is known. Of several optimizers that is all of them. Raises StateError for one that
    is not known.
    """
    rules = sorted({update.rule for update in updates})
    if {*rules} - {*SLOT_NAMES, *WITHOUT_SLOTS}:
        raise StateError(
            f"the graph is trained by {', '.join(rules)}; expected one of "
            f"{', '.join((*WITHOUT_SLOTS, *SLOT_NAMES))}."
        )
    slots: dict[str, dict[str, str]] = {}
    for update in updates:
        for slot, name in update.slots.items():
            slots.setdefault(slot, {})[update.variable] = name
    for slot, suffix in SLOT_NAMES.get(rules[0], {}).items() if len(rules) == 1 else ():
        usual = {weight: f"{weight}/{suffix}" for weight in weights}
        slots[slot] = {w: n for w, n in usual.items() if n in variables} | slots.get(slot, {})
    step = step or (GLOBAL_STEP if GLOBAL_STEP in variables else None)
    return Layout(
        weights=tuple(weights),
        rule=" and ".join(one for one in rules if one in SLOT_NAMES) or None,
        slots=slots,
        powers=next((dict(one.powers) for one in updates if one.powers), {}),
        global_step=step,
        step_dtype=variables[step] if step else "int64",
    )


def read(prefix: str | Path) -> dict[str, np.ndarray]:
    """Return every array of a Saver checkpoint: name -> value, sorted by name.

    Text is not read: NO_NUMBERS stands for it. Checksums are TensorFlow's own, and are checked.
    Raises Unreadable for a checkpoint that is not there, is damaged, holds a number that is not
    finite, or was written by TensorFlow 2's object-based `tf.train.Checkpoint`.
    """
    prefix = Path(prefix)
    for file in prefix.parent.glob(f"{glob.escape(prefix.name)}.*"):
        if not file.is_file():  # TensorFlow would wait for a pipe for ever
            raise Unreadable(f"{file}: not a readable checkpoint (a pipe, a device or a folder).")
    try:
        dtypes = index.check(prefix)
        if "_CHECKPOINTABLE_OBJECT_GRAPH" in dtypes:
            raise Unreadable(f"{prefix}: an object-based checkpoint; expected one of a TF1 Saver.")
        reader = tf.train.load_checkpoint(str(prefix))
        arrays = {
            name: np.asarray(reader.get_tensor(name)) if dtype in index.NUMBERS else NO_NUMBERS
            for name, dtype in dtypes.items()
        }
    except Unreadable:
        raise
    except (tf.errors.OpError, RuntimeError, ValueError, LookupError, OSError) as error:
        raise Unreadable(f"{prefix}: not a readable checkpoint ({first_line(error)}).") from error
    check_finite(arrays)
    return arrays


def write(prefix: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint for TensorFlow 1's `tf.train.Saver().restore`, whole or not at all.

    Makes PREFIX.index, PREFIX.data-00000-of-00001 and the folder's file `checkpoint`; no .meta, for
    there is no graph. Raises OSError where the folder cannot be written to.
    """
    prefix = Path(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=prefix.parent) as unfinished:
        part = str(Path(unfinished) / prefix.name)
        names = sorted(arrays)
        with tf.device("/CPU:0"):
            tf.raw_ops.SaveV2(
                prefix=part,
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[tf.constant(arrays[name]) for name in names],
            )
        # The index comes last: without it, nobody takes the rest for a checkpoint.
        for file in sorted(Path(unfinished).iterdir()):
            os.replace(file, prefix.parent / file.name)
        latest = Path(unfinished) / "checkpoint"  # for tf.train.latest_checkpoint(folder)
        quoted = json.dumps(prefix.name)
        latest.write_text(
            f"model_checkpoint_path: {quoted}\nall_model_checkpoint_paths: {quoted}\n",
            encoding="utf-8",
        )
        os.replace(latest, prefix.parent / latest.name)


def to_state(arrays: Mapping[str, np.ndarray], where: Layout, beta_2: float = 0.999) -> State:
    """Return the state that lies in `arrays` at `where`.

    Adam's step is recovered from beta2_power, given `beta_2`, and from global_step where that has
    become subnormal. Raises StateError where something is missing or of another kind, or the two
    contradict.
    """
    if missing := [name for name in where.names() if name not in arrays]:
        raise StateError(f"missing: {', '.join(missing)}.")
    _check_kinds(arrays, where)
    powers = {power: arrays[name] for power, name in where.powers.items()}
    step = int(arrays[where.global_step]) if where.global_step else None
    if "beta2_power" in powers:
        counted, certain = adam_step(powers["beta2_power"], beta_2)
        if certain and step not in (None, counted):
            raise StateError(
                f"global_step is {step}, but by beta2_power Adam has made {counted} updates."
            )
        step = counted if step is None else step
    return State(
        weights={name: arrays[name] for name in where.weights},
        slots={
            slot: {weight: arrays[name] for weight, name in of_slot.items()}
            for slot, of_slot in where.slots.items()
        },
        powers=powers,
        step=step,
        rule=where.rule,
        averages={weight: arrays[name] for weight, name in where.averages.items()},
    )


def _check_kinds(arrays: Mapping[str, np.ndarray], where: Layout) -> None:
    """Raise StateError unless weights, slots and powers are floating point, and the step whole."""
    for name in where.names():
        found, shape = tf.as_dtype(arrays[name].dtype), list(arrays[name].shape)
        if name == where.global_step:
            expected, fits = "one whole number", found.is_integer and not shape
        elif name in where.powers.values():
            expected, fits = "one floating point number", found.is_floating and not shape
        else:
            expected, fits = "floating point numbers", found.is_floating
        if not fits:
            raise StateError(f"{name} is {found.name} {shape}; expected {expected}.")


def to_arrays(state: State, where: Layout) -> dict[str, np.ndarray]:
    """Return what a checkpoint of `state` holds: the inverse of `to_state`, bit for bit.

    Raises StateError where the layout names something that the state has not.
    """
    arrays = dict(state.weights)
    try:
        for slot, of_slot in where.slots.items():
            arrays |= {name: state.slots[slot][weight] for weight, name in of_slot.items()}
        arrays |= {name: state.averages[weight] for weight, name in where.averages.items()}
        arrays |= {name: state.powers[power] for power, name in where.powers.items()}
    except KeyError as error:
        raise StateError(f"there is nothing for {error.args[0]} of {where.rule}.") from error
    if where.global_step:
        arrays[where.global_step] = np.asarray(state.step or 0, where.step_dtype)
    return {name: np.asarray(array) for name, array in arrays.items()}
