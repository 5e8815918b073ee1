"""Which layers do with every step of a sequence what the graph does with one."""

from tf1_compat.network.graph import Trained
from tf1_compat.network.layers.recurrence.calls import Calls, axis
from tf1_compat.network.layers.recurrence.cells import KINDS
from tf1_compat.network.values import NotCovered
from tf1_compat.reading.control_flow import in_loop

OF_STEPS = ("same", "within", "zeroed", "last_step", "last_memory")
ALONE = {
    *("dense", "transposed_dense", "activation", "leaky_relu", "dropout", "rescaling", "add"),
    *("multiply", "subtract", "maximum", "minimum", "concatenate"),
}
"""Kinds that do with every step what they do with one."""


def check(graph: Trained, calls: Calls) -> None:
    """Raise NotCovered where a step is not taken for itself: Keras would take all of them."""
    steps = in_loop([graph.cost.op])
    for one in calls.values():
        op, kind = graph.op_of(one.output), one.layer.kind
        inputs = [name.partition(":")[0] for name in one.inputs]
        if "merged" in one.layer.options:
            steps.add(op.name)
        if not steps.intersection([op.name, *inputs]) or kind in (*OF_STEPS, *KINDS):
            continue
        if kind not in ALONE or axis(one) != -1 or not steps.issuperset(inputs):
            raise NotCovered(op, f"{kind} of one step, or of steps as rows, is not read")
        steps.add(op.name)
