"""Files of graphs: the `.meta` beside a checkpoint, which was trained; and those to be served."""

from tf1_compat.meta.loading import import_definition, load
from tf1_compat.meta.reading import read
from tf1_compat.meta.serving import Served, read_any, read_frozen, read_saved_model, read_weights
from tf1_compat.meta.shapes import say as say_shapes

__all__ = [
    "Served",
    "import_definition",
    "load",
    "read",
    "read_any",
    "read_frozen",
    "read_saved_model",
    "read_weights",
    "say_shapes",
]
