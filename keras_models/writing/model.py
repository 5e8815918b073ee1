"""The lines of `keras_model()` that make the model: layers, each called or stacked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from keras_models.writing import layers, operations, shared
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.names import TAKEN, identifier, of_inputs
from keras_models.writing.shared import Shared
from tf1_compat.network import Call, Forward, Input, Layer


def lines(network: Forward) -> list[str]:
    """Return the lines: Sequential where each layer takes what the last gave."""
    common = shared.of(network)
    return [*common.lines, *_model(network, common)]


def _model(network: Forward, common: Shared) -> list[str]:
    before = [network.inputs[0].tensor, *(call.output for call in network.calls)]
    calls = Counter(id(call.layer) for call in network.calls if call.layer.variables)
    chained = all(
        call.inputs == (tensor,) for call, tensor in zip(network.calls, before, strict=False)
    )
    chained = chained and not any(one.layer.kind in operations.KINDS for one in network.calls)
    several = {key for key, count in calls.items() if count > 1} | _tied_to(network)
    if len(network.inputs) == len(network.outputs) == 1 and chained and not several:
        stack = [_input(network.inputs[0], None)]
        stack += [_layer(call.layer, common) for call in network.calls]
        # One layer a line, however short they are.
        each = [f"            {written(one, 12, 0, 1)}," for one in stack]
        return ["    model = keras.Sequential(", "        [", *each, "        ]", "    )"]
    return _functional(network, several, common)


def _tied_to(network: Forward) -> set[int]:
    """Return the layers whose kernels others have, transposed."""
    kernels = {call.layer.options.get("tied_to") for call in network.calls} - {None}
    made = (call.layer for call in network.calls)
    return {id(one) for one in made if one.variables.get("kernel") in kernels}


def _functional(network: Forward, held: set[int], common: Shared) -> list[str]:
    """Return a line for each call, what it gives called by the layer's name."""
    made, holders, several = dict[int, str](), dict[str, str](), len(network.inputs) > 1
    names = {**of_inputs(network)}
    taken = {*TAKEN, *names.values(), *common.names}
    lines = [
        f"    {name} = {written(_input(one, name if several else None), 4, len(name) + 3)}"
        for one, name in zip(network.inputs, names.values(), strict=True)
    ]
    for call in network.calls:
        if call.layer.kind in operations.KINDS:
            taking = [names[one] for one in call.inputs]
            applied = operations.applied(call.layer.kind, call.layer.options, taking)
            names[call.output] = identifier(call.layer.kind, taken)
            lines.append(_assigned(names[call.output], applied))
            continue
        layer = _layer(call.layer, common)
        if tied := call.layer.options.get("tied_to"):
            layer = replace(layer, positional=[Name(holders[tied])])
        if id(call.layer) in held:
            key = id(call.layer)
            if key not in made:
                made[key] = identifier(f"{call.layer.name}_layer", taken)
                holders |= dict.fromkeys(call.layer.variables.values(), made[key])
                lines.append(f"    {made[key]} = {written(layer, 4, len(made[key]) + 3)}")
            layer = Calling(made[key])
        names[call.output] = identifier(call.layer.name or call.layer.kind, taken)
        lines.append(_called(layer, call, names, id(call.layer) in held))
    inputs = {names[one.tensor]: Name(names[one.tensor]) for one in network.inputs}
    outputs = [Name(names[one]) for one in network.outputs]
    ends = [
        inputs if several else Name(names[network.inputs[0].tensor]),
        outputs if len(outputs) > 1 else outputs[0],
    ]
    made_of = Calling("keras.Model", ends)
    return [*lines, f"    model = {written(made_of, 4, 8)}"]


def _called(layer: Calling, call: Call, names: Mapping[str, str], held: bool) -> str:
    inputs = [names[one] for one in call.inputs]
    several = len(inputs) > 1 or call.layer.kind in layers.MERGES
    given = f"([{', '.join(inputs)}])" if several else f"({inputs[0]})"
    name = names[call.output]
    if held:
        return f"    {name} = {layer.function}{given}"
    return _assigned(name, Calling(layer.function, layer.positional, layer.named, given))


def _assigned(name: str, value: Calling | Name) -> str:
    return f"    {name} = {written(value, 4, len(name) + 3)}"


def _input(one: Input, name: str | None) -> Calling:
    named = {} if one.dtype == "float32" else {"dtype": one.dtype}
    named |= {"name": name} if name else {}
    return Calling("keras.Input", [[*one.shape]], named)


def _layer(layer: Layer, common: Shared) -> Calling:
    return layers.layer(layer.kind, layer.name, layer.options, common.arguments[id(layer)])
