"""Keras source for what `tf1_compat.network` read: one row a layer, a loss, an optimizer."""

from keras_models.writing.exact import of as of_pieces
from keras_models.writing.forward import source as forward_source
from keras_models.writing.module import Source, build, run, source
from keras_models.writing.weights import weight_map

__all__ = ["Source", "build", "forward_source", "of_pieces", "run", "source", "weight_map"]
