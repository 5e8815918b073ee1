"""Blocks of layers that come again and again, as in residual networks, as functions."""

from keras_models.writing.blocks.block import Block, find

__all__ = ["Block", "find"]
