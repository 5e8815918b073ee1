"""Penalties of the variables of cells, which Keras has in one, or in another form."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tf1_compat.network.graph import Trained
from tf1_compat.network.values import Call, Layer, NotCovered


def check(
    graph: Trained, calls: Iterable[Call], penalties: Mapping[str, Mapping[str, float]]
) -> None:
    """Raise NotCovered where Keras' variables would be penalized otherwise."""
    for call in calls:
        sizes = defaultdict[str, list[object]](list)
        for role, variable in call.layer.variables.items():
            size = penalties.get(variable)
            for part in role.rpartition("/")[2].rpartition(":")[2].split("+"):
                sizes[part].append(size)
            shifted = _forget_bias(call.layer) and role.endswith("bias")
            if (size and shifted) or any(one != each[0] for each in sizes.values() for one in each):
                raise NotCovered(
                    graph.graph.get_operation_by_name(variable),
                    "Keras keeps it with others, or with the forget bias added, so that a penalty "
                    "of it is another; expected one of all kernels, and none of biases",
                )


def _forget_bias(layer: Layer) -> object:
    return layer.options.get("layer", layer).options.get("forget_bias")
