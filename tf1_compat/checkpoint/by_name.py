"""The layout of a checkpoint without its graph: what the names in it say.

A slot of W1 is "W1/Adam", "scope/W1/Adam" where the optimizer was made in a scope, or "W1/t_0/Adam"
and "W1/part_0/Adam" where W1 is, or might be, made of parts.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tf1_compat.checkpoint.layouts import CENTERED, GLOBAL_STEP, SLOT_NAMES, Layout, standard
from tf1_compat.state import POWERS, StateError

SLOT = re.compile(r"(.+?)(?:/(?:t|part)_\d+)?/([^/]+)")
"""The variable, perhaps behind a scope, and the slot."""
SHADOW = "ExponentialMovingAverage"
SUFFIXES = {suffix for of in (*SLOT_NAMES.values(), CENTERED) for suffix in of.values()}


def layout(names: Iterable[str], weights: Sequence[str] | None = None) -> Layout:
    """Return the layout of a checkpoint that holds `names`, read from the names alone.

    `weights` are the variables to look at; by default all that are no slot, power, step or moving
    average. Raises StateError for slots of several optimizers.
    """
    held = set(names)
    owned = {name: owner for name in held if (owner := _owner(name, held))}
    powers = {power: found for power in POWERS if (found := _only(power, held))}
    adam = _own_name({suffix for _, suffix in owned.values()}) if len(powers) == len(POWERS) else {}
    slots = {
        (weight, adam.get(suffix, suffix)): name
        for name, (weight, suffix) in sorted(owned.items(), reverse=True)
    }
    if weights is None:
        known = SUFFIXES | {*adam, SHADOW}
        aside = {name for name, (_, suffix) in owned.items() if suffix in known}
        weights = sorted(held - aside - {*powers.values(), GLOBAL_STEP})
    there = {suffix for weight, suffix in slots if weight in {*weights}}
    rules = [rule for rule, of_rule in SLOT_NAMES.items() if there & {*of_rule.values()}]
    if len(rules) > 1:
        raise StateError(f"slots of {' and '.join(rules)} in one checkpoint; expected one of them.")
    usual = standard(
        rules[0] if rules else None,
        weights,
        centered=CENTERED["mom"] in there,
        global_step=GLOBAL_STEP in held,
    )
    return replace(
        usual,
        slots={
            slot: {weight: slots.get((weight, _suffix(name)), name) for weight, name in of.items()}
            for slot, of in usual.slots.items()
        },
        powers={power: powers.get(power, power) for power in usual.powers},
    )


def _suffix(name: str) -> str:
    return name.rpartition("/")[2]


def _owner(name: str, held: Collection[str]) -> tuple[str, str] | None:
    """Return which of the variables `held` one may be a slot of, and which slot; or None."""
    match = SLOT.fullmatch(name)
    if match is None:
        return None
    parts = match[1].split("/")
    behind = ("/".join(parts[first:]) for first in range(len(parts)))
    return next(((one, match[2]) for one in behind if one in held), None)


def _only(power: str, held: Collection[str]) -> str | None:
    """Return the name of Adam's `power`, whatever scope it is in; None where there are several."""
    found = [name for name in held if _suffix(name) == power]
    return found[0] if len(found) == 1 else None


def _own_name(suffixes: Collection[str]) -> dict[str, str]:
    """Return suffix -> Adam's usual one, of an Adam that was given a name of its own."""
    own = [one for one in suffixes if one not in SUFFIXES and f"{one}_1" in suffixes]
    return {own[0]: "Adam", f"{own[0]}_1": "Adam_1"} if len(own) == 1 else {}
