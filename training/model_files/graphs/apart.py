"""What a graph's output is made of, and nothing else of the graph.

Whatever an op waits for runs before it: files are read so, and memory is taken. Here an op waits
for nothing but for the branch that it is in.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow as tf


def definition(output: "tf.Tensor") -> Any:
    """Return the GraphDef of what `output` is made of."""
    import tensorflow as tf

    found, waiting = tf.compat.v1.GraphDef(), [output.op]
    found.versions.CopyFrom(output.graph.as_graph_def().versions)
    seen = set()
    while waiting:
        op = waiting.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        branches = [one for one in op.control_inputs if _is_branch(one)]
        node = found.node.add()
        node.CopyFrom(op.node_def)
        node.attr.pop("_class", None)  # it names what may not be here
        node.input[:] = [name for name in node.input if name[0] != "^"]
        node.input.extend(f"^{one.name}" for one in branches)
        waiting += [*(tensor.op for tensor in op.inputs), *branches]
    return found


def _is_branch(op: "tf.Operation") -> bool:
    """Whether an op says that a branch is taken."""
    while op.type == "Identity":
        op = op.inputs[0].op
    return op.type == "Switch"
