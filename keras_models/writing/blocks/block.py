"""A block of layers as a function, and the lines that call it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from keras_models.writing import layers, operations
from keras_models.writing.blocks import repeats, templates
from keras_models.writing.blocks.repeats import Repeat
from keras_models.writing.blocks.templates import Template
from keras_models.writing.calls import Calls
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import TAKEN, identifier, of_inputs
from keras_models.writing.shared import Shared
from tf1_compat.network import Call, Forward

PARAMETERS = 5
"""A block takes at most, besides its input."""
TENSOR = "keras.KerasTensor"
RESERVED = {"x", "name", "number"}
KINDS = 3
"""A block of so many calls is called by them, where its layers' names do not say how."""


@dataclass(frozen=True)
class Block:
    """What several runs of calls have in common."""

    function: str
    starts: Sequence[int]
    """Places of their first calls in the network."""
    calls: Sequence[Sequence[Call]]
    """Of each run; layers of the first have the names that are used within the function."""
    made: Sequence[Calling]
    """The layers, with parameters in their places."""
    given: dict[str, list[Any]]
    """Parameter -> its value for each run."""

    @property
    def length(self) -> int:
        """How many calls there are in a run."""
        return len(self.made)

    def definition(self, common: Shared) -> list[Line]:
        """Return the function."""
        (x,) = {one for call in self.calls[0] for one in call.inputs} - self._outputs()
        writer = Calls({x: "x"}, {*self.given, "x", *TAKEN, *common.names}, common)
        typed = [Name(f"{name}: {_types(name, values)}") for name, values in self.given.items()]
        head = Calling(f"def {self.function}", [Name(f"x: {TENSOR}"), *typed], of=f" -> {TENSOR}:")
        lines = [Line(""), Line(f"    {written(head, 4)}")]
        for place, (call, layer) in enumerate(zip(self.calls[0], self.made, strict=True)):
            of = [run[place].output for run in self.calls]
            value = writer.called(call, layer)
            if place < self.length - 1:
                name = writer.named(call)
                lines.append(assigned(name, value, *of, indent=8))
            else:
                lines.append(Line(f"        return {written(value, 8, 7)}", tuple(of)))
        return lines

    def call(self, number: int, writer: Calls) -> Line:
        """Return the line that calls it for one of the runs."""
        run, given = self.calls[number], [values[number] for values in self.given.values()]
        (x,) = {one for call in run for one in call.inputs} - {call.output for call in run}
        value = Calling(self.function, [Name(writer.names[x]), *given])
        last = run[-1].layer
        wanted = self.given["name"][number] if "name" in self.given else last.name or last.kind
        name = writer.names[run[-1].output] = identifier(wanted, writer.taken)
        return assigned(name, value)

    def _outputs(self) -> set[str]:
        return {call.output for call in self.calls[0]}


def find(network: Forward, common: Shared, left_out: set[int]) -> list[Block]:
    """Return the blocks of a network, none of which has a call of another."""
    alone = {
        id(call.layer)
        for call in network.calls
        if {"tied_to", "layer"} & {*call.layer.options} or call.layer.kind in operations.KINDS
    }
    waiting = repeats.find(network.calls, network.outputs, left_out | alone, common.arguments)
    found, taken = list[Block](), {*TAKEN, *of_inputs(network).values(), *common.names}
    while waiting:
        best, *waiting = waiting
        if block := _block(network.calls, best, common, taken):
            found.append(block)
            waiting = repeats.beside(best, waiting)
    return found


def _block(calls: Sequence[Call], repeat: Repeat, common: Shared, taken: set[str]) -> Block | None:
    """Return runs as a block; None where they differ in too much, or names in no way known."""
    runs = [calls[start : start + repeat.length] for start in repeat.starts]
    names = [[call.layer.name for call in run if call.layer.name] for run in runs]
    template = templates.of(names) if names[0] else Template([], [], {})
    if template is None:
        return None
    given = dict[str, list[Any]]()
    texts, within = iter(template.texts), iter(template.within)
    made, first = [], []
    for of_place in zip(*runs, strict=True):
        (layer, *_) = every = [call.layer for call in of_place]
        options = _common([layers.plain(one.options) for one in every], given)
        arguments = _common([common.arguments[id(one)] for one in every], given)
        name = Name(next(texts)) if layer.name else None
        made.append(layers.layer(layer.kind, name, options, arguments))
        called = (next(within) or None) if layer.name else None
        first.append(replace(of_place[0], layer=replace(layer, name=called)))
    given |= template.given
    if len(given) > PARAMETERS:
        return None
    function = identifier(_function_name(runs[0], template), taken)
    return Block(function, repeat.starts, [first, *runs[1:]], made, given)


def _function_name(run: Sequence[Call], template: Template) -> str:
    """Return the last word of what layers' names begin with, if it is one; or the kinds."""
    if word := template.word:
        return word
    return "_".join(call.layer.kind for call in run) if len(run) <= KINDS else "block"


def _common(every: Sequence[Any], given: dict[str, list[Any]]) -> dict[str, Any]:
    """Return options, by name, that are the same in all; parameters, which are `given`, if not."""
    found = {}
    for key, value in every[0].items():
        values = [one[key] for one in every]
        if any(one != value for one in values):
            value = Name(_parameter("options" if key == "**" else key, values, given))
        found[key] = value
    return found


def _parameter(wanted: str, values: list[Any], given: dict[str, list[Any]]) -> str:
    for name, known in given.items():
        if known == values and name.startswith(wanted):
            return name
    name = identifier(wanted, {*given, *RESERVED})
    given[name] = values
    return name


def _types(name: str, values: Sequence[Any]) -> str:
    """Return the annotation of a parameter."""
    if name.startswith("options"):
        return "dict"
    made = "keras.Regularizer" if "regularizer" in name else "keras.Initializer"
    known = {"NoneType": "None", "Calling": made, "Name": made}
    kinds = (type(one).__name__ for one in values)
    return " | ".join(dict.fromkeys(known.get(kind, kind) for kind in kinds))
