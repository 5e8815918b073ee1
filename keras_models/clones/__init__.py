"""Clones of a compiled Keras model with something changed; optimizers and losses copied."""
