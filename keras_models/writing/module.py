"""model.py: a network as the module that somebody would have written."""

import keyword
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keras_models.writing import layers, training, variables
from keras_models.writing.expressions import Calling, Name, written
from tf1_compat.network import Call, Input, Layer, Network
from tf1_compat.network.values import AVERAGES

HEAD = '''"""A network that TensorFlow 1 trained, as {meta} beside this file has it, in Keras.

tf1keras check model.py
"""

from pathlib import Path

import keras

from tf1_compat import meta
'''


def source(network: Network, mapped: Mapping[str, str], meta: str) -> str:
    """Return the source; `mapped` is TensorFlow 1 variable -> Keras path, `meta` a file's name.

    `check` pairs moving averages, and takes no map of them.
    """
    optimizer, piece, why = training.optimizer(network)
    parts = [HEAD.format(meta=meta)]
    imported = [f"from {training.module_of(piece)} import {piece}"] if piece else []
    kinds = {call.layer.kind for call in network.calls}
    imported += [
        f"from {module} import {layers.ROWS[kind].name}"
        for kind, module in layers.OURS.items()
        if kind in kinds
    ]
    lines = "".join(f"{line}\n" for line in sorted(imported))
    parts[0] = parts[0].replace("from tf1_compat", f"{lines}from tf1_compat")
    note = f"    # {why}.\n" if why else ""
    weights = {} if network.loss.weight == 1 else {"loss_weights": [network.loss.weight]}
    compiled = Calling("model.compile", [optimizer, training.loss(network.loss)], weights)
    ends, shared = _ends(network), _shared_penalty(network)
    trained = {one: path for one, path in mapped.items() if not path.endswith(AVERAGES)}
    return "\n".join(
        [
            *parts,
            "\ndef keras_model() -> keras.Model:",
            '    """Return the network, compiled."""',
            *([f"    penalty = {written(shared, 4, 10)}"] if shared else []),
            _model(network),
            f"{note}    {written(compiled, 4)}",
            "    return model",
            "\n\ndef tf1_graph() -> dict:",
            '    """Return the ends of the graph that it was."""',
            f"    graph = Path(__file__).with_name({written(meta)})",
            f"    return {written(ends, 4, 7)}",
            f"\n\nweight_map = {written(trained, 0, 13)}",
            "",
        ]
    )


def _model(network: Network) -> str:
    """Return the lines that make `model`: Sequential where each layer takes what the last gave."""
    before = [network.inputs[0].tensor, *(call.output for call in network.calls)]
    calls = Counter(id(call.layer) for call in network.calls if call.layer.variables)
    chained = all(
        call.inputs == (tensor,) for call, tensor in zip(network.calls, before, strict=False)
    )
    several = {key for key, count in calls.items() if count > 1} | _tied_to(network)
    if len(network.inputs) == 1 and chained and not several:
        stack = [_input(network.inputs[0], None)]
        stack += [_layer(call.layer, network) for call in network.calls]
        # One layer a line, however short they are.
        lines = [f"            {written(one, 12, 0, 1)}," for one in stack]
        return "\n".join(
            ["    model = keras.Sequential(", "        [", *lines, "        ]", "    )"]
        )
    return _functional(network, several)


def _tied_to(network: Network) -> set[int]:
    """Return the layers whose kernels others have, transposed."""
    kernels = {call.layer.options.get("tied_to") for call in network.calls} - {None}
    made = (call.layer for call in network.calls)
    return {id(one) for one in made if one.variables.get("kernel") in kernels}


