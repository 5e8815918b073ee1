"""Learning rates: a number, which a variable may hold, or a decay of the step."""

import tensorflow as tf

from tf1_compat.network import beginnings
from tf1_compat.network.graph import Trained, shortest
from tf1_compat.network.rates import decays, warmups
from tf1_compat.network.values import NotCovered, Rate
from tf1_compat.reading.structure import VARIABLES
from tf1_compat.reading.updates import ancestors


def read(graph: Trained, tensor: tf.Tensor) -> tuple[float | Rate, str | None]:
    """Return the rate, and the variable that counts steps for it, if any; raises NotCovered."""
    if (kept := held(graph, tensor)) is not None:
        begun = beginnings.read(graph, [kept]).get(kept)
        if begun is None or begun.kind != "constant":
            raise NotCovered(tensor.op, f"nothing says what {kept}, a learning rate, begins with")
        return shortest(begun.shift), None
    behind = list(ancestors([tensor.op], control=False))
    steps = {op.name: op for op in behind if op.type in VARIABLES}
    if not steps:
        return graph.short(tensor), None
    (name, step), *others = steps.items()
    if others or not tf.as_dtype(step.get_attr("dtype")).is_integer:
        raise NotCovered(
            tensor.op, f"a learning rate made of {', '.join(steps)}; {decays.EXPECTED}"
        )
    found = decays.of_ops(graph, tensor) or warmups.read(graph, tensor, step, behind)
    return found or decays.piecewise(graph, tensor, step, behind), name


def held(graph: Trained, tensor: tf.Tensor) -> str | None:
    """Return the variable that holds a rate, which a program may assign to, or None."""
    try:
        variable = graph.variable(tensor)
    except NotCovered:  # it is chosen by the step
        return None
    whole = variable is None or tf.as_dtype(variable.get_attr("dtype")).is_integer
    return None if variable is None or whole else variable.name
