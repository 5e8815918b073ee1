"""Calls of layers as lines: what each gives is called by the layer's name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from keras_models.writing import layers, operations
from keras_models.writing.expressions import Calling, Name
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import identifier
from keras_models.writing.shared import Shared
from keras_models.writing.weights import RECURRENT
from tf1_compat.network import Call


class Calls:
    """Writes calls one after another; `names`, tensor -> variable, and `taken` grow."""

    def __init__(self, names: dict[str, str], taken: set[str], common: Shared) -> None:
        self.names, self.taken, self._common = names, taken, common
        self._made: dict[int, str] = {}
        self._kernels: dict[str, str] = {}

    def lines(self, call: Call, held: set[int]) -> list[Line]:
        """Return the line of a call, and before it one that makes a layer that is `held`."""
        if call.layer.kind in operations.KINDS:
            inputs = [self.names[one] for one in call.inputs]
            value = operations.applied(call.layer.kind, call.layer.options, inputs)
            return [assigned(self.named(call), value, call.output)]
        layer = layers.of(call.layer, self._common.arguments)
        if tied := call.layer.options.get("tied_to"):
            layer = replace(layer, positional=[Name(self._kernels[tied])])
        if id(call.layer) not in held:
            return [self._line(call, layer)]
        before = []
        if id(call.layer) not in self._made:
            name = self._made[id(call.layer)] = identifier(
                f"{call.layer.name or call.layer.kind}_layer", self.taken
            )
            self._kernels |= dict.fromkeys(call.layer.variables.values(), name)
            before = [assigned(name, layer)]
        return [*before, self._line(call, Name(self._made[id(call.layer)]))]

    def called(self, call: Call, layer: Calling | Name) -> Calling | Name:
        """Return `layer` called with what the call takes."""
        inputs = [self.names[one] for one in call.inputs]
        several = len(inputs) > 1 or call.layer.kind in layers.MERGES
        given = f"([{', '.join(inputs)}])" if several else f"({inputs[0]})"
        if call.layer.kind in RECURRENT:
            given = f"({', '.join(_of_steps(inputs, call.layer.options))})"
        if isinstance(layer, Name):
            return Name(layer.name + given)
        return replace(layer, of=given)

    def named(self, call: Call) -> str:
        """Return what the outputs of a call are called from now on."""
        name = identifier(call.layer.name or call.layer.kind, self.taken)
        self.names[call.output] = name
        return name

    def _line(self, call: Call, layer: Calling | Name) -> Line:
        value = self.called(call, layer)
        return assigned(self.named(call), value, call.output)


def _of_steps(inputs: Sequence[str], options: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a recurrent layer is called with."""
    masked = options.get("masked", len(inputs) > 1)
    steps, *others = inputs
    yield steps
    if masked:
        within, *others = others
        yield f"mask={within}"
    if len(others) > 1:
        yield f"initial_state=[{', '.join(others)}]"
    elif others:
        yield f"initial_state={others[0]}"
