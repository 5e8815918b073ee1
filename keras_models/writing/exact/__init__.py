"""A network of exact pieces, and its cost as the graph adds it up."""

from keras_models.writing.exact.costs import of as cost
from keras_models.writing.exact.network import lacking, of

__all__ = ["cost", "lacking", "of"]
