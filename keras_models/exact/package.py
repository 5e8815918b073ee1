"""The name under which Keras finds the project's classes in a .keras file."""

PACKAGE = "keras_models"
