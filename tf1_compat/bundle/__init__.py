"""A Saver checkpoint, of either version, looked through before TensorFlow reads it."""
