"""A TensorFlow 1 graph that trains, read as a network: layers, loss and optimizer as plain values.

`read` follows the graph from its cost. A layer is one pattern, a function in `layers`,
`normalization` or `dropout`; scopes give names, and are evidence of nothing.
"""

from tf1_compat.network.read import Given, read
from tf1_compat.network.values import (
    Beginning,
    Call,
    Form,
    Formed,
    Input,
    Layer,
    Loss,
    Network,
    NotCovered,
    Optimizer,
    Rate,
)

__all__ = [
    "Beginning",
    "Call",
    "Form",
    "Formed",
    "Given",
    "Input",
    "Layer",
    "Loss",
    "Network",
    "NotCovered",
    "Optimizer",
    "Rate",
    "read",
]
