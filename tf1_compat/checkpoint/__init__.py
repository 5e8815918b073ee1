"""Saver checkpoints: read and written without a session, as a State of named arrays.

arrays = checkpoint.read("folder/model.ckpt")
state = checkpoint.to_state(arrays, checkpoint.layout(arrays))
"""

from tf1_compat.checkpoint.by_name import layout
from tf1_compat.checkpoint.files import NO_NUMBERS, read, write
from tf1_compat.checkpoint.layouts import (
    CENTERED,
    GLOBAL_STEP,
    SLOT_NAMES,
    Layout,
    averaged,
    bare,
    layout_of_graph,
    of_article,
    standard,
    widths,
)
from tf1_compat.checkpoint.states import by_variable, to_arrays, to_state

__all__ = [
    "CENTERED",
    "GLOBAL_STEP",
    "NO_NUMBERS",
    "SLOT_NAMES",
    "Layout",
    "averaged",
    "bare",
    "by_variable",
    "layout",
    "layout_of_graph",
    "of_article",
    "read",
    "standard",
    "to_arrays",
    "to_state",
    "widths",
    "write",
]
