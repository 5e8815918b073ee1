"""The documented TensorFlow 1 example, run on TensorFlow 2 through `tf.compat.v1` graphs."""
