"""What a network's tensors are called in Keras source."""

import keyword
import re
from collections.abc import Mapping

from tf1_compat.network import Forward

TAKEN = {*keyword.kwlist, "keras", "loss", "meta", "model", "np", "optimizer"}
"""What a module calls other things."""


def identifier(name: str, taken: set[str]) -> str:
    """Return a name for a variable of Python's that is not taken yet, and take it."""
    wanted = re.sub(r"\W+", "_", name).strip("_").lower() or "x"
    wanted = f"x_{wanted}" if wanted[0].isdigit() else wanted
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}_{number}"
    taken.add(found)
    return found


def of_inputs(network: Forward) -> Mapping[str, str]:
    """Return tensor -> what an input is called, as a variable and, of several, for Keras."""
    taken = {*TAKEN}
    named = {one.tensor: placeholder(network, one.tensor) for one in network.inputs}
    return {tensor: identifier(_as_people(name), taken) for tensor, name in named.items()}


def _as_people(name: str) -> str:
    """Return what people call what an iterator gives: next_element; other names as they are."""
    return name.replace("IteratorGetNext", "next_element")


def placeholder(network: Forward, tensor: str) -> str:
    """Return the name of the placeholder that a tensor is, or is made of."""
    formed = network.formed.get(tensor)
    return (formed.placeholder if formed else tensor).removesuffix(":0")
