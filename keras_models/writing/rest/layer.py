"""The class of the layer, before the model that has one."""

from collections.abc import Iterator, Mapping

import keras

from keras_models.writing import variables
from keras_models.writing.expressions import Calling, Name, written
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import TAKEN, identifier
from keras_models.writing.rest import ops
from tf1_compat.network import Beginning, Forward, Layer

NAME = "NotUnderstood"
NOTE = f"\nNOT ALL OF IT IS UNDERSTOOD: the layer {NAME} is TensorFlow 1's ops as they were.\n"
IMPORT = "import tensorflow as tf\n"
HEAD = f'''\
@keras.saving.register_keras_serializable()
class {NAME}(keras.layers.Layer):
    """NOT UNDERSTOOD: no Keras layer is known for these ops of TensorFlow 1's graph.

    They compute what they did there; what they are for is to be written by hand.
    """'''
BUILD = '''
    def build(self, input_shape: object) -> None:
        """Create the weights."""'''
CALL = '''
    def call(self, {taken}: {of}) -> {gives}:
        """Run the ops, in an order of the graph's."""'''


def head(network: Forward) -> dict[str, str]:
    """Return what stands at the beginning of a module with the layer; nothing in one without."""
    partial = network.rest is not None
    return {"partial": NOTE if partial else "", "tensorflow": IMPORT if partial else ""}


def lines(network: Forward) -> list[Line]:
    """Return the class; none where every op has its layer."""
    layer = network.rest
    if layer is None:
        return []
    attributes = _attributes(layer)
    text = [HEAD]
    if attributes:
        text += [BUILD, *(line.text for line in _weights(network, layer, attributes))]
    return [Line("\n".join([*text, *_call(layer, attributes)])), Line("\n")]


def _attributes(layer: Layer) -> dict[str, str]:
    """Return variable -> what the layer calls it."""
    taken = {*TAKEN, *dir(keras.layers.Layer), "inputs"}
    return {name: identifier(role, taken) for role, name in layer.variables.items()}


def _weights(network: Forward, layer: Layer, attributes: Mapping[str, str]) -> Iterator[Line]:
    shapes: Mapping[str, list[int]] = layer.options["shapes"]
    for role, name in layer.variables.items():
        more = dict(_more(role, network.beginnings.get(name), network.penalties.get(name)))
        made = Calling("self.add_weight", [[*shapes[name]]], {**more, "name": role})
        yield assigned(f"self.{attributes[name]}", made, indent=8)


def _more(
    role: str, beginning: Beginning | None, penalties: Mapping[str, float] | None
) -> Iterator[tuple[str, Calling | str]]:
    first = variables.initializer("kernel", beginning) if beginning else None
    if first is not None:
        yield "initializer", first
    if penalties:
        yield "regularizer", variables.penalty(penalties)


def _call(layer: Layer, attributes: Mapping[str, str]) -> list[str]:
    inputs, outputs = layer.options["inputs"], layer.options["outputs"]
    of, gives = ("tf.Tensor" if len(one) == 1 else "list[tf.Tensor]" for one in (inputs, outputs))
    taken = {*TAKEN, "self", "tf", "inputs"}
    names = {f"{name}:0": f"self.{one}" for name, one in attributes.items()}
    text = [CALL.format(taken="inputs", of=of, gives=gives)]
    if len(inputs) == 1:
        names[inputs[0]] = "inputs"
    else:
        names |= {name: identifier(_last(name), taken) for name in inputs}
        text.append(f"        {', '.join(names[one] for one in inputs)} = inputs")
    for op in layer.options["ops"]:
        name = identifier(_last(op.name), taken)
        text.append(assigned(name, ops.call(op, names), indent=8).text)
        names |= ops.given(op, name)
    found = [Name(names[one]) for one in outputs]
    return [*text, f"        return {written(found if len(found) > 1 else found[0], 8, 7)}"]


def _last(name: str) -> str:
    return name.partition(":")[0].rpartition("/")[2]
