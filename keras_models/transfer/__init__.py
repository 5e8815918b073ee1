"""Weights, optimizer slots and step of a compiled Keras model, in TensorFlow 1's terms and back.

state = transfer.to_state(model, weight_map)
transfer.load_state(model, state, weight_map)
"""

from keras_models.transfer.models import counterparts, load_state, paths, to_state, whole_map
from keras_models.transfer.optimizers import Paired, moves, reached

__all__ = [
    "Paired",
    "counterparts",
    "load_state",
    "moves",
    "paths",
    "reached",
    "to_state",
    "whole_map",
]
