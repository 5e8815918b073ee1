"""Which Keras variable a TensorFlow 1 variable of a network is; recipes for those of cells."""

from collections.abc import Mapping, Sequence

from keras_models.pairing import WeightMap
from keras_models.pairing.recipes import Recipe
from keras_models.writing import layers
from tf1_compat.network import Forward, Layer
from tf1_compat.network.values import REST

CELLS = ("lstm", "gru", "simple_rnn")
"""Kinds whose variables are those of a cell within."""
RECURRENT = (*CELLS, *layers.CELLS, "bidirectional")
"""Kinds that take steps, beside which are within their row, and states to begin with."""
GATES = {"i": (4, 0), "f": (4, 1), "c": (4, 2), "o": (4, 3), "update": (3, 0), "reset": (3, 1)}
"""Gate that has variables of its own -> how many Keras keeps side by side, and which it is."""
OWN_GATES, OWN_BIAS = "icfo", 1.0
"""What the recipe of an LSTM says where nothing is said."""


def weight_map(network: Forward) -> WeightMap:
    """Return TensorFlow 1 variable -> path of the Keras variable, or a recipe of several."""
    return {
        variable: recipe(call.layer, role)
        for call in network.calls
        for role, variable in call.layer.variables.items()
    }


def recipe(layer: Layer, role: str) -> Recipe:
    """Return what TensorFlow 1's variable in a role of a layer is made of."""
    if layer.kind in CELLS:
        return _of_cell(layer, role, f"{layer.name}/{layer.kind}_cell")
    if layer.kind == "bidirectional":
        direction, _, of_cell = role.partition("/")
        one = layer.options["layer"]
        if one.kind in layers.CELLS:
            return f"{direction}_{one.name}/{layers.CELL}/{of_cell}"
        return _of_cell(one, of_cell, f"{direction}_{one.name}/{one.kind}_cell")
    if layer.kind in layers.CELLS:
        return f"{layer.name}/{layers.CELL}/{role}"
    return f"{layer.name}/{role}"


def _of_cell(layer: Layer, role: str, cell: str) -> Recipe:
    prefix, _, parts = role.rpartition(":")
    paths = [f"{cell}/{part}" for part in parts.split("+")]
    if prefix in GATES:
        return _of_gate(prefix, paths)
    if layer.kind == "simple_rnn":
        return {"concat": paths} if len(paths) > 1 else paths[0]
    if layer.kind == "lstm":
        return {"lstm": paths, **_options(layer.options, parts)}
    if prefix == "gates" and layer.options["gates"] == "ur":  # as Keras has them
        units = layer.options["units"]
        return {"split": [{"concat": paths}], "into": [2 * units, units], "take": 0, "axis": -1}
    return {f"gru_{prefix}": paths}


def _of_gate(gate: str, paths: Sequence[str]) -> Recipe:
    into, take = GATES[gate]
    parts = [{"split": path, "into": into, "take": take, "axis": -1} for path in paths]
    return parts[0] if len(parts) == 1 else {"concat": parts}


def _options(of_layer: Mapping[str, object], parts: str) -> dict[str, object]:
    gates, forget_bias = of_layer["gates"], of_layer["forget_bias"]
    found: dict[str, object] = {} if gates == OWN_GATES else {"gates": gates}
    if parts == "bias" and forget_bias != OWN_BIAS:
        found["forget_bias"] = forget_bias
    return found


def arguments(layer: Layer, role: str) -> list[str]:
    """Return what a layer's arguments for the variable in a role begin with, as kernel_initializer.

    None for the bias of some gates, for Keras has one with the candidate's, and for that of an
    exact cell; for both directions, whose layer within has them; and for the rest, whose class has
    them.
    """
    if layer.kind in layers.CELLS:
        return ["kernel"] if role.endswith("kernel") else []
    if layer.kind not in CELLS:
        within = ("bidirectional", REST)
        return [] if layer.kind in within else [layers.argument(layer.kind, role)]
    prefix, _, parts = role.rpartition(":")
    found = [part.removesuffix("_kernel") if "_" in part else part for part in parts.split("+")]
    return [] if found == ["bias"] and prefix not in ("", "c", "candidate") else found
