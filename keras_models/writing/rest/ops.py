"""One op as a call of the function of its name in `tf.raw_ops`."""

from collections.abc import Mapping
from typing import Any

from keras_models.writing.expressions import Calling, Name
from tf1_compat.network import Constant, Raw

OWN = "float32"
"""Of what is to be in the layer's own precision."""
PLAIN = ("int32", "bool", "string")
"""Dtypes that TensorFlow takes Python's numbers for."""


def call(op: Raw, names: Mapping[str, str]) -> Calling:
    """Return the call; `names` is tensor -> expression."""
    taken = {argument: _taken(one, names) for argument, one in op.inputs.items()}
    options = {argument: _option(value) for argument, value in op.options.items()}
    return Calling(f"tf.raw_ops.{op.kind}", named={**taken, **options})


def given(op: Raw, name: str) -> dict[str, str]:
    """Return the tensors that an op gives -> the expression of each, where it is called `name`."""
    if len(op.outputs) == 1 and not op.listed:
        return {op.outputs[0]: name}
    return {tensor: f"{name}[{place}]" for place, tensor in enumerate(op.outputs)}


def _taken(one: Any, names: Mapping[str, str]) -> Any:
    if isinstance(one, list):
        return [_taken(part, names) for part in one]
    if not isinstance(one, Constant):
        return Name(names[one])
    if one.dtype in PLAIN:
        return one.value
    return Calling("tf.constant", [one.value, _dtype(one.dtype)])


def _option(value: Any) -> Any:
    if isinstance(value, list):
        return [_option(one) for one in value]
    return _dtype(value) if value == OWN else value


def _dtype(name: str) -> Any:
    return Name("self.compute_dtype") if name == OWN else name
