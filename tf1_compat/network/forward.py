"""The network of a graph that need not train: from one tensor, its outputs, back to its inputs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.network import ends, forms, layers, rest
from tf1_compat.network.arithmetic import function_of
from tf1_compat.network.covering import scope_of
from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.recurrence import tidying
from tf1_compat.network.values import Forward, NotCovered
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors
from tf1_compat.state import StateError

HELD = {*VARIABLES, "Const", "NoOp"}
"""What gives nothing that a network would end in."""


@dataclass(frozen=True)
class Inference:
    """What is known of a graph that gives outputs."""

    logits: str | None = None
    """The output that a user chose."""
    outputs: Collection[str] = ()
    """Tensors that a signature names."""
    feeds: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Placeholder of one number -> what it is fed in training, in inference."""
    partial: bool = False
    """Take all that no layer is known for as one of raw ops."""


def read_forward(graph: tf.Graph, given: Inference) -> tuple[Forward, dict[str, str], tf.Graph]:
    """Return the network as it infers, and TensorFlow 1 variable -> path of the Keras variable.

    And a graph in which the output is made of the inputs, of switches and variables, and of nothing
    else. Raises NotCovered for what is not understood, StateError where something is to be chosen.
    """
    output = _output(graph, given)
    behind = list(ancestors([output.op], control=False))
    feeds = defaults(behind) | {**given.feeds}
    fed = {name: (at, at) for name, (_, at) in ends.switches(behind, feeds).items()}
    inferring = Trained(graph, output, fed)
    patterns, scope = layers.patterns(inferring, None), _scope(inferring, output)
    covering = rest.covered(inferring, patterns, scope, [output], partial=given.partial)
    if not covering.calls:
        raise NotCovered(output.op, "no layer gives it; expected the outputs of a network")
    calls = tidying.tidied(inferring, covering.calls, [covering.name(output)])
    mapped = covering.mapped()
    network = Forward(
        inputs=tuple(covering.inputs.values()),
        calls=tuple(calls.values()),
        outputs=(covering.name(output),),
        switches=inferring.switches,
        formed=forms.read(inferring, covering.inputs),
    )
    made_of = {one.tensor for one in network.inputs} | {*fed}
    function = function_of(output, made_of)
    ends.refuse_files(function, function.get_operations())
    return network, mapped, function


def answer(
    function: tf.Graph,
    network: Forward,
    values: Mapping[str, np.ndarray],
    rows: Mapping[str, np.ndarray],
    config: Any = None,
) -> np.ndarray:
    """Return what `function` gives; `values` are its variables', `rows` what inputs are fed."""
    with function.as_default(), tf.compat.v1.Session(graph=function, config=config) as session:
        for name, value in values.items():
            variable = function.get_operation_by_name(name)
            given = tf.compat.v1.placeholder(variable.get_attr("dtype"))
            assign = _assign(variable, given)
            session.run(assign, {given: value})
        switched = {name: at for name, (_, at) in network.switches.items()}
        return session.run(network.outputs[0], {**rows, **switched})


def _assign(variable: tf.Operation, value: tf.Tensor) -> tf.Operation:
    if variable.type == "VarHandleOp":
        return tf.raw_ops.AssignVariableOp(resource=variable.outputs[0], value=value)
    return tf.raw_ops.Assign(ref=variable.outputs[0], value=value, validate_shape=False).op


def defaults(ops: Sequence[tf.Operation]) -> dict[str, tuple[Any, Any]]:
    """Return what placeholders of one number are where they are not fed; a bool says the mode."""
    given = (
        op for op in ops if op.type == "PlaceholderWithDefault" and not op.outputs[0].shape.rank
    )
    floats = (
        op for op in given if op.outputs[0].dtype != tf.bool and op.inputs[0].op.type == "Const"
    )
    values = {op.name: tf.make_ndarray(op.inputs[0].op.get_attr("value")).item() for op in floats}
    return {name: (value, value) for name, value in values.items()}


def _scope(graph: Trained, output: tf.Tensor) -> str:
    return scope_of([op.name for op in graph.variables(output)])


def _output(graph: tf.Graph, given: Inference) -> tf.Tensor:
    """Return the tensor that the network ends in; raises StateError with those that it may be."""
    if given.logits:
        return ends.tensor(graph, given.logits, "--logits")
    found = [graph.as_graph_element(name) for name in given.outputs] or [
        op.outputs[0]
        for op in graph.get_operations()
        if op.outputs and op.type not in HELD and not any(out.consumers() for out in op.outputs)
    ]
    floats = [one for one in found if one.dtype == tf.float32]
    if len(floats) == 1:
        return floats[0]
    names = [one.name for one in floats or found]
    raise StateError(
        f"{len(floats)} tensors may be what the network gives; expected one. --logits NAME chooses "
        f"it: {', '.join(names[:8]) or 'there is none'}."
    )
