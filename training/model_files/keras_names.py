"""What the configuration in a `.keras` file may name: parts of models that are Keras' own.

Keras itself takes almost any of its public names, `keras.config.set_backend` as an activation, too.
"""

import math
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

PLAIN = {"__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__slice__", "__ellipsis__"}
"""Values that Keras writes as if they were of a class."""
FUNCTIONS = ("activations", "losses", "metrics")
"""Where in Keras the functions are that a model may name."""
GENERIC = {"get", "serialize", "deserialize"}
"""What is there besides."""
NEVER = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),  # run code
    *("StringLookup", "IntegerLookup", "TextVectorization"),  # read files that they name
    "MelSpectrogram",  # makes a table of any size when it is built
    *("Split", "ArraySplit", "Unstack"),  # make any number of tensors when they are built
}
"""Layers and operations that do more than that, or allocate what no weight shows."""
NESTED = re.compile(r"\)[*+{]")
REPEATED = re.compile(r"[*+{]")
MOST_REPEATED = 3
"""Of a pattern's parts that are repeated: each takes as long again as there are characters."""
DTYPE = re.compile(r"[a-z]+\d{0,3}")
"""Of a `__numpy__`; S2000000000 would be 2 GB an element."""
PATHS = re.compile(r"(\(\.\*/\)\?|\.\*)?[\w()|/-]*(\.\*)?")
"""Pattern of variables that an OptimizerMap may have; others may take for ever to be tried."""


def check(config: Any) -> bool:
    """Raise ValueError where `config` has what is not part of a model, NaN, or a name of two lines.

    Returns whether all that it names is Keras' own or this project's, and nothing that the caller's
    code registered with Keras.
    """
    only_known = True
    for node in _nodes(config):
        if isinstance(node, float) and not math.isfinite(node):
            raise ValueError("a number in its configuration is NaN or infinite")
        if isinstance(node, dict):
            if not str(node.get("name")).isprintable():
                raise ValueError(f"{node['name']!r} in it is no name")
            _check_calls(node)
            _check_patterns(node)
            only_known &= _is_known(node)
    return only_known


def _nodes(config: Any) -> Iterator[Any]:
    """Yield `config` and all that is in it."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, dict | list):
            waiting += node.values() if isinstance(node, dict) else node


def _check_calls(node: dict[str, Any]) -> None:
    """Raise ValueError where a layer is called on no tensor: Keras would run it while loading."""
    for call in node.get("inbound_nodes") or ():
        if not any(
            isinstance(one, dict) and one.get("class_name") == "__keras_tensor__"
            for one in _nodes(call)
        ):
            raise ValueError("a layer in it is called on numbers")


def _check_patterns(node: dict[str, Any]) -> None:
    """Raise ValueError where an OptimizerMap has a pattern that could be searched for ever."""
    if node.get("class_name") == "OptimizerMap":
        for pattern in node["config"]["optimizer_map"]:
            if NESTED.search(pattern) or len(REPEATED.findall(pattern)) > MOST_REPEATED:
                raise ValueError(f"{pattern!r} in it is no pattern of variables' paths")


def _is_known(node: dict[str, Any]) -> bool:
    """Whether what a node names, if anything, is Keras' or ours; ValueError where it may not be."""
    import keras

    if "spec_name" in node:
        raise ValueError(f"{node['spec_name']!r} in it is not part of a model")
    if "class_name" not in node:
        return True
    if node["class_name"] in PLAIN:
        _check_array(node["config"])
        return True
    if node["class_name"] == "OptimizerMap":
        for pattern in node["config"]["optimizer_map"]:
            if not PATHS.fullmatch(pattern):
                raise ValueError(f"{pattern!r} in it is no pattern of variables that is known")
    is_function = node["class_name"] == "function"
    name = node["config"] if is_function else node["class_name"]
    known_as = name if is_function else node.get("registered_name", name)  # as Keras takes it
    registered = keras.saving.get_registered_object(known_as)
    if registered is not None:
        return registered.__module__.partition(".")[0] == "keras_models"
    module = node.get("module")
    found = _function(module, name) if is_function else _class(module, name)
    if not found:
        raise ValueError(f"'{module}.{name}' in it is not part of a model")
    return True


def _check_array(value: Any) -> None:
    """Raise ValueError where `value` is an array of elements of any length."""
    if isinstance(value, dict) and not DTYPE.fullmatch(str(value.get("dtype", "none"))):
        raise ValueError(f"an array in it is of {value['dtype']!r}")


def _function(module: Any, name: Any) -> bool:
    """Whether it is a function that Keras offers for activations, losses or metrics."""
    import keras

    places = [one for one in FUNCTIONS if module in ("builtins", f"keras.{one}")]
    found = [getattr(getattr(keras, place), str(name), None) for place in places]
    return name not in GENERIC and any(isinstance(one, types.FunctionType) for one in found)


def _class(module: Any, name: Any) -> bool:
    """Whether it is a class of Keras that models are made of."""
    import keras

    parts = (
        *(keras.Operation, keras.Initializer, keras.Regularizer, keras.constraints.Constraint),
        *(keras.Loss, keras.Metric, keras.Optimizer, keras.DTypePolicy, keras.Quantizer),
        *(keras.optimizers.schedules.LearningRateSchedule, keras.optimizers.OptimizerMap),
        keras.random.SeedGenerator,
    )
    if not isinstance(module, str) or module.partition(".")[0] != "keras":
        return False
    found = getattr(sys.modules.get(module), str(name), None)
    return isinstance(found, type) and issubclass(found, parts) and name not in NEVER
