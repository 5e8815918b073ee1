"""Trainees that TensorFlow 2 computes: compiled Keras models, whole or shared out; tf.Variables."""
