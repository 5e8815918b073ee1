"""The layer of all that no layer is known for: TensorFlow 1's ops, each a call of `tf.raw_ops`."""

from keras_models.writing.rest.layer import NAME, head, lines

__all__ = ["NAME", "head", "lines"]
