"""The `.meta` file beside a checkpoint: the graph that TensorFlow 1 trained."""

from tf1_compat.meta.loading import load
from tf1_compat.meta.reading import read

__all__ = ["load", "read"]
