"""The lines of `keras_model()` that make the model: layers, each called or stacked."""

from collections import Counter
from collections.abc import Sequence

from keras_models.writing import blocks, layers, operations, shared
from keras_models.writing.blocks import Block
from keras_models.writing.calls import Calls
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import TAKEN, of_inputs
from keras_models.writing.shared import Shared
from tf1_compat.network import Forward, Input

SHORTER = 0.75
"""Functions are written for blocks where the lines are at most so many times as many without."""


def lines(network: Forward) -> list[Line]:
    """Return the lines: Sequential where each layer takes what the last gave."""
    common, held = shared.of(network), _held(network)
    if not held and is_chain(network):
        made = _sequential(network, common)
    else:
        made = _functional(network, held, common, ())
    if found := blocks.find(network, common, held):
        shorter = _functional(network, held, common, found)
        made = shorter if _count(shorter) <= SHORTER * _count(made) else made
    return [*common.lines, *made]


def _count(lines: Sequence[Line]) -> int:
    return sum(line.text.count("\n") + 1 for line in lines)


def is_chain(network: Forward) -> bool:
    """Whether each layer takes what the last gave."""
    before = [network.inputs[0].tensor, *(call.output for call in network.calls)]
    return len(network.inputs) == len(network.outputs) == 1 and all(
        call.inputs == (tensor,) and call.layer.kind not in operations.KINDS
        for call, tensor in zip(network.calls, before, strict=False)
    )


def _held(network: Forward) -> set[int]:
    """Return the layers that others refer to: called twice, or with a kernel that others have."""
    made = Counter(id(call.layer) for call in network.calls if call.layer.variables)
    kernels = {call.layer.options.get("tied_to") for call in network.calls} - {None}
    tied = {id(one.layer) for one in network.calls if one.layer.variables.get("kernel") in kernels}
    return tied | {key for key, count in made.items() if count > 1}


def _sequential(network: Forward, common: Shared) -> list[Line]:
    """Return one layer a line, however short they are."""
    made = [(_input(network.inputs[0], None), network.inputs[0].tensor)]
    made += [(layers.of(call.layer, common.arguments), call.output) for call in network.calls]
    stack = [Line(f"            {written(one, 12, 0, 1)},", (tensor,)) for one, tensor in made]
    start, end = ("    model = keras.Sequential(", "        ["), ("        ]", "    )")
    return [*map(Line, start), *stack, *map(Line, end)]


def _functional(
    network: Forward, held: set[int], common: Shared, found: Sequence[Block]
) -> list[Line]:
    """Return a line for each call, what it gives called by the layer's name; or for each block."""
    names, several = {**of_inputs(network)}, len(network.inputs) > 1
    functions = [block.function for block in found]
    writer = Calls(names, {*TAKEN, *names.values(), *common.names, *functions}, common)
    made = [
        assigned(name, _input(one, name if several else None), one.tensor)
        for one, name in zip(network.inputs, names.values(), strict=True)
    ]
    defined = [line for block in found for line in block.definition(common)]
    at = {start: (one, number) for one in found for number, start in enumerate(one.starts)}
    within = {start + more for start, (one, _) in at.items() for more in range(1, one.length)}
    for place, call in enumerate(network.calls):
        if place in at:
            block, number = at[place]
            made.append(block.call(number, writer))
        elif place not in within:
            made += writer.lines(call, held)
    inputs = {name: Name(name) for name in list(names.values())[: len(network.inputs)]}
    outputs = [Name(names[one]) for one in network.outputs]
    ends = [
        inputs if several else next(iter(inputs.values())),
        outputs if len(outputs) > 1 else outputs[0],
    ]
    spaced = [*defined, Line("")] if defined else []
    return [*spaced, *made, assigned("model", Calling("keras.Model", ends))]


def _input(one: Input, name: str | None) -> Calling:
    named = {} if one.dtype == "float32" else {"dtype": one.dtype}
    named |= {"name": name} if name else {}
    return Calling("keras.Input", [[*one.shape]], named)
