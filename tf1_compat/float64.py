"""The same TensorFlow 1 graph in float64.

What two graphs compute differently by rounding shrinks by 2^29 there; what they mean differently
stays. Every float32 type of the graph's definition becomes float64; names stay. A constant becomes
the number that was written, not the float32 it was rounded to: 0.1 and not 0.100000001490116.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf1_compat.unfused import unfuse

FLOAT, DOUBLE = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum

WRITTEN = (math.sqrt(2 / math.pi), math.pi, math.log(2), math.log(2 * math.pi))
"""Constants of activations and densities that no short decimal gives: gelu's, for one."""
SHORT = 5
"""Digits of a decimal that somebody wrote; with more it may be a root or a quotient as well."""
SHARE = 4
"""Digits of a share that dropout keeps; what it keeps is divided by it."""

FEW = 64
"""A constant with more elements than this, unless all are the same, is data, which float32 holds
as it is meant."""


FLOWS = {
    **{"TensorArrayV3": ":1", "TensorArrayGradV3": ":1"},
    **{"TensorArrayWriteV3": "", "TensorArrayScatterV3": "", "TensorArraySplitV3": ""},
}
"""Op -> its output that says when a TensorArray is ready: a float32 in any graph."""
PASSING = (
    *("Enter", "Exit", "Merge", "Switch", "NextIteration", "Identity"),
    *("Add", "AddV2", "AddN", "ZerosLike"),  # of gradients
)
"""What passes them on, or adds up their gradients."""


def twin(graph: tf.Graph, *, as_rounded: bool = False) -> tf.Graph:
    """Return a copy of `graph` in float64, every op and tensor under its own name.

    `as_rounded`: constants are the float32 numbers that they were rounded to, not those written.
    Raises ValueError where an op has no float64 kernel.
    """
    definition = graph.as_graph_def()
    functions = definition.library.function
    for function in functions:
        for argument in (*function.signature.input_arg, *function.signature.output_arg):
            if argument.type == FLOAT:
                argument.type = DOUBLE
    flows = _flows(definition.node)
    for node in itertools.chain(definition.node, *(function.node_def for function in functions)):
        for attribute in () if node.name in flows else node.attr.values():
            _widen(attribute, as_rounded)
    unfuse(definition, float if as_rounded else as_written)
    wide = tf.Graph()
    with wide.as_default():
        tf.graph_util.import_graph_def(definition, name="")
    return wide


def _flows(nodes: Iterable[Any]) -> set[str]:
    """Return the names of the nodes that pass on what FLOWS give, and of stacks that hold it."""
    by_name = {node.name: node for node in nodes}
    stacks: dict[str, list[Any]] = {}
    for node in by_name.values():
        if node.op in ("StackPushV2", "StackPopV2"):
            stacks.setdefault(_stack(node, by_name), []).append(node)
    flows = {node.name + FLOWS[node.op] for node in by_name.values() if node.op in FLOWS}
    passing = [node for node in by_name.values() if node.op in PASSING]
    found: set[str] = set()
    while True:
        new = {node.name for node in passing if flows & {*node.input}}
        for stack, users in stacks.items():
            if any(user.op == "StackPushV2" and user.input[1] in flows for user in users):
                new |= {stack, *(user.name for user in users)}
        new |= _sources(found | new, by_name) - flows
        if new <= found:
            return found
        found |= new
        flows |= new | {f"{name}:1" for name in new}  # a Switch has two


def _sources(flows: set[str], by_name: Mapping[str, Any]) -> set[str]:
    """Return what else the nodes `flows` pass on: a gradient's flow begins as a zero."""
    inputs = (
        name
        for flow in flows
        if flow in by_name and by_name[flow].op in PASSING
        for name in by_name[flow].input
    )
    return {name for name in inputs if name in by_name and by_name[name].op in (*PASSING, "Const")}


def _stack(node: Any, by_name: Mapping[str, Any]) -> str:
    """Return the name of the stack that `node` pushes on or pops from."""
    while node.op != "StackV2":
        node = by_name[node.input[0].partition(":")[0]]
    return node.name


def _widen(attribute: Any, as_rounded: bool) -> None:
    if attribute.type == FLOAT:
        attribute.type = DOUBLE
    elif attribute.HasField("tensor") and attribute.tensor.dtype == FLOAT:
        values = tf.make_ndarray(attribute.tensor)
        values = values if as_rounded else all_as_written(values)
        attribute.tensor.CopyFrom(tf.make_tensor_proto(values, tf.float64))
    elif attribute.HasField("list"):
        for index, kind in enumerate(attribute.list.type):
            if kind == FLOAT:
                attribute.list.type[index] = DOUBLE


def all_as_written(values: np.ndarray) -> np.ndarray:
    """Return float64 of a float32 array: each number `as_written`, but for data, which is kept."""
    if values.size and (values == values.flat[0]).all():
        return np.full(values.shape, as_written(values.flat[0]))
    if values.size > FEW:
        return values
    return np.array([as_written(number) for number in values.flat]).reshape(values.shape)


def as_written(number: np.float32) -> float:
    """Return the float64 that a program most likely had before it was rounded to `number`.

    A short decimal, 1/n, 1/share as dropout has it, the root of a whole number or of 1/n, one of
    WRITTEN, a decimal of up to seven digits, or `number` itself.
    """
    if not np.isfinite(number) or number == 0:
        return float(number)
    shortest = float(str(number))
    if float(f"{shortest:.{SHORT}g}") == shortest:
        return shortest
    for candidate in _candidates(float(number)):
        if np.float32(candidate) == number:
            return candidate
    return shortest if float(f"{shortest:.7g}") == shortest else float(number)


def _candidates(number: float) -> Iterator[float]:
    """Yield what could have been rounded to `number`."""
    sign, size = math.copysign(1.0, number), abs(number)
    if size < 0.5:
        yield sign / round(1 / size)
    if 1 < size < 1000:
        yield sign / float(f"{1 / size:.{SHARE}g}")
    yield from (sign * one for one in WRITTEN)
    if 1 <= size * size <= MOST:
        yield sign * math.sqrt(round(size * size))
    if 1 <= 1 / (size * size) <= MOST:
        yield sign * math.sqrt(1 / round(1 / (size * size)))


MOST = 10**6
"""Roots of larger numbers are as close to each other as float32's own are."""
