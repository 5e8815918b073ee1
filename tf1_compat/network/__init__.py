"""A TensorFlow 1 graph that trains, read as a network: layers, loss and optimizer as plain values.

`read` follows the graph from its cost. A layer is one pattern, a function in `layers`,
`normalization` or `dropout`; scopes give names, and are evidence of nothing.
"""

from tf1_compat.network.added import Added, Part, Penalty, Scaled
from tf1_compat.network.forward import Inference, answer, read_forward
from tf1_compat.network.read import Given, read
from tf1_compat.network.rest.ops import Constant, Raw
from tf1_compat.network.values import (
    Averages,
    Beginning,
    Call,
    Drawn,
    Form,
    Formed,
    Forward,
    Input,
    Layer,
    Loss,
    Network,
    NotCovered,
    Optimizer,
    Rate,
)

__all__ = [
    "Added",
    "Averages",
    "Beginning",
    "Call",
    "Constant",
    "Drawn",
    "Form",
    "Formed",
    "Forward",
    "Given",
    "Inference",
    "Input",
    "Layer",
    "Loss",
    "Network",
    "NotCovered",
    "Optimizer",
    "Part",
    "Penalty",
    "Rate",
    "Raw",
    "Scaled",
    "answer",
    "read",
    "read_forward",
]
