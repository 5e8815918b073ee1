"""What the TensorFlow 1 and the Keras side share: data, the training loop, comparison, reports."""
