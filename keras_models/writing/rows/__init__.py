"""Rows as Keras takes them, in a model.py: of what TensorFlow 1 was fed, or drawn to check with."""