def _functional(network: Network, shared: set[int]) -> str:
    """Return a line for each call, what it gives called by the layer's name."""
    lines, names, made, holders = [], dict[str, str](), dict[int, str](), dict[str, str]()
    several = len(network.inputs) > 1
    taken = {*keyword.kwlist, "model", "penalty", "keras", "meta"}
    for one in network.inputs:
        names[one.tensor] = _identifier(one.name, taken)
        text = written(_input(one, one.name if several else None), 4, len(names[one.tensor]) + 3)
        lines.append(f"    {names[one.tensor]} = {text}")
    for call in network.calls:
        layer = _layer(call.layer, network)
        if tied := call.layer.options.get("tied_to"):
            layer = replace(layer, positional=[Name(holders[tied])])
        if id(call.layer) in shared:
            key = id(call.layer)
            if key not in made:
                made[key] = _identifier(f"{call.layer.name}_layer", taken)
                holders |= dict.fromkeys(call.layer.variables.values(), made[key])
                lines.append(f"    {made[key]} = {written(layer, 4, len(made[key]) + 3)}")
            layer = Calling(made[key])
        names[call.output] = _identifier(call.layer.name or call.layer.kind, taken)
        lines.append(_called(layer, call, names, id(call.layer) in shared))
    inputs = [Name(names[one.tensor]) for one in network.inputs]
    given = {one.name: name for one, name in zip(network.inputs, inputs, strict=True)}
    ends = [given if several else inputs[0], Name(names[network.loss.outputs])]
    return "\n".join([*lines, f"    model = {written(Calling('keras.Model', ends), 4, 8)}"])


def _called(layer: Calling, call: Call, names: Mapping[str, str], shared: bool) -> str:
    inputs = [names[one] for one in call.inputs]
    several = len(inputs) > 1 or call.layer.kind in ("concatenate", "add")
    given = f"([{', '.join(inputs)}])" if several else f"({inputs[0]})"
    name = names[call.output]
    if shared:
        return f"    {name} = {layer.function}{given}"
    whole = Calling(layer.function, layer.positional, layer.named, given)
    return f"    {name} = {written(whole, 4, len(name) + 3)}"


def _identifier(name: str, taken: set[str]) -> str:
    """Return a name for a variable of Python's that is not taken yet."""
    wanted = re.sub(r"\W+", "_", name).strip("_").lower() or "x"
    wanted = f"x_{wanted}" if wanted[0].isdigit() else wanted
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}_{number}"
    taken.add(found)
    return found


def _input(one: Input, name: str | None) -> Calling:
    named = {} if one.dtype == "float32" else {"dtype": one.dtype}
    named |= {"name": name} if name else {}
    return Calling("keras.Input", [[*one.shape]], named)


def _shared_penalty(network: Network) -> Calling | None:
    """Return the penalty of several variables, where all have the same."""
    penalties = list(network.penalties.values())
    same = len(penalties) > 1 and all(one == penalties[0] for one in penalties)
    return variables.penalty(penalties[0]) if same else None


def _layer(layer: Layer, network: Network) -> Calling:
    shared, more = _shared_penalty(network), dict[str, Any]()
    for role, variable in layer.variables.items():
        named = "depthwise" if layer.kind == "depthwise_conv2d" and role == "kernel" else role
        if found := network.beginnings.get(variable):
            more[f"{named}_initializer"] = variables.initializer(role, found)
        if sizes := network.penalties.get(variable):
            more[f"{named}_regularizer"] = Name("penalty") if shared else variables.penalty(sizes)
    given = {name: one for name, one in more.items() if one is not None}
    return layers.layer(layer.kind, layer.name, layer.options, given)


def _ends(network: Network) -> Calling:
    """Return what loads the graph, and names its ends."""
    tensors = [one.tensor for one in network.inputs]
    x = {one.name: one.tensor for one in network.inputs} if len(tensors) > 1 else tensors[0]
    named = {
        **{"x": x, "y": network.loss.labels, "logits": network.loss.outputs},
        **{"cost": network.cost, "train_op": network.train_op},
    }
    switches = {name.removesuffix(":0"): both for name, both in network.switches.items()}
    feeds = f' | {{"feeds": {written(switches)}}}' if switches else ""
    return Calling("meta.load", [Name("graph")], named, feeds)
