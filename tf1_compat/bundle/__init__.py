"""The index of a Saver checkpoint, looked through before TensorFlow reads it."""
